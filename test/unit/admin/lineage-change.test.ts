import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { NewEntry } from '../../../src/store/types.ts'
import { administration } from '../../support/administration.ts'
import { CLI, newEntry } from '../../support/registry-store.ts'

const ROOT = '/api/v1/certificates'
const DAY = 86_400_000
const KEY = 'ab'.repeat(32)

/** Somebody who renewed `count` times; `next` says what the next one is like. */
function renewed(t: TestContext, count: number, next: (first: string, before: string) => Partial<NewEntry>) {
  const gate = administration(t)
  const { store } = gate
  const add = (more: Partial<NewEntry>) => {
    const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + 365 * DAY }
    return store.registry.add([newEntry({ name: 'mal', ...times, ...more })], CLI)[0]?.fingerprint as string
  }
  store.write(() => {
    const first = add({ pin: KEY })
    let before = first
    for (let made = 1; made < count; made++) before = add({ origin: 'renewed', predecessor: first, ...next(first, before) })
  })
  return { ...gate, add }
}

/** The longest that nobody else got a turn, in milliseconds, and how often they did. */
function turns() {
  let [last, longest, count] = [performance.now(), 0, 0]
  let going = true
  const look = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    count++
    if (going) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    going = false
    return { longest, count }
  }
}

for (const [what, next] of [
  ['of one key, each renewing the one before', (_: string, before: string) => ({ pin: KEY, predecessor: before })],
  ['of as many keys, all renewing the first', (first: string) => ({ predecessor: first })],
] as const) {
  test(`three thousand certificates ${what} are disabled and revoked while others are answered`, async (t) => {
    const { json, store, published } = renewed(t, 3_000, next)
    for (const [action, state] of [
      ['disable', 'disabled'],
      ['revoke', 'revoked'],
    ] as const) {
      published.count = 0
      const begun = performance.now()
      const told = turns()
      const answer = await json(200, `POST ${ROOT}/mal/${action}`)
      const { longest, count } = told()
      const took = performance.now() - begun
      t.diagnostic(`${action}: ${Math.round(took)} ms, ${count} turns, ${Math.round(longest)} ms at most`)
      assert.equal((answer.others as unknown[]).length, 2_999)
      assert.equal(store.registry.countByState().get(state), 3_000)
      assert.ok(took < 60_000, `${took} ms`)
      assert.ok(count > 9 && published.count > 9, `${count} turns, published ${published.count} times`)
    }
  })
}

test('a certificate that is renewed while thousands before it are revoked is revoked too', async (t) => {
  const { json, store, add } = renewed(t, 600, (first) => ({ predecessor: first }))
  // The newest are revoked first.
  const oldest = store.registry.byName('mal')[0]?.fingerprint as string
  const revoked = json(200, `POST ${ROOT}/mal/revoke`)
  const late = add({ origin: 'renewed', predecessor: oldest })
  assert.equal(store.registry.get(late)?.revoked, null)
  await revoked
  assert.notEqual(store.registry.get(late)?.revoked, null)
})

test('nobody of thousands is revoked by somebody who may not do it to all', async (t) => {
  const { ask, someone, store, add } = renewed(t, 600, () => ({ pin: KEY }))
  add({ name: 'boss', clearance: 'ClusterAdmin', pin: KEY })
  const operator = await someone('op', 'Operator')
  const answer = await ask(`POST ${ROOT}/mal/revoke`, { caller: operator })
  assert.equal(answer.status, 403)
  assert.equal(store.registry.countByState().get('revoked'), 0)
})

test('whoever takes themselves out of force with thousands of others takes all of them', async (t) => {
  const { json, someone, store } = renewed(t, 600, (first) => ({ predecessor: first }))
  await someone('boss', 'ClusterAdmin')
  // The newest, and so among the first: what it may do is over before the last.
  const mal = await someone('mal', 'ClusterAdmin')
  const { others } = await json(200, `POST ${ROOT}/mal/revoke?all=true`, { caller: mal })
  assert.equal((others as unknown[]).length, 600)
  assert.equal(store.registry.countByState().get('revoked'), 601)
})
