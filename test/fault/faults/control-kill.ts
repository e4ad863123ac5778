import { eventually } from '../../support/eventually.ts'
import { freePorts } from '../../support/outside-program.ts'
import { type Program, startProgram } from '../../support/program.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { isAlive } from '../harness/processes.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const controlKill: Fault = {
  name: 'control-kill',
  promise: 'kill -9 of control under load: workers finish what is under way and end, and a supervisor starts it again at once',
  run,
}

/** Milliseconds the upstream takes, so that something is always under way. */
const SLOW = 150

async function run(context: FaultContext): Promise<void> {
  const { report, short, t } = context
  const [port = 0] = await freePorts(1)
  const gateway = await startFaultGateway(context, { address: `127.0.0.1:${port}` })
  const { answer } = gateway.upstream
  gateway.upstream.answer = (request, socket) => void setTimeout(() => answer(request, socket), SLOW)
  // Nobody listens for a moment: who is refused then has sent nothing, and tries again.
  const load = new Load(gateway, { clients: 16, pause: 20, refusal: ({ phase }) => phase === 'connect' || phase === 'handshake' })
  const gaps: number[] = []
  let program = gateway.program
  for (let round = 0; round < (short ? 2 : 20); round++) {
    await load.more(100)
    const workers = await gateway.serving()
    process.kill(program.pid, 'SIGKILL')
    const from = performance.now()
    program = await supervised(() => startProgram({ config: gateway.configFile }, t))
    gaps.push(performance.now() - from)
    await eventually('the old workers to end', () => workers.every(({ pid }) => !isAlive(pid)), 35_000)
  }
  await load.more(100)
  await load.stop()
  report.add(load.counts)
  report.figure('times killed', gaps.length)
  report.figure('longest until served again, ms', Math.round(Math.max(...gaps)))
  report.bound('no request under way is lost', load.counts.lost === 0, load.lossReasons)
}

/** As a supervisor does: starts it again until it stays. */
async function supervised(start: () => Promise<Program>): Promise<Program> {
  return eventually('a start after the death of control', start, 30_000)
}
