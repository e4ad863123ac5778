import { freePorts } from '../../support/outside-program.ts'
import { startProgram } from '../../support/program.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const rolling: Fault = {
  name: 'rolling',
  promise:
    'every worker is replaced, again and again, under load: no request fails, no connection is refused; a full restart loses nothing sent',
  run,
}

async function run(context: FaultContext): Promise<void> {
  const { report, short } = context
  const [port = 0] = await freePorts(1)
  const gateway = await startFaultGateway(context, { address: `127.0.0.1:${port}` })
  const kept = new Load(gateway, { clients: 8, pause: 2 })
  const fresh = new Load(gateway, { clients: 4, fresh: true })
  const rounds = short ? 4 : 50
  for (let round = 0; round < rounds; round++) {
    await Promise.all([kept.more(50), fresh.more(20)])
    await gateway.reload(true)
  }
  await Promise.all([kept.more(50), fresh.more(20)])
  for (const load of [kept, fresh]) {
    await load.stop()
    report.add(load.counts)
    report.bound('no request fails while workers are replaced', load.counts.lost === 0, load.lossReasons)
  }
  report.figure('times that all workers were replaced', rounds)
  await restart(context, gateway)
}

/** One process after the other on the same port: nobody listens in between, and that is all that anybody notices. */
async function restart({ report, short, t }: FaultContext, gateway: Awaited<ReturnType<typeof startFaultGateway>>): Promise<void> {
  const load = new Load(gateway, { clients: 12, pause: 5, refusal: ({ phase }) => phase === 'connect' || phase === 'handshake' })
  let { program } = gateway
  const gaps: number[] = []
  for (let round = 0; round < (short ? 2 : 10); round++) {
    await load.more(100)
    const from = performance.now()
    await program.stop()
    program = await startProgram({ config: gateway.configFile }, t)
    gaps.push(performance.now() - from)
  }
  await load.more(100)
  await load.stop()
  report.add(load.counts)
  report.figure('full restarts', gaps.length)
  report.figure('longest until served again, ms', Math.round(Math.max(...gaps)))
  report.bound('a full restart loses no request that was sent', load.counts.lost === 0, load.lossReasons)
}
