import { startFaultGateway } from '../harness/gateway.ts'
import { countsOf, startGenerator } from '../harness/generator.ts'
import { Reloading } from '../harness/reloading.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const reloadStorm: Fault = {
  name: 'reload-storm',
  promise: 'a reload every 100 ms under 5,000 requests a second and 50 new handshakes a second: no request fails',
  run,
}

const REQUESTS = 5_000
const HANDSHAKES = 50
/** Milliseconds. */
const INTERVAL = 100

async function run(context: FaultContext): Promise<void> {
  const { report, short } = context
  const gateway = await startFaultGateway(context)
  const reloading = await Reloading.of(gateway)
  const seconds = short ? 8 : 60
  const duration = { seconds, warmUp: 1 }
  const work = { path: '/load/{n}', paths: 1000 }
  const loads = Promise.all([
    startGenerator(context, gateway, 64).run(gateway.port, [], { ...work, mode: 'keep-alive', rate: REQUESTS }, duration),
    startGenerator(context, gateway, 16).run(gateway.port, [], { ...work, mode: 'full', rate: HANDSHAKES }, duration),
  ])
  let over = false
  const ended = loads.finally(() => {
    over = true
  })
  const before = (await gateway.status()).snapshot.number
  for (let due = performance.now(); !over; due += INTERVAL) {
    await reloading.once()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due + INTERVAL - performance.now())))
  }
  const [kept, fresh] = await ended
  for (const result of [kept, fresh]) {
    report.add(countsOf(result))
    report.bound('no request fails', result.errors === 0 && result.not200 === 0, result)
  }
  const perSecond = (count: number, elapsedUs: number) => Math.round(count / (elapsedUs / 1e6))
  const reached = perSecond(kept.requests, kept.elapsedUs)
  report.figure('requests a second on kept connections', reached)
  report.figure('p99, ms', kept.p99Us / 1000)
  report.figure('slowest, ms', kept.maxUs / 1000)
  report.figure('new handshakes a second', perSecond(fresh.handshakes, fresh.elapsedUs))
  const taken = (await gateway.status()).snapshot.number - before
  report.figure('reloads taken up', taken)
  // How many that is depends on what else this machine does: it is said, and not judged.
  report.bound('there are requests, handshakes and reloads', reached > 0 && fresh.handshakes > 0 && taken > 1)
}
