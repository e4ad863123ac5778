import type { LoadResult } from '../../../bench/load/result.ts'
import { get } from '../../support/gateway.ts'
import { makeNoise } from '../../support/noise.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { countsOf, startGenerator } from '../harness/generator.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const noisy: Fault = {
  name: 'noisy',
  promise: 'one client asks for all that a worker can do and more: it is shed with 503, and no request of another is refused',
  run,
}

const CONNECTIONS = 400
const PIPELINED = 50
/** Requests a second of the quiet client. */
const RATE = 20

async function run(context: FaultContext): Promise<void> {
  const { report, short } = context
  const seconds = short ? 8 : 30
  const without = await underNoise(context, seconds, '0')
  const shedding = await underNoise(context, seconds, '20ms')
  report.add(countsOf(shedding.quiet))
  report.bound('no request of the quiet client fails', shedding.quiet.errors === 0 && shedding.quiet.not200 === 0, shedding.quiet)
  report.bound('the noisy client is shed', (shedding.answers.get('503') ?? 0) > 0, [...shedding.answers])
  report.bound('nothing is shed where that is off', !without.answers.has('503'), [...without.answers])
  for (const [what, { quiet, answers }] of [['with', shedding] as const, ['without', without] as const]) {
    report.figure(`quiet client's median ${what} shedding, ms`, quiet.p50Us / 1000)
    report.figure(`its 99th percentile ${what} shedding, ms`, quiet.p99Us / 1000)
    report.figure(
      `answers to the noisy client ${what} shedding`,
      [...answers.values()].reduce((sum, count) => sum + count, 0),
    )
  }
  report.figure('of which 503', shedding.answers.get('503') ?? 0)
}

/** A quiet client beside a noisy one, on one worker that sheds load beyond so many milliseconds of delay. */
async function underNoise(
  context: FaultContext,
  seconds: number,
  delay: string,
): Promise<{ quiet: LoadResult; answers: ReadonlyMap<string, number> }> {
  const gateway = await startFaultGateway(context, { workers: 1, eventLoopDelay: delay })
  const { port, authority, mallory } = gateway
  const noise = makeNoise(context.t, {
    ...{ port, ca: authority.certificate, cert: mallory.certificate, key: mallory.key },
    ...{ request: get('/noise'), connections: CONNECTIONS, pipelined: PIPELINED },
  })
  const quiet = await startGenerator(context, gateway, 2).run(
    port,
    [],
    { path: '/quiet', mode: 'keep-alive', rate: RATE },
    { seconds, warmUp: 3 },
  )
  const answers = noise.answers()
  await noise.stop()
  await gateway.program.stop()
  return { quiet, answers }
}
