import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AdminEvent } from '../../../../src/admin/context.ts'
import { OverviewService } from '../../../../src/control/administration/overview.ts'
import type { Status } from '../../../../src/control/status.ts'
import type { TrafficSample } from '../../../../src/observability/traffic-meter.ts'
import { overviewWith } from '../../../support/overview.ts'

function opened(t: TestContext, given: { isWanted?: boolean; measure?: () => Promise<void> } = {}) {
  const clock = { now: 1_000_000 }
  const events: AdminEvent[] = []
  const failures: unknown[] = []
  const [sample] = overviewWith().samples as [TrafficSample]
  const service = new OverviewService({
    telemetry: { traffic: () => ({ ...sample, at: clock.now }), upstreams: [], registered: new Map() },
    measure: given.measure ?? (async () => {}),
    status: async () => ({ ...overviewWith(), listeners: [], certificates: [], crls: [], authority: null }) as unknown as Status,
    expiring: () => null,
    isWanted: () => given.isWanted ?? true,
    tell: (event) => events.push(event),
    failed: (error) => failures.push(error),
  })
  t.after(() => service.close())
  return { clock, events, failures, service }
}

test('keeps the last ten minutes and no more samples than seconds in them, and tells the newest', async (t) => {
  const { clock, events, service } = opened(t)
  for (let second = 0; second < 700; second++) {
    clock.now += 900
    await service.look()
  }
  const { samples } = await service.now()
  assert.equal(samples.length, 600)
  assert.equal(samples.at(-1)?.at, clock.now)
  clock.now += 599_500
  await service.look()
  assert.equal((await service.now()).samples.length, 2)
  const { kind, data } = events.at(-1) as { kind: string; data: { at: string; samples: { at: string; upstream_errors: number }[] } }
  assert.equal(kind, 'metrics')
  assert.deepEqual(
    data.samples.map(({ at, upstream_errors }) => [at, upstream_errors]),
    [[new Date(clock.now).toISOString(), 0]],
  )
})

test('tells nobody where nobody listens, and keeps what it saw', async (t) => {
  const { events, service } = opened(t, { isWanted: false })
  await service.look()
  assert.deepEqual([events.length, (await service.now()).samples.length], [0, 1])
})

test('a failure is told once, until it works again', async (t) => {
  let fails = true
  const measure = async () => {
    if (fails) throw new Error('no')
  }
  const { failures, service } = opened(t, { measure })
  await service.look()
  await service.look()
  assert.equal(failures.length, 1)
  fails = false
  await service.look()
  fails = true
  await service.look()
  assert.equal(failures.length, 2)
})
