import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Telemetry } from '../../../src/control/telemetry.ts'
import { createWorkerMetrics } from '../../../src/observability/worker-metrics.ts'

/** Telemetry whose workers send these values when they are asked. */
async function scraped(t: TestContext, sent: Map<number, unknown>) {
  const errors: unknown[] = []
  const telemetry = new Telemetry('1.2.3', (error) => errors.push(error))
  t.after(() => telemetry.stop())
  const server = await telemetry.open(
    { host: '127.0.0.1', port: 0 },
    {
      measure: async () => {
        for (const [worker, values] of sent) telemetry.absorb(worker, values)
      },
      serving: () => sent.size,
      state: () => 'serving',
    },
  )
  t.after(() => server.close())
  const scrape = async () => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}/metrics`, { headers: { connection: 'close' } })
    return { status: response.status, text: await response.text() }
  }
  return { telemetry, errors, scrape }
}

const strippedBy = (count: number) => {
  const metrics = createWorkerMetrics()
  metrics.strippedHeaders(count)
  return structuredClone(metrics.snapshot())
}

test('measurements of all workers are added up, and one that only starts has none yet', async (t) => {
  const sent = new Map<number, unknown>([
    [1, strippedBy(2)],
    [2, strippedBy(3)],
    [3, undefined],
  ])
  const { errors, scrape } = await scraped(t, sent)
  const { status, text } = await scrape()
  assert.equal(status, 200)
  assert.match(text, /^certgate_stripped_headers_total 5$/m)
  assert.match(text, /^certgate_workers 2$/m)
  assert.deepEqual(errors, [])
})

test('measurements of another shape are an error to the scraper and the log, and forgotten with their worker', async (t) => {
  const sent = new Map<number, unknown>([[1, strippedBy(2)]])
  const { telemetry, errors, scrape } = await scraped(t, sent)
  const { requests: _, ...incomplete } = strippedBy(1)
  const odd = [null, 7, 'text', [], {}, incomplete, { ...strippedBy(1), upstreams: {} }, { ...strippedBy(1), strippedHeaders: '1' }]
  for (const values of odd) {
    sent.set(2, values)
    const { status, text } = await scrape()
    assert.deepEqual([status, text], [500, 'the measurements could not be collected, see the log\n'])
    assert.match(String(errors.pop()), /a worker measures otherwise than control adds up: restart certgate/)
  }
  assert.deepEqual(errors, [])
  sent.delete(2)
  telemetry.workerGone(2)
  const { status, text } = await scrape()
  assert.equal(status, 200)
  assert.match(text, /^certgate_stripped_headers_total 2$/m)
})
