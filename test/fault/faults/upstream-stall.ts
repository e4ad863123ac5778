import { eventually } from '../../support/eventually.ts'
import { get } from '../../support/gateway.ts'
import { type FaultGateway, startFaultGateway } from '../harness/gateway.ts'
import { Load } from '../harness/load.ts'
import { sampleOf } from '../harness/sampler.ts'
import { STALLS, startStalling } from '../harness/stalling-upstreams.ts'
import type { Fault, FaultContext } from '../harness/types.ts'

export const upstreamStall: Fault = {
  name: 'upstream-stall',
  promise: 'upstreams stall and break off in every phase: their clients are told in time, and others notice nothing',
  run,
}

const LIMITS = 'upstream_connect: 3s, upstream_first_byte: 3s, upstream_idle: 3s'

async function run(context: FaultContext): Promise<void> {
  const { report, short, t, say } = context
  const ports = await startStalling(t)
  const gateway = await startFaultGateway(context, {
    limits: LIMITS,
    upstreams: (own) =>
      [['recorder', own], ...[...ports].map(([name, port]) => [name, `http://127.0.0.1:${port}`])]
        .map(([name, target]) => `\n  ${name}: { targets: ["${target}"] }`)
        .join(''),
    routes: [...[...ports.keys()].map((name) => [`/stall/${name}`, name]), ['/**', 'recorder']]
      .map(([path, upstream]) => `\n  - { path: ${path}, allow: [reader], upstream: ${upstream} }`)
      .join(''),
  })
  const load = new Load(gateway, { clients: 4 })
  await load.more(50)
  const before = sampleOf(gateway.program.pid)
  const slowest = new Map<string, number>()
  for (let round = 0; round < (short ? 2 : 10); round++) {
    await Promise.all(
      [...STALLS].map(async ([name, { expect }]) => {
        const asked = Array.from({ length: short ? 4 : 10 }, () => ask(gateway, `/stall/${name}`))
        for (const { got, milliseconds } of await Promise.all(asked)) {
          report.counts.sent++
          slowest.set(name, Math.max(slowest.get(name) ?? 0, milliseconds))
          if (got !== expect) report.counts.lost++
          else if (expect === 200) report.counts.answered++
          else report.counts.refused++
          report.bound(`${name} ends with ${expect}`, got === expect, String(got))
        }
      }),
    )
    say(`round ${round + 1}: slowest ${[...slowest].map(([name, time]) => `${name} ${Math.round(time)} ms`).join(', ')}`)
  }
  await load.more(50)
  await load.stop()
  report.add(load.counts)
  report.figure('phases', STALLS.size)
  report.figure('slowest end of a stalled request, ms', Math.round(Math.max(...slowest.values())))
  report.bound('requests to the healthy upstream are answered', load.counts.lost === 0, load.lossReasons)
  await eventually('the descriptors to be given back', () => sampleOf(gateway.program.pid).descriptors <= before.descriptors, 20_000)
}

async function ask(gateway: FaultGateway, path: string): Promise<{ got: number | string; milliseconds: number }> {
  const client = await gateway.connect()
  const from = performance.now()
  try {
    const { status } = await client.ask(get(path), { timeout: 20_000 })
    return { got: status, milliseconds: performance.now() - from }
  } catch {
    const early = client.ended && client.text.startsWith('HTTP/1.1 200 ')
    return { got: early ? 'cut short' : `nothing (${client.text.slice(0, 100)})`, milliseconds: performance.now() - from }
  } finally {
    client.close()
  }
}
