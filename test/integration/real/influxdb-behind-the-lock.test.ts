import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { eventually } from '../../support/eventually.ts'
import { copyExample, type Example, type ServedExample } from '../../support/example.ts'
import { type Answer, askPlain, type Credentials, type Question } from '../../support/https-client.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { memoryUnmeasurable, watchMemory } from '../../support/memory.ts'
import { absent, freePorts, type OutsideServer, startOutside, unprivilegedFolder } from '../../support/outside-program.ts'
import { assertReadmeHolds, portsOf } from '../../support/readme.ts'

// examples/influxdb with a real InfluxDB: certificates decide who may write, who may query and who may operate, InfluxDB's
// own passwords come through untouched, and its log can be put side by side with the gateway's.

const skip = absent('influxd', 'curl', 'bash')
const lifetime = fileLifetime()
let example: Example
let gateway: ServedExample
let influxdb: OutsideServer
let direct: string
const people = new Map<string, Credentials>()

const passwords = { admin: 'Zugspitze', collector: 'Watzmann', viewer: 'Rax' } as const
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const basic = (user: keyof typeof passwords) => ({ authorization: `Basic ${Buffer.from(`${user}:${passwords[user]}`).toString('base64')}` })

before(async () => {
  if (skip !== false) return
  example = await copyExample(lifetime, 'influxdb')
  const [http, rpc] = await freePorts(2)
  direct = `http://127.0.0.1:${http}`
  const { path: folder, write } = unprivilegedFolder(lifetime)
  const config = example.read('influxdb.conf').replace('127.0.0.1:8086', `127.0.0.1:${http}`).replace('127.0.0.1:8088', `127.0.0.1:${rpc}`)
  write('influxdb.conf', config)
  influxdb = await startOutside(lifetime, 'influxd', ['run', '-config', 'influxdb.conf'], {
    cwd: folder,
    unprivileged: true,
    ready: async () => (await askPlain(`${direct}/ping`)).status === 204,
  })
  example.replace('certgate.yml', 'http://127.0.0.1:8086', direct)
  for (const name of ['telegraf-web1', 'grafana', 'stranger']) people.set(name, await example.issue(name))
  people.set('admin', { cert: example.read('data/clients/admin.crt'), key: example.read('data/clients/admin.key') })
  gateway = await example.serve()
})

function as(name: string, path: string, question: Question = {}): Promise<Answer> {
  return gateway.client(people.get(name)).ask(path, question)
}

async function ok(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked
  assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
  assert.doesNotMatch(answer.text, /"error"/)
  return answer
}

const query = (statement: string, more: Record<string, string> = {}) =>
  `/query?${new URLSearchParams({ db: 'metrics', epoch: 's', q: statement, ...more })}`

function select(statement: string): Promise<Answer> {
  return ok(as('grafana', query(statement), { headers: basic('viewer') }))
}

const values = (answer: Answer) => JSON.parse(answer.text).results[0].series?.[0].values

function insert(lines: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  return as('telegraf-web1', '/write?db=metrics&precision=s', {
    method: 'POST',
    headers: { ...basic('collector'), ...headers },
    body: lines,
  })
}

/** Lines of InfluxDB's own request log. */
const requests = () =>
  influxdb
    .output()
    .split('\n')
    .filter((line) => line.startsWith('[httpd]'))

/** The lines once the log has this one too; those before it are there by then. */
async function requestsUpTo(mark: string): Promise<string[]> {
  await eventually(`${mark} in InfluxDB's log`, () => requests().some((line) => line.includes(mark)))
  return requests()
}

// Makes the database and the users that the others need.
test('all that the README says holds', { skip }, async () => {
  assert.ok((await assertReadmeHolds(example.read('README.md'), example.folder, portsOf(gateway))) > 10)
  await ok(as('admin', '/query', { method: 'POST', headers: { ...basic('admin'), ...form }, body: 'q=DROP MEASUREMENT cpu&db=metrics' }))
})

test('what one machine writes, the dashboard reads', { skip }, async () => {
  assert.equal((await insert('cpu,host=web1 load=0.5 1700000000\ncpu,host=web1 load=0.75 1700000060\n')).status, 204)
  assert.deepEqual(values(await select('SELECT load FROM cpu')), [
    [1700000000, 0.5],
    [1700000060, 0.75],
  ])
})

test('who may read but not write is refused with 403, and InfluxDB never sees it', { skip }, async () => {
  const body = 'cpu,host=forged load=9 1700000120\n'
  const refused = await as('grafana', '/write?db=metrics&mark=refused', { method: 'POST', headers: basic('collector'), body })
  assert.equal(refused.status, 403)
  assert.equal(JSON.parse(refused.text).code, 'role_missing')
  const posted = await as('grafana', query('DROP DATABASE metrics', { mark: 'refused' }), { method: 'POST', headers: basic('admin') })
  assert.equal(posted.status, 403)
  const reading = await as('telegraf-web1', query('SELECT * FROM cpu', { mark: 'refused' }), { headers: basic('admin') })
  assert.equal(reading.status, 403)
  await ok(as('grafana', '/ping?mark=after-the-refused'))
  assert.ok((await requestsUpTo('mark=after-the-refused')).every((line) => !line.includes('mark=refused')))
})

test('a change hidden in a GET, which InfluxDB 1.x would carry out, fails by the password that came with it', { skip }, async () => {
  const dropped = await as('grafana', query('DROP MEASUREMENT cpu'), { headers: basic('viewer') })
  assert.match(dropped.text, /not authorized to execute statement 'DROP MEASUREMENT cpu'/)
  assert.ok((values(await select('SELECT load FROM cpu')) as unknown[]).length > 0)
})

test('without a password, or with a wrong one, InfluxDB refuses in its own words', { skip }, async () => {
  const none = await as('grafana', query('SELECT load FROM cpu'))
  assert.equal(none.status, 401)
  assert.equal(none.headers['www-authenticate'], 'Basic realm="InfluxDB"')
  assert.match(none.text, /unable to parse authentication credentials/)
})

test('strangers do not get there, whatever password they know', { skip }, async () => {
  assert.equal((await gateway.client().ask('/ping?mark=stranger', { headers: basic('admin') })).status, 401)
  assert.equal((await as('stranger', query('SHOW DATABASES', { mark: 'stranger' }), { headers: basic('admin') })).status, 403)
  assert.equal((await as('stranger', '/debug/vars?mark=stranger', { headers: basic('admin') })).status, 404)
  await ok(as('grafana', '/ping?mark=after-the-stranger'))
  assert.ok((await requestsUpTo('mark=after-the-stranger')).every((line) => !line.includes('mark=stranger')))
})

test('both logs name the request alike: the gateway who it was, InfluxDB where from', { skip }, async () => {
  const headers = { ...basic('viewer'), 'x-request-id': 'seen-by-both', 'x-forwarded-for': '203.0.113.9' }
  await ok(as('grafana', query('SHOW MEASUREMENTS'), { headers }))
  const lines = await requestsUpTo('seen-by-both')
  const line = lines.find((candidate) => candidate.includes('seen-by-both')) ?? ''
  // The address that the client claimed is gone.
  assert.match(line, /^\[httpd\] 127\.0\.0\.1,127\.0\.0\.1 - viewer \[/)
  const [record = ''] = await gateway.program.line(/^\{"time".*"request_id":"seen-by-both".*/)
  const { user, route, status, path } = JSON.parse(record)
  assert.deepEqual({ user, route, status, path }, { user: 'grafana', route: 'query', status: 200, path: '/query' })
})

test('a compressed write arrives whole, and a compressed answer comes back as it is', { skip }, async () => {
  const count = 50_000
  const lines = Array.from({ length: count }, (_, index) => `batch,host=web1 n=${index}i ${1_600_000_000 + index}`).join('\n')
  assert.equal((await insert(gzipSync(lines), { 'content-encoding': 'gzip' })).status, 204)
  assert.deepEqual(values(await select('SELECT count(n), sum(n) FROM batch'))[0].slice(1), [count, (count * (count - 1)) / 2])
  const answer = await as('grafana', query('SELECT n FROM batch LIMIT 1000'), {
    headers: { ...basic('viewer'), 'accept-encoding': 'gzip' },
  })
  assert.equal(answer.headers['content-encoding'], 'gzip')
  assert.equal(JSON.parse(gunzipSync(answer.head).toString()).results[0].series[0].values.length, 1000)
})

test('a long streamed result arrives whole while memory stays flat', { skip: skip || memoryUnmeasurable, timeout: 300_000 }, async () => {
  const text = 'x'.repeat(20_000)
  for (let from = 0; from < 2_000; from += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, index) => `long,host=web1 t="${text}${from + index}" ${1_500_000_000 + from + index}`)
    assert.equal((await insert(gzipSync(lines.join('\n'), { level: 1 }), { 'content-encoding': 'gzip' })).status, 204)
  }
  const statement = 'SELECT t AS a, t AS b, t AS c, t AS d, t AS e, t AS f FROM long'
  const path = query(statement, { chunked: 'true', chunk_size: '20' })
  await as('grafana', query(`${statement} LIMIT 200`, { chunked: 'true', chunk_size: '20' }), { headers: basic('viewer') })
  const memory = await watchMemory(gateway.configFile)
  const through = await as('grafana', path, { headers: basic('viewer') })
  const growth = memory.growth()
  const straight = await askPlain(direct + path, { headers: basic('viewer') })
  assert.ok(through.bytes > 200e6, `only ${through.bytes} bytes`)
  assert.deepEqual([through.status, through.bytes, through.sha256], [200, straight.bytes, straight.sha256])
  assert.ok(growth < 60e6, `a worker grew by ${growth} bytes`)
})
