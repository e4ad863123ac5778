import { assertFlat } from '../harness/flat.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { countsOf, startGenerator } from '../harness/generator.ts'
import { Load } from '../harness/load.ts'
import { Sampler } from '../harness/sampler.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const soak: Fault = {
  name: 'soak',
  promise: '30 minutes of requests and handshakes: no request fails, and memory and descriptors are flat',
  run,
}

const DEFAULT_MINUTES = 30
const SHORT_MINUTES = 1 / 3
const REQUESTS = 1_000
const HANDSHAKES = 20

async function run(context: FaultContext): Promise<void> {
  const { report, short, say, t } = context
  const minutes = context.minutes ?? (short ? SHORT_MINUTES : DEFAULT_MINUTES)
  const validity = { notAfter: new Date(Date.now() + (minutes + 60) * 60_000) }
  const gateway = await startFaultGateway(context, { validity })
  const duration = { seconds: minutes * 60, warmUp: 2 }
  const work = { path: '/load/{n}', paths: 1000 }
  const sampler = new Sampler(gateway.program.pid, short ? 250 : 5_000)
  t.after(() => sampler.stop())
  const progress = setInterval(
    () => say(`${sampler.samples.at(-1)?.pss} bytes, ${sampler.samples.at(-1)?.descriptors} descriptors`),
    60_000,
  )
  // Beside the generators one whose every answer is compared.
  const compared = new Load(gateway, { clients: 4, pause: 50 })
  const results = await Promise.all([
    startGenerator(context, gateway, 64).run(gateway.port, [], { ...work, mode: 'keep-alive', rate: REQUESTS }, duration),
    startGenerator(context, gateway, 16).run(gateway.port, [], { ...work, mode: 'full', rate: HANDSHAKES }, duration),
  ]).finally(() => clearInterval(progress))
  assertFlat(report, sampler)
  await compared.stop()
  report.add(compared.counts)
  report.bound('every answer is the right one', compared.counts.lost === 0, compared.lossReasons)
  for (const result of results) {
    report.add(countsOf(result))
    report.bound('no request fails', result.errors === 0 && result.not200 === 0, result)
  }
  report.figure('minutes', Math.round(minutes * 10) / 10)
  report.figure('requests a second', Math.round(results.reduce((sum, { requests }) => sum + requests, 0) / duration.seconds))
}
