import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { before, test } from 'node:test'
import { createGzip } from 'node:zlib'
import { eventually } from '../../support/eventually.ts'
import { copyExample, type Example, type ServedExample } from '../../support/example.ts'
import { askPlain, type Credentials } from '../../support/https-client.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { memoryUnmeasurable, watchMemory } from '../../support/memory.ts'
import { absent, freePorts, startOutside, unprivilegedFolder } from '../../support/outside-program.ts'
import { assertReadmeHolds, portsOf } from '../../support/readme.ts'

// examples/clickhouse with a real ClickHouse: certificate names become ClickHouse users, who read and write through the
// gateway what they may, in any size and encoding; what they may not never reaches it.

const skip = absent('clickhouse-server')
const lifetime = fileLifetime()
let example: Example
let gateway: ServedExample
let reader: Credentials
let writer: Credentials
/** Of ClickHouse itself. */
let direct: string
let server: { output: () => string }

before(async () => {
  if (skip !== false) return
  example = await copyExample(lifetime, 'clickhouse')
  const [port] = await freePorts(1)
  direct = `http://127.0.0.1:${port}`
  const { path: folder, write } = unprivilegedFolder(lifetime)
  write('clickhouse.xml', example.read('clickhouse.xml').replace('>8123<', `>${port}<`).replace('>information<', '>trace<'))
  write('users.xml', example.read('users.xml'))
  server = await startOutside(lifetime, 'clickhouse-server', ['--config-file=clickhouse.xml'], {
    cwd: folder,
    unprivileged: true,
    ready: async () => (await askPlain(`${direct}/ping`)).text === 'Ok.\n',
  })
  example.replace('certgate.yml', 'http://127.0.0.1:8123', direct)
  reader = await example.issue('reader')
  writer = await example.issue('writer')
  gateway = await example.serve()
  await sql('CREATE TABLE movies (id UInt32, title String) ENGINE = MergeTree ORDER BY id')
})

/** Runs a statement as the writer, by POST; rejects where it fails. */
async function sql(statement: string): Promise<string> {
  const { status, text } = await gateway.client(writer).ask('/', { method: 'POST', body: statement })
  assert.equal(status, 200, text)
  return text
}

const query = (text: string, more: Readonly<Record<string, string>> = {}) => `/?${new URLSearchParams({ query: text, ...more })}`

/** How many requests ClickHouse has seen, by its own trace. One more of ours marks how far the trace has been read. */
let marks = 0
async function seen(): Promise<number> {
  const mark = `SELECT 'mark ${++marks}'`
  assert.equal((await askPlain(direct + query(mark), { headers: { 'x-clickhouse-user': 'writer' } })).status, 200)
  await eventually(`${mark} in the trace`, () => server.output().includes(mark))
  return server.output().split('HTTP Request for HTTPHandler-factory').length - 1 - marks
}

/** Whom ClickHouse ran a query as, once for each time, by its own log; waits for the first. */
function usersOf(text: string): Promise<string[]> {
  const select = query(`SELECT user FROM system.query_log WHERE type = 1 AND query = '${text.replaceAll("'", "\\'")}'`)
  return eventually(`"${text}" in system.query_log`, async () => {
    const { status, text: users } = await askPlain(direct + select, { headers: { 'x-clickhouse-user': 'writer' } })
    return status === 200 && users !== '' && users.trimEnd().split('\n')
  })
}

test('what the writer inserts, the reader reads back, each under the name in the certificate', { skip }, async () => {
  await sql("INSERT INTO movies VALUES (1, 'Metropolis'), (2, 'Häxan'), (3, 'The Tramp')")
  const select = 'SELECT id, title FROM movies ORDER BY id FORMAT TSV'
  const { status, text } = await gateway.client(reader).ask(query(select))
  assert.equal(status, 200)
  assert.equal(text, '1\tMetropolis\n2\tHäxan\n3\tThe Tramp\n')
  assert.deepEqual(await usersOf(select), ['reader'])
  const record = await gateway.record('/', 200)
  assert.equal(record.route, 'write')
})

test('a reader who writes is refused with 403, and ClickHouse never sees it', { skip }, async () => {
  const before = await seen()
  const client = gateway.client(reader)
  await client.ask(query('SELECT 1'))
  assert.equal(await seen(), before + 1)
  const answer = await client.ask('/', { method: 'POST', body: "INSERT INTO movies VALUES (666, 'refused')" })
  assert.equal(answer.status, 403)
  assert.equal(JSON.parse(answer.text).code, 'role_missing')
  assert.equal(await seen(), before + 1)
  const { text } = await client.ask(query('SELECT count() FROM movies WHERE id = 666'))
  assert.equal(text, '0\n')
})

test('a reader who hides a write in a GET is refused by ClickHouse, whatever settings come with it', { skip }, async () => {
  const client = gateway.client(reader)
  const attempts: readonly [Record<string, string>, RegExp][] = [
    [{}, /Cannot insert into table in readonly mode/],
    [{ readonly: '0' }, /Setting 'readonly' cannot be overrided in readonly mode/],
    [{ user: 'writer' }, /not allowed to use X-ClickHouse HTTP headers and other authentication methods/],
    [{ password: '' }, /not allowed to use X-ClickHouse HTTP headers and other authentication methods/],
  ]
  for (const [more, refusal] of attempts) {
    const { status, text } = await client.ask(query("INSERT INTO movies VALUES (667, 'hidden')", more))
    assert.notEqual(status, 200)
    assert.match(text, refusal)
  }
  assert.equal((await client.ask(query('SELECT count() FROM movies WHERE id = 667'))).text, '0\n')
})

test('nobody becomes another user by writing the header, or a look-alike, themselves', { skip }, async () => {
  const select = 'SELECT 4711'
  const headers = { 'X-ClickHouse-User': 'writer', X_ClickHouse_User: 'writer', 'x-clickhouse-key': 'secret', 'X-ClickHouse.Quota': 'q' }
  const { status, text } = await gateway.client(reader).ask(query(select), { headers })
  assert.equal(status, 200, text)
  assert.deepEqual(await usersOf(select), ['reader'])
})

test('strangers, and trusted people without a role, do not get there', { skip }, async () => {
  const before = await seen()
  assert.equal((await gateway.client().ask(query('SELECT 1'))).status, 401)
  const mallory = await example.issue('mallory')
  assert.equal((await gateway.client(mallory).ask(query('SELECT 1'))).status, 403)
  assert.equal(await seen(), before)
})

test('a result of more than 200 MB arrives whole while memory stays flat', {
  skip: skip || memoryUnmeasurable,
  timeout: 120_000,
}, async () => {
  const padding = 'No row is like another, and few are needed. '.repeat(6)
  const select = `SELECT number, '${padding}', hex(number * 2654435761) FROM numbers(1000000) FORMAT TSV`
  const client = gateway.client(reader)
  await client.ask(query('SELECT number FROM numbers(4000000) FORMAT TSV'))
  const memory = await watchMemory(gateway.configFile)
  const through = await client.ask(query(select))
  const growth = memory.growth()
  const straight = await askPlain(`${direct}${query(select)}`, { headers: { 'x-clickhouse-user': 'reader' } })
  assert.equal(through.status, 200)
  assert.ok(through.bytes > 250e6, `only ${through.bytes} bytes`)
  assert.deepEqual([through.bytes, through.sha256], [straight.bytes, straight.sha256])
  assert.ok(growth < 60e6, `a worker grew by ${growth} bytes`)
})

test('a compressed result is passed on as it is', { skip }, async () => {
  const select = query('SELECT number FROM numbers(2000000) FORMAT TSV', { enable_http_compression: '1' })
  const headers = { 'accept-encoding': 'gzip' }
  const through = await gateway.client(reader).ask(select, { headers })
  assert.equal(through.headers['content-encoding'], 'gzip')
  assert.ok(through.bytes < 8e6)
  const straight = await askPlain(direct + select, { headers: { ...headers, 'x-clickhouse-user': 'reader' } })
  assert.equal(through.sha256, straight.sha256)
})

test('a compressed insert of unknown length arrives whole', { skip }, async () => {
  await sql('CREATE TABLE inserted (n UInt64) ENGINE = MergeTree ORDER BY n')
  const rows = 1_000_000
  const lines = Readable.from(
    (function* () {
      for (let at = 0; at < rows; at += 10_000) yield `${Array.from({ length: 10_000 }, (_, index) => at + index).join('\n')}\n`
    })(),
  )
  const { status, text } = await gateway.client(writer).ask(query('INSERT INTO inserted FORMAT TSV'), {
    method: 'POST',
    headers: { 'content-encoding': 'gzip' },
    body: lines.pipe(createGzip()),
  })
  assert.equal(status, 200, text)
  const { text: sum } = await gateway.client(reader).ask(query('SELECT count(), sum(n) FROM inserted'))
  assert.equal(sum, `${rows}\t${(rows * (rows - 1)) / 2}\n`)
})

test('an error of ClickHouse comes through as ClickHouse said it', { skip }, async () => {
  const { status, text, headers } = await gateway.client(reader).ask(query('SELECT nonsense'))
  assert.equal(status, 404)
  assert.match(text, /^Code: 47, .*Unknown identifier/)
  assert.ok(headers['x-clickhouse-server-display-name'] !== undefined)
})

test('a client that leaves in the middle of a result leaves nothing running', { skip: skip || absent('curl') }, async () => {
  const select = 'SELECT number FROM numbers(100000000000) FORMAT TSV'
  const url = `https://localhost:${gateway.port}${query(select)}`
  const data = (name: string) => join(example.folder, 'data', name)
  const credentials = ['--cacert', data('ca/ca.crt'), '--cert', data('clients/reader.crt'), '--key', data('clients/reader.key')]
  const running = async (rows: number) => {
    const count = `SELECT count() FROM system.processes WHERE query = '${select}' AND read_rows >= ${rows}`
    return (await askPlain(`${direct}${query(count)}`, { headers: { 'x-clickhouse-user': 'writer' } })).text
  }
  const client = await startOutside(lifetime, 'curl', ['-sS', '-o', '/dev/null', ...credentials, url], {
    // More than fits between it and a client that takes nothing.
    ready: async () => (await running(20_000_000)) === '1\n',
  })
  await client.stop()
  await eventually('the query to be cancelled', async () => (await running(0)) === '0\n')
})

test('all that the README says holds', { skip: skip || absent('curl', 'bash') }, async () => {
  await sql('DROP TABLE movies')
  assert.ok((await assertReadmeHolds(example.read('README.md'), example.folder, portsOf(gateway))) > 10)
})
