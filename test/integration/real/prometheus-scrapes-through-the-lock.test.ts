import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { copyExample, type Example, type ServedExample } from '../../support/example.ts'
import { askPlain } from '../../support/https-client.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { absent, freePorts, startOutside } from '../../support/outside-program.ts'
import { assertReadmeHolds, portsOf } from '../../support/readme.ts'

// examples/prometheus with the real programs: Prometheus scrapes node_exporter with a certificate of its own, verifies the
// gateway, and one with another certificate gets nothing.

const skip = absent('prometheus', 'prometheus-node-exporter')
const lifetime = fileLifetime()
let example: Example
let gateway: ServedExample
let exporter: string
let prometheus: string
let telemetryPort: number

before(async () => {
  if (skip !== false) return
  example = await copyExample(lifetime, 'prometheus')
  const [exporterPort, prometheusPort] = await freePorts(2)
  exporter = `http://127.0.0.1:${exporterPort}`
  prometheus = `http://127.0.0.1:${prometheusPort}`
  await startOutside(lifetime, 'prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${exporterPort}`], {
    unprivileged: true,
    ready: async () => (await askPlain(exporter)).status === 200,
  })
  example.replace('certgate.yml', 'http://127.0.0.1:9100', exporter)
  await example.issue('prometheus')
  await example.issue('stranger')
  gateway = await example.serve()
  const [, telemetry = ''] = await gateway.program.line(/http:\/\/(127\.0\.0\.1:\d+) is open for telemetry/)
  telemetryPort = Number(telemetry.split(':')[1])
  example.replace('prometheus.yml', 'localhost:8443', `localhost:${gateway.port}`)
  example.replace('prometheus.yml', '127.0.0.1:9464', telemetry)
  example.replace('prometheus.yml', '15s', '1s')
  appendFileSync(example.path('prometheus.yml'), otherJobs(gateway.port))
  const flags = ['--config.file=prometheus.yml', '--storage.tsdb.path=data/prometheus', `--web.listen-address=127.0.0.1:${prometheusPort}`]
  await startOutside(lifetime, 'prometheus', flags, {
    cwd: example.folder,
    ready: async () => (await askPlain(`${prometheus}/-/ready`)).status === 200,
  })
})

/** The same target with the certificate of somebody else, and with none. */
const otherJobs = (port: number) => `
  - job_name: stranger
    scheme: https
    tls_config:
      ca_file: data/ca/ca.crt
      cert_file: data/clients/stranger.crt
      key_file: data/clients/stranger.key
    static_configs: [{ targets: ["localhost:${port}"] }]
  - job_name: nobody
    scheme: https
    tls_config: { ca_file: data/ca/ca.crt }
    static_configs: [{ targets: ["localhost:${port}"] }]
`

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** What Prometheus answers to a query, once it has anything to answer. */
function results(query: string): Promise<readonly Sample[]> {
  return eventually(`an answer to ${query}`, async () => {
    const { text } = await askPlain(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`)
    const { data } = JSON.parse(text)
    return data.result.length > 0 ? data.result : null
  })
}

/** As Prometheus describes its last attempt at the only target of a job. */
function target(job: string): Promise<{ health: string; lastError: string }> {
  return eventually(`a scrape of ${job}`, async () => {
    const { text } = await askPlain(`${prometheus}/api/v1/targets`)
    const found = JSON.parse(text).data.activeTargets.find((one: { scrapePool: string }) => one.scrapePool === job)
    return found === undefined || found.health === 'unknown' ? null : found
  })
}

test('Prometheus counts the exporter behind the lock as up, and has its metrics', { skip }, async () => {
  assert.deepEqual(await target('node').then(({ health, lastError }) => ({ health, lastError })), { health: 'up', lastError: '' })
  const [up] = await results('up{job="node"} == 1')
  assert.equal(up?.metric.instance, `localhost:${gateway.port}`)
  const [memory] = await results('node_memory_MemTotal_bytes{job="node"}')
  assert.ok(Number(memory?.value[1]) > 1e6)
  const [load] = await results('count({job="node", __name__=~"node_.*"})')
  assert.ok(Number(load?.value[1]) > 100)
})

test('with another certificate, or none, it gets nothing and says what it was answered', { skip }, async () => {
  for (const [job, status] of [
    ['stranger', '403 Forbidden'],
    ['nobody', '401 Unauthorized'],
  ] as const) {
    const { health, lastError } = await target(job)
    assert.deepEqual({ health, lastError }, { health: 'down', lastError: `server returned HTTP status ${status}` })
  }
  assert.equal((await results('up{job="stranger"}'))[0]?.value[1], '0')
})

test('only the scrapes of the right certificate reach the exporter', { skip }, async () => {
  // The refused ones have come at the same pace by now, so a single leak would show.
  const lines = (...words: readonly string[]) => gateway.program.lines.filter((line) => words.every((word) => line.includes(word))).length
  const refused = () => lines('"path":"/metrics"', '"decision":"deny"')
  const allowed = () => lines('"user":"prometheus"', '"status":200')
  await eventually('several refused scrapes', async () => refused() >= 4)
  const { text } = await askPlain(`${exporter}/metrics`)
  const reached = Number(/promhttp_metric_handler_requests_total\{code="200"\} (\d+)/.exec(text)?.[1])
  assert.ok(reached >= 1)
  // The log comes after the answer, and on a busy machine some time after; those that leaked would have to be made up for by new ones.
  const most = refused() + 2
  await eventually('as many in the log', async () => {
    assert.ok(refused() <= most, `${reached} reached the exporter, ${allowed()} were let through`)
    return allowed() >= reached
  })
})

test('nothing but /metrics is open, even to Prometheus', { skip }, async () => {
  const client = gateway.client({ cert: example.read('data/clients/prometheus.crt'), key: example.read('data/clients/prometheus.key') })
  assert.equal((await client.ask('/metrics')).status, 200)
  assert.equal((await client.ask('/')).status, 404)
  assert.equal((await client.ask('/debug/pprof/')).status, 404)
  assert.equal((await client.ask('/metrics', { method: 'POST' })).status, 403)
})

test("certgate's own metrics arrive, and the alert rules load and find nothing wrong", { skip }, async () => {
  const [allowed] = await results('certgate_authz_decisions_total{job="certgate", route="node metrics", decision="allow"} > 0')
  assert.equal(allowed?.metric.route, 'node metrics')
  const { text } = await askPlain(`${prometheus}/api/v1/rules`)
  const rules = JSON.parse(text).data.groups.flatMap((group: { rules: object[] }) => group.rules) as {
    name: string
    health: string
    state: string
    lastError?: string
  }[]
  assert.ok(rules.length > 10)
  assert.deepEqual(
    rules.filter(({ lastError }) => lastError !== undefined),
    [],
  )
  assert.deepEqual(
    rules.filter(({ state }) => state === 'firing').map(({ name }) => name),
    [],
  )
})

test('all that the README says holds', { skip: skip || absent('curl', 'bash', 'promtool') }, async () => {
  await results('node_load1{job="node"}')
  await results('certgate_authz_decisions_total{route="node metrics", decision="allow"} > 0')
  const ports = portsOf(gateway, [9090, Number(new URL(prometheus).port)], [9464, telemetryPort])
  assert.ok((await assertReadmeHolds(example.read('README.md'), example.folder, ports)) > 3)
})
