import { setTimeout as wait } from 'node:timers/promises'
import { Flatness } from '../harness/flat.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { Reloading } from '../harness/reloading.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const reloads: Fault = {
  name: 'reloads',
  promise: '10,000 reloads, a fifth of them of trust, under load: no request fails, and memory and descriptors are flat',
  run,
}

/** Milliseconds. */
const INTERVAL = 100

async function run(context: FaultContext): Promise<void> {
  const { report, short, say } = context
  const gateway = await startFaultGateway(context)
  const reloading = await Reloading.of(gateway)
  const flatness = new Flatness(gateway)
  const load = new Load(gateway, { clients: 4, pause: 20 })
  const fresh = new Load(gateway, { clients: 1, pause: 100, fresh: true })
  const count = short ? 100 : 10_000
  const before = (await gateway.status()).snapshot.number
  // So that the first looks are at a gateway that has settled.
  for (let n = 0; n < count / 10; n++) await reloading.once()
  flatness.watch(context, short ? 100 : 2_000)
  const from = performance.now()
  for (let due = from; reloading.done < count; due = Math.max(due + INTERVAL, performance.now())) {
    await reloading.once()
    // Evenly: what a replaced state of trust holds for its last handshakes goes with the rate.
    await wait(Math.max(0, due + INTERVAL - performance.now()))
    if (reloading.done % 1_000 === 0) say(`${reloading.done} reloads`)
  }
  const seconds = (performance.now() - from) / 1000
  flatness.stop()
  await load.more(20)
  for (const one of [load, fresh]) {
    await one.stop()
    report.add(one.counts)
    report.bound('no request fails', one.counts.lost === 0, one.lossReasons)
  }
  const taken = (await gateway.status()).snapshot.number - before
  report.figure('reloads', reloading.done)
  report.figure('a second', Math.round((count * 0.9) / seconds))
  report.bound('every reload is taken up', taken >= count, taken)
  const workers = await gateway.serving()
  report.bound(
    'no worker was replaced',
    workers.every(({ restarts }) => restarts === 0),
    workers,
  )
  await flatness.judge(context)
}
