import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TokenGrant } from '../../../src/store/enrolment-tokens.ts'
import { CLI, newEntry, temporaryStore } from '../../support/registry-store.ts'

const GRANT: TokenGrant = { name: 'exporter', clearance: 'ValidUser', permissions: new Map([['movies', 'Read']]), lifetime: 90_000 }
const HOUR = 60 * 60 * 1000

function code(expected: string, message = /./) {
  return (error: Error & { code?: string }) => error.code === expected && message.test(error.message)
}

test('a token tells what it grants, and its secret is nowhere in the file or the log', (t) => {
  const { store, file, clock } = temporaryStore(t)
  const { secret, token } = store.tokens.create(GRANT, HOUR, CLI)
  assert.match(secret, /^cge_[\w-]{43}$/)
  assert.deepEqual(store.tokens.check(secret), token)
  assert.deepEqual({ name: token.name, clearance: token.clearance, permissions: token.permissions, lifetime: token.lifetime }, { ...GRANT })
  assert.equal(token.expiresAt, clock.now + HOUR)
  const bytes = Buffer.concat([file, `${file}-wal`].map((name) => readFileSync(name)))
  assert.equal(bytes.includes(secret.slice(4)), false)
  assert.ok(bytes.includes(token.id))
})

test('it is used once, in the transaction of the issuance', (t) => {
  const { store } = temporaryStore(t)
  const { secret, token } = store.tokens.create(GRANT, HOUR, CLI)
  assert.throws(() => store.tokens.consume(secret, 'ff', CLI), /in the transaction/)
  const issue = () =>
    store.write(() => {
      const [entry] = store.registry.add([newEntry({ name: token.name })], CLI)
      store.tokens.consume(secret, entry?.fingerprint ?? '', CLI)
      return entry?.fingerprint
    })
  const fingerprint = issue()
  assert.deepEqual(store.tokens.list().tokens[0]?.used, { at: store.tokens.list().tokens[0]?.createdAt, by: fingerprint })
  assert.throws(issue, code('token_refused', /used already/))
  assert.equal(store.registry.list().total, 1)
  assert.throws(() => store.tokens.check(secret), code('token_refused', /used already/))
})

test('an issuance that fails leaves the token as it was', (t) => {
  const { store } = temporaryStore(t)
  const { secret, token } = store.tokens.create(GRANT, HOUR, CLI)
  const head = store.audit.head()
  assert.throws(
    () =>
      store.write(() => {
        store.tokens.consume(secret, 'ff', CLI)
        store.registry.add([newEntry({ pin: 'bad' })], CLI)
      }),
    /CHECK constraint failed: length\(pin\)/,
  )
  assert.deepEqual(store.tokens.check(secret), token)
  assert.deepEqual(store.audit.head(), head)
})

test('an expired, a removed and an unknown token are refused', (t) => {
  const { store, clock } = temporaryStore(t)
  const [first, second] = [store.tokens.create(GRANT, HOUR, CLI), store.tokens.create(GRANT, HOUR, CLI)]
  store.tokens.remove(second.token.id, CLI)
  assert.throws(() => store.tokens.check(second.secret), code('token_refused', /unknown/))
  assert.throws(() => store.tokens.remove(second.token.id, CLI), code('entry_unknown'))
  clock.now += HOUR
  store.tokens.check(first.secret)
  clock.now += 1
  assert.throws(() => store.tokens.check(first.secret), code('token_refused', /expired/))
  assert.throws(() => store.tokens.check(''), code('token_refused', /unknown/))
})

test('a used one is not taken back', (t) => {
  const { store } = temporaryStore(t)
  const used = store.tokens.create(GRANT, HOUR, CLI)
  store.write(() => store.tokens.consume(used.secret, 'ff', CLI))
  assert.throws(() => store.tokens.remove(used.token.id, CLI), code('token_refused', /used already/))
})

test('those that expired thirty days ago go when the next one is made, used or not, and the audit log says how many', (t) => {
  const { store, clock } = temporaryStore(t)
  const used = store.tokens.create(GRANT, HOUR, CLI)
  store.write(() => store.tokens.consume(used.secret, 'ff', CLI))
  store.tokens.create(GRANT, HOUR, CLI)
  const later = store.tokens.create(GRANT, 2 * HOUR, CLI)
  clock.now += 30 * 24 * HOUR + HOUR
  const before = store.tokens.create(GRANT, HOUR, CLI)
  assert.equal(store.tokens.list().total, 4)
  clock.now += 1
  const after = store.tokens.create(GRANT, HOUR, CLI)
  assert.deepEqual(new Set(store.tokens.list().tokens.map(({ id }) => id)), new Set([later, before, after].map(({ token }) => token.id)))
  const [purge, ...rest] = store.audit.read().filter(({ action }) => action === 'token.purge')
  assert.deepEqual([purge?.actor.name, purge?.details, rest.length], ['certgate', { count: 2 }, 0])
})

test('a token without a time, a name or sound permissions is not made', (t) => {
  const { store } = temporaryStore(t)
  for (const validFor of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => store.tokens.create(GRANT, validFor, CLI), code('token_refused'))
  }
  assert.throws(() => store.tokens.create({ ...GRANT, name: '' }, HOUR, CLI), code('entry_refused'))
  assert.throws(() => store.tokens.create({ ...GRANT, permissions: new Map([['', 'Read']]) }, HOUR, CLI), code('entry_refused'))
  assert.deepEqual(store.tokens.list(), { tokens: [], total: 0 })
})
