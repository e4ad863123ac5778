import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Telemetry } from '../../../src/control/telemetry.ts'
import { createWorkerMetrics } from '../../../src/observability/worker-metrics.ts'

/** Telemetry whose workers send these values when they are asked. */
async function scraped(t: TestContext, sent: Map<number, unknown>, answering = () => sent.size) {
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
      answering,
      state: () => 'serving',
    },
  )
  t.after(() => server.close())
  const scrape = async () => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}/metrics`, { headers: { connection: 'close' } })
    return { status: response.status, text: await response.text() }
  }
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`, { headers: { connection: 'close' } })
    return `${response.status} ${(await response.text()).trim()}`
  }
  return { telemetry, errors, scrape, ask }
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

test('measurements of another shape are refused at any depth, and what their worker sent last stays', async (t) => {
  const { telemetry, errors, scrape } = await scraped(
    t,
    new Map<number, unknown>([
      [1, strippedBy(2)],
      [2, strippedBy(3)],
    ]),
  )
  const before = (await scrape()).text
  const whole = strippedBy(1)
  const { requests: _, ...incomplete } = whole
  const duration = { counts: [1], sum: 1 }
  const odd = [
    ...[null, 7, 'text', [], {}, incomplete, { ...whole, upstreams: {} }, { ...whole, strippedHeaders: '1' }],
    { ...whole, requests: [7] },
    { ...whole, requests: [null] },
    { ...whole, requests: [{ listener: 'a', route: 'b', counts: [], duration, allowed: 1, denied: 0 }] },
    { ...whole, handshakes: [{ result: {}, version: 'x', count: 1 }] },
    { ...whole, connections: [{ listener: 'a', opened: Number.NaN, closed: 0 }] },
    { ...whole, certificateLife: {} },
    { ...whole, process: {} },
  ]
  for (const values of odd)
    assert.throws(() => telemetry.absorb(2, values), { message: /^a worker measures otherwise than control adds up: restart certgate/ })
  const own = /^(certgate_(process|event)|process_|nodejs_).*$/gm
  const { status, text } = await scrape()
  assert.equal(status, 200)
  assert.equal(text.replace(own, ''), before.replace(own, ''))
  assert.match(text, /^certgate_stripped_headers_total 5$/m)
  telemetry.workerGone(2)
  assert.match((await scrape()).text, /^certgate_stripped_headers_total 5$/m)
  assert.deepEqual(errors, [])
})

test('a gateway is not ready while no worker answers', async (t) => {
  let answering = 0
  const { ask } = await scraped(t, new Map([[1, undefined]]), () => answering)
  assert.match(await ask('/readyz'), /^503 .*no worker answers/)
  assert.match(await ask('/healthz'), /^200 /)
  answering = 1
  assert.match(await ask('/readyz'), /^200 /)
})
