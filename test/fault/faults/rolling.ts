import { Activation } from '../../support/activation.ts'
import { freePorts } from '../../support/outside-program.ts'
import { type Program, type ProgramOptions, startProgram } from '../../support/program.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const rolling: Fault = {
  name: 'rolling',
  promise: 'workers and, with passed sockets, whole processes are replaced under load: no request fails, no connection is refused',
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
  await activated(context)
}

/** One process after the other on the same port: nobody listens in between, and that is all that anybody notices. */
async function restart({ report, short, t }: FaultContext, gateway: FaultGateway): Promise<void> {
  const load = new Load(gateway, { clients: 12, pause: 5, refusal: ({ phase }) => phase === 'connect' || phase === 'handshake' })
  const gaps = await restarts(gateway, [load], short ? 2 : 10, (options) => startProgram(options, t))
  report.add(load.counts)
  report.figure('full restarts', gaps.length)
  report.figure('longest until served again, ms', Math.round(Math.max(...gaps)))
  report.bound('a full restart loses no request that was sent', load.counts.lost === 0, load.lossReasons)
}

/** The same where somebody else holds the socket, as systemd does: what comes in between waits. */
async function activated(context: FaultContext): Promise<void> {
  const { report, short, t } = context
  const activation = await Activation.hold(t, 1)
  const gateway = await startFaultGateway(context, { address: `127.0.0.1:${activation.ports[0]}`, start: activation.start })
  const loads = [new Load(gateway, { clients: 8, pause: 5 }), new Load(gateway, { clients: 4, pause: 5, fresh: true })]
  const gaps = await restarts(gateway, loads, short ? 2 : 10, (options) => activation.start(options, t))
  report.figure('full restarts with passed sockets', gaps.length)
  report.figure('longest until served again with passed sockets, ms', Math.round(Math.max(...gaps)))
  for (const load of loads) {
    report.add(load.counts)
    report.bound('with passed sockets no restart loses a request or refuses a connection', load.counts.lost === 0, load.lossReasons)
  }
}

/** Under load; returns how long each took, in milliseconds. */
async function restarts(
  gateway: FaultGateway,
  loads: readonly Load[],
  rounds: number,
  start: (options: ProgramOptions) => Promise<Program>,
): Promise<number[]> {
  const more = () => Promise.all(loads.map((load) => load.more(Math.ceil(100 / loads.length))))
  const gaps: number[] = []
  let { program } = gateway
  while (gaps.length < rounds) {
    await more()
    const from = performance.now()
    await program.stop()
    program = await start({ config: gateway.configFile })
    gaps.push(performance.now() - from)
  }
  await more()
  for (const load of loads) await load.stop()
  return gaps
}
