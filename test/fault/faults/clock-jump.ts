import { existsSync, writeFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { type Issued, temporaryFolder } from '../../support/authority.ts'
import { eventually } from '../../support/eventually.ts'
import { get } from '../../support/gateway.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { cpuShare } from '../harness/sampler.ts'
import { type Fault, type FaultContext, Skipped } from '../harness/types.ts'

export const clockJump: Fault = {
  name: 'clock-jump',
  promise: 'the clock jumps forward and back: certificates count by the new time at once, and nothing else notices',
  run,
}

const DAY = 24 * 3_600_000
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)

/** Where the clock goes, and what becomes of a certificate that is valid for this hour alone. */
const JUMPS: readonly (readonly [string, string | null])[] = [
  ['+2h', 'certificate_expired'],
  ['+0', null],
  ['-2d', 'certificate_not_yet_valid'],
  ['+20d', 'certificate_expired'],
  ['-2d', 'certificate_not_yet_valid'],
  ['+0', null],
]

async function run(context: FaultContext): Promise<void> {
  const { report, short, t, say } = context
  const library = LIBRARIES.find((path) => existsSync(path))
  if (library === undefined) throw new Skipped('libfaketime is not installed')
  const clock = temporaryFolder(t).write('clock', '+0\n')
  const gateway = await startFaultGateway(context, {
    limits: 'head: 1h, keepalive: 1h',
    validity: { notBefore: new Date(Date.now() - 4 * DAY), notAfter: new Date(Date.now() + 60 * DAY) },
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
  })
  const brief = await gateway.issue('CN=alice', { notAfter: new Date(Date.now() + DAY / 24) })
  const load = new Load(gateway, { clients: 4, pause: 10 })
  const fresh = new Load(gateway, { clients: 1, fresh: true, pause: 50 })
  const idle = await gateway.connect()
  const session = await sessionOf(gateway)
  await load.more(50)
  const times = short ? 1 : 5
  let admitted = true
  for (const [jump, code] of Array.from({ length: times }, () => JUMPS).flat()) {
    const open = admitted ? await gateway.connect(brief) : null
    admitted = code === null
    const lines = gateway.program.lines.length
    writeFileSync(clock, `${jump}\n`)
    const from = performance.now()
    await eventually(`${code ?? 'an answer'} after ${jump}`, async () => (await codeOf(gateway, brief)) === code)
    // Who was let in is judged again, too.
    if (open !== null && !admitted) await open.end(10_000)
    open?.close()
    const took = Math.round(performance.now() - from)
    const share = await cpuShare(gateway.program.pid, 1_000)
    const said = gateway.program.lines.length - lines
    say(`${jump}: ${code ?? 'answered'} after ${took} ms, ${(share * 100).toFixed(0)}% of a processor, ${said} lines in the log`)
    report.bound(`no busy loop after ${jump}`, share < 0.8, share)
    report.bound(`no storm of log lines after ${jump}`, said < 100, said)
    report.bound(`a session of before is resumed or not, and answered, after ${jump}`, await resumes(gateway, session))
    await Promise.all([load.more(50), fresh.more(5)])
  }
  report.bound('an idle connection is still there', (await idle.ask(get('/load/idle'))).status === 200)
  for (const one of [load, fresh]) {
    await one.stop()
    report.add(one.counts)
    report.bound('who is still valid notices nothing', one.counts.lost === 0, one.lossReasons)
  }
  const workers = await gateway.serving()
  report.figure('jumps', times * JUMPS.length)
  report.bound(
    'no worker was replaced',
    workers.every(({ restarts }) => restarts === 0),
  )
}

/** The refusal of a certificate on a connection of its own; null: it is let in. */
async function codeOf(gateway: FaultGateway, client: Issued): Promise<string | null> {
  const response = await gateway.ask(get('/load/brief'), client)
  return response.status === 200 ? null : (response.json().code ?? '')
}

async function sessionOf(gateway: FaultGateway): Promise<Buffer> {
  const client = await gateway.connect()
  const socket = client.socket as TLSSocket
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  await client.ask(get('/load/session'))
  return session.finally(() => client.close())
}

async function resumes(gateway: FaultGateway, session: Buffer): Promise<boolean> {
  const client = await gateway.connect(gateway.alice, { tls: { session } })
  const { status } = await client.ask(get('/load/resumed'))
  client.close()
  return status === 200
}
