import { startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { clientPortsOf } from '../harness/sampler.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const workerKill: Fault = {
  name: 'worker-kill',
  promise: 'kill -9 of a worker under load: only requests on connections of its own are lost, one each, and nobody is refused',
  run,
}

async function run(context: FaultContext): Promise<void> {
  const { report, short } = context
  const gateway = await startFaultGateway(context)
  const kept = new Load(gateway, { clients: 16 })
  const fresh = new Load(gateway, { clients: 2, fresh: true })
  const victims: number[] = []
  const own = new Set<number>()
  let held = 0
  for (let round = 0; round < (short ? 4 : 20); round++) {
    await Promise.all([kept.more(200), fresh.more(20)])
    const workers = await gateway.serving(victims)
    const victim = workers[round % workers.length]
    if (victim === undefined) throw new Error('no worker serves')
    // A stopped process takes nothing more: what it holds now is what it takes with it.
    process.kill(victim.pid, 'SIGSTOP')
    const ports = clientPortsOf(victim.pid, gateway.port)
    process.kill(victim.pid, 'SIGKILL')
    victims.push(victim.pid)
    held += ports.size
    for (const port of ports) own.add(port)
  }
  await gateway.serving(victims)
  await Promise.all([kept.more(200), fresh.more(20)])
  await Promise.all([kept.stop(), fresh.stop()])
  for (const { counts } of [kept, fresh]) report.add(counts)
  const losses = [...kept.losses, ...fresh.losses]
  report.figure('workers killed', victims.length)
  report.figure('connections that they held', held)
  report.bound(
    'what was lost was on a connection of the killed worker',
    losses.every(({ port }) => own.has(port)),
    kept.lossReasons,
  )
  report.bound('at most one request per connection of the killed worker is lost', losses.length <= held, losses.length)
  report.bound(
    'no connection is refused',
    losses.every(({ phase }) => phase !== 'connect'),
    fresh.lossReasons,
  )
  report.bound(
    'no answer is wrong',
    losses.every(({ phase }) => phase !== 'wrong'),
    kept.lossReasons,
  )
}
