import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import { FAMILIES } from '../../../src/observability/families.ts'
import { MetricsAggregator } from '../../../src/observability/metrics-aggregator.ts'
import { createWorkerMetrics, type MetricsSnapshot, type WorkerMetrics } from '../../../src/observability/worker-metrics.ts'
import { parseExposition } from './exposition.ts'

/** As it arrives in control: through the serialisation that worker processes use. */
function sent(metrics: WorkerMetrics): MetricsSnapshot {
  return deserialize(serialize(metrics.snapshot())) as MetricsSnapshot
}

async function rendered(aggregator: MetricsAggregator): Promise<ReadonlyMap<string, number>> {
  return parseExposition(await aggregator.render()).samples
}

test('requests of several workers add up under exact labels', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1.2.3' })
  t.after(() => aggregator.stop())
  for (const worker of [1, 2]) {
    const metrics = createWorkerMetrics()
    const meter = metrics.meter('main', 'read "movies"\\')
    assert.equal(metrics.meter('main', 'read "movies"\\'), meter)
    meter.observe('GET', 200, 0.7)
    meter.observe('GET', 200, 3)
    meter.observe('POST', 403, 90_000)
    meter.decide('allow')
    meter.decide('deny')
    if (worker === 2) metrics.meter('other', '').observe('BREW', 418, 1)
    aggregator.absorb(worker, sent(metrics))
  }
  const samples = await rendered(aggregator)
  const route = 'route="read \\"movies\\"\\\\"'
  assert.equal(samples.get(`certgate_requests_total{listener="main",${route},method="GET",code="200"}`), 4)
  assert.equal(samples.get(`certgate_requests_total{listener="main",${route},method="POST",code="403"}`), 2)
  assert.equal(samples.get('certgate_requests_total{listener="other",route="",method="OTHER",code="418"}'), 1)
  assert.equal(samples.get(`certgate_authz_decisions_total{${route},decision="allow"}`), 2)
  assert.equal(samples.get(`certgate_authz_decisions_total{${route},decision="deny"}`), 2)
  const duration = (suffix: string, le = '') => samples.get(`certgate_request_duration_seconds${suffix}{${le}listener="main",${route}}`)
  assert.equal(duration('_bucket', 'le="0.0005",'), 0)
  assert.equal(duration('_bucket', 'le="0.001",'), 2)
  assert.equal(duration('_bucket', 'le="0.005",'), 4)
  assert.equal(duration('_bucket', 'le="60",'), 4)
  assert.equal(duration('_bucket', 'le="+Inf",'), 6)
  assert.equal(duration('_count'), 6)
  assert.equal(duration('_sum'), 180.0074)
})

test('methods and codes stay a bounded set, whatever clients and upstreams send', () => {
  const metrics = createWorkerMetrics()
  const meter = metrics.meter('main', 'r')
  for (let i = 0; i < 1000; i++) meter.observe(`M${i}`, i, 1)
  meter.observe('get', Number.NaN, 1)
  meter.observe('__proto__', -1, 1)
  for (let status = 100; status <= 599; status++) meter.observe('GET', status, 1)
  const [request] = metrics.snapshot().requests
  assert.equal((request?.counts.length ?? 0) / 3, 501 + 500)
  const total = request?.counts.reduce((sum, value, index) => (index % 3 === 2 ? sum + value : sum), 0)
  assert.equal(total, 1502)
})

test('the counters of a worker that ended stay, what it held is over', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1' })
  t.after(() => aggregator.stop())
  const first = createWorkerMetrics()
  first.meter('main', 'r').observe('GET', 200, 1)
  first.connectionOpened('main')
  first.connectionOpened('main')
  first.connectionClosed('main')
  first.certificateLife(86_400 * 10)
  first.strippedHeaders(3)
  const last = sent(first)
  aggregator.absorb(1, last)
  const before = await rendered(aggregator)
  assert.equal(before.get('certgate_connections_open{listener="main"}'), 1)
  aggregator.workerGone(1)
  aggregator.workerGone(1)
  aggregator.absorb(1, last)
  const second = createWorkerMetrics()
  second.meter('main', 'r').observe('GET', 200, 1)
  second.connectionOpened('main')
  aggregator.absorb(2, sent(second))
  const after = await rendered(aggregator)
  assert.equal(after.get('certgate_requests_total{listener="main",route="r",method="GET",code="200"}'), 2)
  assert.equal(after.get('certgate_connections_total{listener="main"}'), 3)
  assert.equal(after.get('certgate_connections_open{listener="main"}'), 1)
  assert.equal(after.get('certgate_client_certificate_expiration_seconds_bucket{le="1209600"}'), 1)
  assert.equal(after.get('certgate_client_certificate_expiration_seconds_bucket{le="604800"}'), 0)
  assert.equal(after.get('certgate_stripped_headers_total'), 3)
  assert.equal(after.get('certgate_workers'), 1)
  assert.equal(after.get('certgate_worker_exits_total'), 1)
  for (const [name, value] of before) {
    if (/_total\b|_bucket|_count/.test(name)) assert.ok((after.get(name) ?? -1) >= value, `${name} went backwards`)
  }
})

test('handshakes, refusals and upstream trouble are counted by kind', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1' })
  t.after(() => aggregator.stop())
  const metrics = createWorkerMetrics()
  metrics.handshake('ok', 'TLSv1.3')
  metrics.handshake('ok', 'TLSv1.3')
  metrics.handshake('failed', 'whatever the client said')
  metrics.clientAuthFailure('certificate_expired')
  metrics.refused('certificate_expired')
  metrics.refused('route_missing')
  metrics.accessLogDropped(7)
  const upstream = metrics.upstream('search')
  upstream.observe(40)
  upstream.error('timeout')
  upstream.retry()
  aggregator.absorb(1, sent(metrics))
  const samples = await rendered(aggregator)
  assert.equal(samples.get('certgate_tls_handshakes_total{result="ok",version="TLSv1.3"}'), 2)
  assert.equal(samples.get('certgate_tls_handshakes_total{result="failed",version=""}'), 1)
  assert.equal(samples.get('certgate_client_auth_failures_total{reason="certificate_expired"}'), 1)
  assert.equal(samples.get('certgate_refusals_total{reason="certificate_expired"}'), 1)
  assert.equal(samples.get('certgate_refusals_total{reason="route_missing"}'), 1)
  assert.equal(samples.get('certgate_access_log_dropped_total'), 7)
  assert.equal(samples.get('certgate_upstream_errors_total{upstream="search",kind="timeout"}'), 1)
  assert.equal(samples.get('certgate_upstream_errors_total{upstream="search",kind="connect"}'), 0)
  assert.equal(samples.get('certgate_upstream_retries_total{upstream="search"}'), 1)
  assert.equal(samples.get('certgate_upstream_request_duration_seconds_bucket{le="0.05",upstream="search"}'), 1)
})

test('of several verdicts on a target the newest counts, and a target that left the configuration is not shown', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 })
  const aggregator = new MetricsAggregator({ version: '1' })
  t.after(() => aggregator.stop())
  const [first, second] = [createWorkerMetrics(), createWorkerMetrics()]
  first.upstream('search').healthy('http://a:1', false)
  first.upstream('search').healthy('http://old:1', false)
  t.mock.timers.tick(1000)
  second.upstream('search').healthy('http://a:1', true)
  aggregator.absorb(2, sent(second))
  aggregator.absorb(1, sent(first))
  aggregator.setInventory({ certificates: [], crls: [], targets: [{ upstream: 'search', target: 'http://a:1' }] })
  const healthy = [...(await rendered(aggregator))].filter(([name]) => name.startsWith('certgate_upstream_healthy'))
  assert.deepEqual(healthy, [['certgate_upstream_healthy{upstream="search",target="http://a:1"}', 1]])
})

test('control adds expiries, the outcome of reloads, build and processes', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1.2.3' })
  t.after(() => aggregator.stop())
  aggregator.setInventory({
    certificates: [{ kind: 'server', name: 'gone', notAfter: 1 }],
    crls: [],
    targets: [],
  })
  aggregator.setInventory({
    certificates: [{ kind: 'server', name: 'main', notAfter: 1_900_000_000 }],
    crls: [{ issuer: 'CN=Acme, Inc', file: 'ca.crl', nextUpdate: 1_800_000_000 }],
    targets: [],
  })
  aggregator.reloadResult(true, 1_700_000_000_500)
  aggregator.reloadResult(false, 1_700_000_009_000)
  aggregator.absorb(1, sent(createWorkerMetrics()))
  const samples = await rendered(aggregator)
  assert.equal(samples.get('certgate_certificate_not_after_seconds{kind="server",name="main"}'), 1_900_000_000)
  assert.ok(![...samples.keys()].some((name) => name.includes('"gone"')))
  assert.equal(samples.get('certgate_crl_next_update_seconds{issuer="CN=Acme, Inc",file="ca.crl"}'), 1_800_000_000)
  assert.equal(samples.get('certgate_config_last_reload_successful'), 0)
  assert.equal(samples.get('certgate_config_last_reload_success_timestamp_seconds'), 1_700_000_000.5)
  const { node, openssl } = process.versions
  assert.equal(samples.get(`certgate_build_info{version="1.2.3",node="${node}",openssl="${openssl}"}`), 1)
  for (const kind of ['control', 'worker']) {
    assert.ok((samples.get(`process_cpu_seconds_total{process="${kind}"}`) ?? 0) > 0)
    assert.ok((samples.get(`process_resident_memory_bytes{process="${kind}"}`) ?? 0) > 1e6)
    assert.ok((samples.get(`nodejs_eventloop_lag_p99_seconds{process="${kind}"}`) ?? -1) >= 0)
  }
  const started = samples.get('process_start_time_seconds{process="control"}') ?? 0
  assert.ok(Math.abs(started - Date.now() / 1000) < 3600)
})

test('what the authority and the registry say is shown beside what the configuration uses, and replaced as a whole', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1' })
  t.after(() => aggregator.stop())
  const own = (state: string) => ({
    certificates: [{ kind: 'issued' as const, name: 'first', notAfter: 1_900_000_000 }],
    crls: [{ issuer: 'CN=issuing', file: 'a.crl', nextUpdate: 1_800_000_000 }],
    registered: new Map([[state, 3]]),
  })
  aggregator.setOwn(own('expiring'))
  aggregator.setOwn(own('valid'))
  const samples = await rendered(aggregator)
  assert.equal(samples.get('certgate_certificate_not_after_seconds{kind="issued",name="first"}'), 1_900_000_000)
  assert.equal(samples.get('certgate_crl_next_update_seconds{issuer="CN=issuing",file="a.crl"}'), 1_800_000_000)
  assert.equal(samples.get('certgate_registered_certificates{state="valid"}'), 3)
  assert.equal(samples.get('certgate_registered_certificates{state="expiring"}'), undefined)
})

test('what is written out is well-formed, with help and type once per family', async (t) => {
  const aggregator = new MetricsAggregator({ version: '1' })
  t.after(() => aggregator.stop())
  const metrics = createWorkerMetrics()
  metrics.meter('main', 'line\nbreak').observe('GET', 200, 1)
  aggregator.absorb(1, sent(metrics))
  const { types, samples } = parseExposition(await aggregator.render())
  const known = new Map<string, string>(Object.values(FAMILIES).map((family) => [family.name, family.type]))
  for (const [name, type] of types) assert.equal(known.get(name), type)
  assert.ok(samples.has('certgate_requests_total{listener="main",route="line\\nbreak",method="GET",code="200"}'))
})

test('family names are unique, and counters end in _total as Prometheus asks', () => {
  const families = Object.values(FAMILIES)
  assert.equal(new Set(families.map((family) => family.name)).size, families.length)
  for (const { name, type } of families) assert.equal(name.endsWith('_total'), type === 'counter', name)
})
