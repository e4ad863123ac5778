import { eventually } from '../../support/eventually.ts'
import { absent, run as runProgram } from '../../support/outside-program.ts'
import type { RawClient } from '../../support/raw-client.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { isAlive, virtualMemory } from '../harness/processes.ts'
import { type Fault, type FaultContext, Skipped } from '../harness/types.ts'

export const memoryLimit: Fault = {
  name: 'memory-limit',
  promise: 'a worker gets no more memory: it is replaced, loses its own connections, and others and control go on',
  run,
}

/** What it may take beyond what it has, in bytes. */
const ROOM = 1 << 20
const CLIENTS = 6
/** Each makes a worker keep what it has received. */
const SENDERS = 300
const HELD = 900 * 1024

async function run(context: FaultContext): Promise<void> {
  const { report, short, say } = context
  const missing = absent('prlimit')
  if (missing !== false) throw new Skipped(missing)
  const gateway = await startFaultGateway(context, { limits: 'head: 1h, head_bytes: 1MiB' })
  const control = gateway.program.pid
  const kept = new Load(gateway, { clients: CLIENTS, pause: 5 })
  const gone: number[] = []
  for (let round = 0; round < (short ? 2 : 20); round++) {
    await kept.more(100)
    const [victim] = await gateway.serving(gone)
    if (victim === undefined) throw new Error('no worker serves')
    await runProgram('prlimit', ['--pid', `${victim.pid}`, `--as=${virtualMemory(victim.pid) + ROOM}`])
    const senders = Array.from({ length: SENDERS }, () => unfinished(gateway))
    await eventually('the worker to end', () => !isAlive(victim.pid), 60_000)
    for (const sender of await Promise.all(senders)) sender?.close()
    gone.push(victim.pid)
    await gateway.serving(gone)
    const how = gateway.program.lines.find((line) => line.includes(`worker ${victim.pid} ended`))
    say(`${/worker \d+ ended [^,"]*/.exec(how ?? '')?.[0]}, and was replaced`)
  }
  await kept.more(100)
  await kept.stop()
  const fresh = new Load(gateway, { clients: 4, fresh: true })
  await fresh.more(50)
  await fresh.stop()
  for (const load of [kept, fresh]) report.add(load.counts)
  report.figure('workers that got no more memory', gone.length)
  report.bound('each loses one request per connection at most', kept.counts.lost <= gone.length * CLIENTS, kept.lossReasons)
  report.bound(
    'no answer is wrong',
    kept.losses.every(({ phase }) => phase !== 'wrong'),
    kept.lossReasons,
  )
  report.bound('afterwards all is as before', fresh.counts.lost === 0, fresh.lossReasons)
  report.bound('control is the same process', (await gateway.status()).pid === control)
}

/** A client in the middle of a large head, which whoever serves it has to keep; null where it came to no connection. */
async function unfinished(gateway: FaultGateway): Promise<RawClient | null> {
  const client = await gateway.connect().catch(() => null)
  client?.send(`GET / HTTP/1.1\r\nX: ${'x'.repeat(HELD)}`)
  return client
}
