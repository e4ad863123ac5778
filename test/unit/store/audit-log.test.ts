import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { GENESIS, verifyExport } from '../../../src/store/audit-chain.ts'
import { canonicalJson, type Json } from '../../../src/store/canonical-json.ts'
import { openStore } from '../../../src/store/store.ts'
import { CLI, DAY, START, type TemporaryStore, temporaryStore } from '../../support/registry-store.ts'

/** Five entries, a millisecond apart. */
function filled(t: { after(callback: () => void): void }): TemporaryStore {
  const made = temporaryStore(t)
  for (const [index, action] of ['mapping.edit', 'config.reload', 'mapping.refused', 'mappings.x', 'mapping.edit'].entries()) {
    made.clock.now = START + index
    made.store.audit.append({ action, target: `role-${index % 2}`, details: { index } }, index === 4 ? { ...CLI, name: 'alice' } : CLI)
  }
  return made
}

/** Changes the file as somebody does who has it, around the triggers. */
function tamper(file: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(file)
  for (const trigger of ['audit_no_update', 'audit_no_delete', 'audit_at_the_end']) database.exec(`DROP TRIGGER ${trigger}`)
  for (const sql of statements) database.exec(sql)
  database.close()
}

async function exported(made: TemporaryStore, options = {}): Promise<string[]> {
  return Array.fromAsync(made.store.audit.export(options))
}

test('the log remembers what it was, and nothing that it never was', (t) => {
  const { store } = filled(t)
  const [first, last] = [store.audit.read({ limit: 1 })[0], store.audit.history()]
  const earlier = `1:${first?.hash}`
  store.audit.append({ action: 'config.reload', target: null }, CLI)
  for (const past of [earlier, last, store.audit.history(), `0:${GENESIS}`]) assert.ok(store.audit.remembers(past), past)
  for (const other of [
    '',
    `0:${first?.hash}`,
    `2:${first?.hash}`,
    `1:${GENESIS}`,
    `7:${first?.hash}`,
    `${earlier}0`,
    `1e0:${first?.hash}`,
  ]) {
    assert.ok(!store.audit.remembers(other), other)
  }
})

test('each entry names the hash of the one before, and its own hash is over all the rest', (t) => {
  const { store } = filled(t)
  let previous = GENESIS
  for (const { hash, ...body } of store.audit.read()) {
    assert.equal(body.previous, previous)
    assert.equal(
      createHash('sha256')
        .update(canonicalJson(body as unknown as Json))
        .digest('hex'),
      hash,
    )
    previous = hash
  }
  assert.deepEqual(store.audit.head(), { sequence: 5, hash: previous })
})

test('it is read in pages, forwards and backwards', (t) => {
  const { store } = filled(t)
  const sequences = (query: Parameters<typeof store.audit.read>[0]) => store.audit.read(query).map((entry) => entry.sequence)
  assert.deepEqual(sequences({ limit: 2 }), [1, 2])
  assert.deepEqual(sequences({ after: 2, limit: 2 }), [3, 4])
  assert.deepEqual(sequences({ before: 5, limit: 2 }), [4, 3])
  assert.deepEqual(sequences({ after: 5 }), [])
})

test('filters: action or its family, actor, target, time', (t) => {
  const { store } = filled(t)
  const found = (filter: NonNullable<Parameters<typeof store.audit.read>[0]>['filter']) =>
    store.audit.read(filter === undefined ? {} : { filter }).map((entry) => entry.sequence)
  assert.deepEqual(found({ action: 'mapping.edit' }), [1, 5])
  assert.deepEqual(found({ action: 'mapping.*' }), [1, 3, 5])
  assert.deepEqual(found({ action: 'mapping*' }), [1, 3, 4, 5])
  assert.deepEqual(found({ action: 'mapping.e*' }), [1, 5])
  assert.deepEqual(found({ actor: 'alice' }), [5])
  assert.deepEqual(found({ target: 'role-1', until: START + 2 }), [2])
  assert.deepEqual(found({ since: START + 1, until: START + 3 }), [2, 3, 4])
})

test('a digest is a target from its first eight digits on, in any case, and under the other filters too', (t) => {
  const { store } = filled(t)
  const digest = `12e642eb94f0${'5'.repeat(52)}`
  for (const target of [digest, `12e642eb94f1${'5'.repeat(52)}`, '12E642EB']) store.audit.append({ action: 'token.use', target }, CLI)
  const found = (target: string, action = 'token.use') => store.audit.read({ filter: { target, action } }).map((entry) => entry.sequence)
  for (const target of [digest, '12e642eb94f0', '12E642EB94F0']) assert.deepEqual(found(target), [6], target)
  assert.deepEqual(found('12e642eb94f0', 'mapping.edit'), [])
  assert.deepEqual(found('12e642eb'), [6, 7])
  assert.deepEqual(found('12E642EB'), [6, 7, 8])
  assert.deepEqual(found('12e642e'), [])
})

test('free text: all words, anywhere in an entry and however written, page by page', async (t) => {
  const { store } = filled(t)
  const bob = { name: 'Bob', fingerprint: 'ab'.repeat(32), remote: '192.0.2.7' }
  store.audit.append({ action: 'certificate.add', target: null, details: { certificates: [{ name: 'Jürgen "J"' }], count: 1234 } }, bob)
  const found = async (text: string, query: Parameters<typeof store.audit.search>[0] = { before: 100 }) => {
    const { entries, next } = await store.audit.search({ ...query, text })
    return [entries.map(({ sequence }) => sequence), next]
  }
  for (const text of ['JÜRGEN', 'ju\u0308rgen', '"j"', '1234', 'certificates', '#6', '192.0.2.7', 'abab', 'bob done', ' add  BOB '])
    assert.deepEqual(await found(text), [[6], null], text)
  assert.deepEqual(await found('bob mapping'), [[], null])
  assert.deepEqual(await found(store.audit.head().hash), [[], null], 'hashes are no text')
  assert.deepEqual(await found('mapping', { before: 100, limit: 2 }), [[5, 4], 4])
  assert.deepEqual(await found('mapping', { before: 4, limit: 2 }), [[3, 1], 1])
  assert.deepEqual(await found('mapping', { before: 1 }), [[], null])
  assert.deepEqual(await found('mapping', { before: 100, filter: { actor: 'alice' } }), [[5], null])
  // Forwards, there is always somewhere to go on from.
  assert.deepEqual(await found('mapping', { after: 3 }), [[4, 5], 6])
  assert.deepEqual(await found('mapping', { after: 6 }), [[], 6])
  const lines = await Array.fromAsync(store.audit.export({ text: 'jürgen' }))
  assert.deepEqual([lines.length, JSON.parse(lines[0] ?? '').sequence], [1, 6])
})

test('one page of a search looks at so much and no more, and says where to go on', async (t) => {
  const { store } = temporaryStore(t)
  store.write(() => {
    for (let count = 0; count < 20_100; count++) store.audit.append({ action: count === 0 ? 'a.needle' : 'a.hay', target: null }, CLI)
  })
  const first = await store.audit.search({ before: 1e9, text: 'needle' })
  assert.deepEqual(first, { entries: [], next: 101 })
  const second = await store.audit.search({ before: 101, text: 'needle' })
  assert.deepEqual([second.entries.map(({ sequence }) => sequence), second.next], [[1], null])
})

test('SQL that would edit, remove or replace an entry, or add one that does not follow, is refused', (t) => {
  const { store, file } = filled(t)
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  const entry = database.prepare('SELECT * FROM audit WHERE sequence = 5').get()
  for (const sql of [
    "UPDATE audit SET body = '{}'",
    'UPDATE audit SET sequence = 9 WHERE sequence = 5',
    'DELETE FROM audit',
    `REPLACE INTO audit (sequence, body, hash) VALUES (5, '${entry?.body}', '${entry?.hash}')`,
    `INSERT INTO audit (sequence, body, hash) VALUES (7, '{"sequence":7}', '${'0'.repeat(64)}')`,
    `INSERT INTO audit (sequence, body, hash) VALUES (6, '{"sequence":6,"previous":"x"}', '${'0'.repeat(64)}')`,
  ]) {
    assert.throws(() => database.exec(sql), /the audit log is append-only/, sql)
  }
  assert.equal(store.audit.head().sequence, 5)
})

test('verify accepts what was written, also beyond a page', async (t) => {
  const { store } = filled(t)
  store.write(() => {
    for (let count = 0; count < 2100; count++) store.audit.append({ action: 'config.reload', target: null }, CLI)
  })
  assert.deepEqual(await store.audit.verify(), { ok: true, entries: 2105, head: store.audit.head().hash })
})

test('verify names the first entry that was changed, removed, or moved', async (t) => {
  const cases: readonly (readonly [number, RegExp, string])[] = [
    [3, /it was changed/, 'UPDATE audit SET body = replace(body, \'"index":2\', \'"index":7\') WHERE sequence = 3'],
    [2, /it was changed/, `UPDATE audit SET hash = '${'0'.repeat(64)}' WHERE sequence = 2`],
    [2, /entry 2 is missing: 3 stands/, 'DELETE FROM audit WHERE sequence = 2'],
    [1, /entry 1 is missing/, 'DELETE FROM audit WHERE sequence = 1'],
    [4, /not canonical/, "UPDATE audit SET body = replace(body, ',', ' ,') WHERE sequence = 4"],
  ]
  for (const [sequence, problem, sql] of cases) {
    const { store, file } = filled(t)
    tamper(file, sql)
    const verdict = await store.audit.verify()
    assert.ok(!verdict.ok, sql)
    assert.equal(verdict.sequence, sequence, sql)
    assert.match(verdict.problem, problem, sql)
  }
})

test('an entry that is no JSON any more is named too, by reading and by checking', async (t) => {
  const { store, file } = filled(t)
  store.close()
  const bytes = readFileSync(file)
  const at = bytes.indexOf('{"action":"mapping.refused"')
  assert.ok(at > 0)
  bytes.write('x', at)
  writeFileSync(file, bytes)
  const again = openStore(file)
  t.after(() => again.close())
  assert.deepEqual(await again.audit.verify(), { ok: false, sequence: 3, problem: 'it is not canonical JSON' })
  await assert.rejects(again.check(), (error: Error & { code?: string }) => error.code === 'store_corrupt')
})

test('an entry that was replaced with a hash of its own breaks at the next one', async (t) => {
  const { store, file } = filled(t)
  const [, second] = store.audit.read()
  const { hash, ...body } = { ...second, details: { index: 99 } }
  const text = canonicalJson(body as unknown as Json)
  assert.notEqual(hash, undefined)
  tamper(file, `UPDATE audit SET body = '${text}', hash = '${createHash('sha256').update(text).digest('hex')}' WHERE sequence = 2`)
  const verdict = await store.audit.verify()
  assert.deepEqual([verdict.ok, 'sequence' in verdict && verdict.sequence], [false, 3])
})

test('a tail that was cut off is noticed against a head written down before', async (t) => {
  const made = filled(t)
  const { store, file } = made
  const anchors = store.audit.read().map((entry) => entry.hash)
  for (const expectedHead of [GENESIS, ...anchors, anchors[4]?.toUpperCase() ?? ''])
    assert.equal((await store.audit.verify({ expectedHead })).ok, true)
  const lines = await exported(made)
  tamper(file, 'DELETE FROM audit WHERE sequence > 3')
  assert.equal((await store.audit.verify()).ok, true)
  assert.equal((await store.audit.verify({ expectedHead: anchors[2] ?? '' })).ok, true)
  const verdict = await store.audit.verify({ expectedHead: anchors[4] ?? '' })
  assert.deepEqual([verdict.ok, 'sequence' in verdict && verdict.sequence], [false, 4])
  assert.match('problem' in verdict ? verdict.problem : '', /cut off/)
  assert.equal((await verifyExport(lines.slice(0, 3), anchors[4])).ok, false)
})

test('the export is JSON lines that can be verified anywhere, whole or from an entry on', async (t) => {
  const made = filled(t)
  const lines = await exported(made)
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    made.store.audit.read(),
  )
  const head = made.store.audit.head().hash
  assert.deepEqual(await verifyExport(lines, head), { ok: true, entries: 5, head })
  const tail = await exported(made, { after: 3 })
  assert.deepEqual(await verifyExport([...tail, '']), { ok: true, entries: 2, head })
  assert.equal((await exported(made, { filter: { action: 'mapping.*' } })).length, 3)
})

test('an export that was changed is not accepted, in whatever spelling', async (t) => {
  const lines = await exported(filled(t))
  const changed = (index: number, change: (line: string) => string) => lines.map((line, at) => (at === index ? change(line) : line))
  const cases = [
    changed(1, (line) => line.replace('"index":1', '"index":2')),
    changed(1, (line) => line.replace('{"action"', '{"action":"mapping.edit","action"')),
    changed(1, (line) => line.replace(':', ': ')),
    changed(1, () => 'no JSON'),
    changed(1, () => '{}'),
    lines.toSpliced(1, 1),
  ]
  for (const [index, broken] of cases.entries()) {
    const verdict = await verifyExport(broken)
    assert.deepEqual([verdict.ok, 'sequence' in verdict && verdict.sequence], [false, 2], `case ${index}`)
  }
})

test('an export ends with what was newest when it began', async (t) => {
  const { store } = filled(t)
  const reading = store.audit.export()
  const seen = [(await reading.next()).value]
  store.audit.append({ action: 'config.reload', target: null }, CLI)
  for await (const line of reading) seen.push(line)
  assert.equal(seen.length, 5)
})

test('a detail that JSON cannot hold is not recorded as something else', (t) => {
  const { store, clock } = filled(t)
  clock.now += DAY
  assert.throws(() => store.audit.append({ action: 'x.y', target: null, details: { at: new Date() as unknown as Json } }, CLI), TypeError)
  assert.equal(store.audit.head().sequence, 5)
})

test('which user of the machine was told is part of the entry: hashed, found and exported; absent where nobody told', async (t) => {
  const { store } = temporaryStore(t)
  const event = { action: 'token.create', target: null }
  store.audit.append(event, CLI)
  const { actor } = store.audit.append(event, { ...CLI, osUser: 'root (sudo by alice)' })
  assert.deepEqual(actor, { name: 'cli', fingerprint: null, remote: null, os_user: 'root (sudo by alice)' })
  const entries = store.audit.read()
  assert.deepEqual(
    entries.map((entry) => entry.actor.os_user),
    [undefined, 'root (sudo by alice)'],
  )
  assert.ok(!('os_user' in (entries[0]?.actor ?? {})))
  const found = await store.audit.search({ text: 'alice' })
  assert.deepEqual(
    found.entries.map(({ sequence }) => sequence),
    [2],
  )
  assert.equal((await store.audit.verify()).ok, true)
  assert.equal((await verifyExport(store.audit.export())).ok, true)
})
