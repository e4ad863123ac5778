import { setTimeout as wait } from 'node:timers/promises'
import { slope } from '../../../bench/statistics.ts'
import { startFaultGateway } from '../harness/gateway.ts'
import { startGenerator } from '../harness/generator.ts'
import { Load } from '../harness/load.ts'
import { megabytes, sampleOf } from '../harness/sampler.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const idle: Fault = {
  name: 'idle',
  promise: '15,000 idle connections with certificates, from several addresses: all are held and answered, and others too',
  run,
}

/** Each address may have so many by `limits.connections_per_address`. */
const PER_ADDRESS = 1_000
/** Milliseconds for garbage to be collected and buffers to be given back. */
const SETTLE = 3_000
const SHORT_SETTLE = 1_000

async function run(context: FaultContext): Promise<void> {
  const { report, short, say } = context
  const settle = short ? SHORT_SETTLE : SETTLE
  const most = short ? 1_000 : 15_000
  const gateway = await startFaultGateway(context, { limits: 'keepalive: 1h, head: 1h' })
  const addresses = Math.ceil(most / PER_ADDRESS) + 1
  const held = startGenerator(context, gateway, most).hold(gateway.port, most, { mode: 'keep-alive', path: '/load/idle', addresses }, true)
  try {
    const points: { x: number; y: number }[] = []
    const step = most / (short ? 5 : 15)
    for (let count = step; count <= most; count += step) {
      const { errors } = await held.grow(count)
      await wait(settle)
      const { pss } = sampleOf(gateway.program.pid)
      points.push({ x: count, y: pss })
      say(`${count} connections: ${megabytes(pss)}`)
      report.bound(`${count} connections are held`, errors === 0, `${errors} errors`)
    }
    const silent = slope(points)
    const load = new Load(gateway, { clients: 2, fresh: true })
    const { errors, not200 } = await held.ask()
    report.counts.sent += most
    report.counts.answered += most - not200 - errors
    report.counts.lost += not200 + errors
    report.bound('each of them is answered', errors === 0 && not200 === 0, { errors, not200 })
    await load.more(50)
    await load.stop()
    report.add(load.counts)
    report.bound('others are answered', load.counts.lost === 0, load.lossReasons)
    await wait(settle)
    // The base is what a line through the silent ones says for none.
    const base = (points.at(-1)?.y ?? 0) - silent * most
    const asked = (sampleOf(gateway.program.pid).pss - base) / most
    report.figure('connections', most)
    report.figure('bytes per connection before its first request', Math.round(silent))
    report.figure('bytes per connection after it', Math.round(asked))
    report.figure('extrapolated to 50,000', megabytes(base + asked * 50_000))
  } finally {
    await held.release()
  }
}
