import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantile, TrafficMeter } from '../../../src/observability/traffic-meter.ts'
import { createWorkerMetrics } from '../../../src/observability/worker-metrics.ts'

function worker() {
  const metrics = createWorkerMetrics()
  const answer = (status: number, milliseconds: number) => metrics.meter('main', 'all').observe('GET', status, milliseconds)
  return { metrics, answer, told: () => structuredClone(metrics.snapshot(false)) }
}

test('the first look has nothing to compare with, the next tells what came since', () => {
  const meter = new TrafficMeter()
  const { metrics, answer, told } = worker()
  metrics.connectionOpened('main')
  answer(200, 1)
  meter.absorb(1, told())
  assert.equal(meter.look(1_000), null)
  answer(200, 0.4)
  answer(403, 0.4)
  metrics.refused('role_missing')
  meter.absorb(1, told())
  const sample = meter.look(3_000)
  assert.deepEqual(
    { ...sample, latency: null },
    {
      at: 3_000,
      seconds: 2,
      requests: 2,
      statuses: [
        { class: 2, count: 1 },
        { class: 4, count: 1 },
      ],
      refusals: [{ reason: 'role_missing', count: 1 }],
      latency: null,
      connections: 1,
      upstreamErrors: 0,
    },
  )
  assert.deepEqual(meter.look(4_000)?.requests, 0)
  assert.equal(meter.look(5_000)?.latency, null)
})

test('what a worker counted is counted once, though it ends and tells more afterwards', () => {
  const meter = new TrafficMeter()
  const first = worker()
  meter.absorb(1, first.told())
  meter.look(1_000)
  first.answer(200, 1)
  first.metrics.connectionOpened('main')
  meter.absorb(1, first.told())
  meter.workerGone(1)
  meter.absorb(1, first.told())
  const second = worker()
  second.answer(200, 1)
  meter.absorb(2, second.told())
  const sample = meter.look(2_000)
  assert.deepEqual([sample?.requests, sample?.connections], [2, 0])
  assert.equal(meter.look(3_000)?.requests, 0)
})

test('a clock that is set back begins anew instead of telling of a negative time', () => {
  const meter = new TrafficMeter()
  meter.look(10_000)
  assert.equal(meter.look(5_000), null)
  assert.equal(meter.look(6_000)?.seconds, 1)
})

test('quantiles lie within the bucket that has them', () => {
  assert.equal(quantile([0, 0], [1], 0.5), null)
  assert.equal(quantile([10, 0, 0], [1, 2], 0.5), 0.5)
  assert.equal(quantile([5, 5, 0], [1, 2], 0.5), 1)
  assert.equal(quantile([0, 4, 0], [1, 2], 0.75), 1.75)
  assert.equal(quantile([0, 0, 3], [1, 2], 0.99), 2)
})
