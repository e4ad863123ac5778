import { Flatness } from '../harness/flat.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { countsOf, startGenerator } from '../harness/generator.ts'
import { Load } from '../harness/load.ts'
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
  const { report, short } = context
  const minutes = context.minutes ?? (short ? SHORT_MINUTES : DEFAULT_MINUTES)
  const gateway = await startFaultGateway(context, { validity: { notAfter: new Date(Date.now() + (minutes + 60) * 60_000) } })
  const flatness = new Flatness(gateway)
  const work = { path: '/load/{n}', paths: 1000 }
  const duration = { seconds: minutes * 60, warmUp: 2 }
  const loads = [
    startGenerator(context, gateway, 64).run(gateway.port, [], { ...work, mode: 'keep-alive', rate: REQUESTS }, duration),
    startGenerator(context, gateway, 16).run(gateway.port, [], { ...work, mode: 'full', rate: HANDSHAKES }, duration),
  ]
  // Beside the generators one whose every answer is compared.
  const compared = new Load(gateway, { clients: 4, pause: 50 })
  await compared.more(20)
  flatness.watch(context, short ? 250 : 5_000)
  await Promise.race(loads)
  flatness.stop()
  const results = await Promise.all(loads)
  await compared.stop()
  report.add(compared.counts)
  report.bound('every answer is the right one', compared.counts.lost === 0, compared.lossReasons)
  for (const result of results) {
    report.add(countsOf(result))
    report.bound('no request fails', result.errors === 0 && result.not200 === 0, result)
  }
  report.figure('minutes', Math.round(minutes * 10) / 10)
  report.figure('requests a second', Math.round(results.reduce((sum, { requests }) => sum + requests, 0) / duration.seconds))
  await flatness.judge(context)
}
