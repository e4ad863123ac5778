import assert from 'node:assert/strict'
import test from 'node:test'
import { isNewBaseDue, Registry } from '../../../src/tls/registry.ts'
import { emptyBase } from '../../../src/tls/registry-base.ts'
import type { RegistryDelta, TrustRecord } from '../../../src/tls/registry-types.ts'
import { baseOf, change, deltaFor, inventedRecord, randomRecord, registryOf, revokedAt } from '../../support/registry.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const one = inventedRecord(1)
const standing = (registry: Registry, { fingerprint, pin }: TrustRecord) => registry.standing(fingerprint, pin)

/** What the registry must say, from the plain records. */
function expected(records: ReadonlyMap<string, TrustRecord>, { fingerprint, pin }: TrustRecord) {
  const own = records.get(fingerprint)
  const sameKey = [...records.values()].filter((record) => record.pin === pin)
  const revoked = sameKey.some((record) => record.revoked !== null)
  const disabled = sameKey.some((record) => record.disabled)
  return { refusal: revoked ? 'certificate_revoked' : disabled ? 'certificate_disabled' : null, name: own?.name ?? null }
}

function actual(registry: Registry, record: TrustRecord) {
  const { refused, entry } = standing(registry, record)
  return { refusal: refused?.refusal ?? null, name: entry?.name ?? null }
}

test('a base and any changes say what a map says, before and after a new base', async () => {
  for (const [seed, numbers, keys] of [
    [1, 30, 5],
    [2, 200, 200],
    [3, 60, 1],
  ] as const) {
    const random = seededRandom(seed)
    const draw = () => ({ ...randomRecord(random, numbers, keys), name: `name ${random(1_000)}` })
    const records = new Map(Array.from({ length: numbers }, draw).map((record) => [record.fingerprint, record]))
    const registry = new Registry(await baseOf(records.values()))
    for (let round = 0; round < 60; round++) {
      const changes = Array.from({ length: random(4) }, () => (random(3) === 0 ? draw().fingerprint : draw()))
      for (const step of changes) {
        if (typeof step === 'string') records.delete(step)
        else records.set(step.fingerprint, step)
      }
      if (changes.length > 0) change(registry, ...changes)
      if (round % 20 === 19) registry.rebase(await baseOf(records.values(), registry.version))
      for (let number = 0; number < numbers + 5; number++) {
        const asked = inventedRecord(number, {}, number % keys)
        assert.deepEqual(actual(registry, asked), expected(records, asked), `seed ${seed}, round ${round}, number ${number}`)
        const sameKey = [...records.values()].filter(({ pin }) => pin === asked.pin)
        assert.deepEqual([...registry.withPin(asked.pin)].map(({ name }) => name).sort(), sameKey.map(({ name }) => name).sort())
      }
    }
  }
})

test('a refusal says what stands against whom', async () => {
  const other = inventedRecord(2, { name: 'alice "a"' }, 1)
  const details: readonly (readonly [Partial<TrustRecord>, Partial<TrustRecord>, string])[] = [
    [{ disabled: true }, {}, 'it is registered as "name 1" and disabled'],
    [revokedAt(0), {}, 'it is registered as "name 1" and was revoked 1970-01-01T00:00:00.000Z (keyCompromise)'],
    [{}, { disabled: true }, `its key is that of the registered certificate "alice \\"a\\"" (${other.fingerprint}), which is disabled`],
    [
      { disabled: true },
      revokedAt(0),
      `its key is that of the registered certificate "alice \\"a\\"" (${other.fingerprint}), which was revoked 1970-01-01T00:00:00.000Z (keyCompromise)`,
    ],
  ]
  for (const [own, others, detail] of details) {
    const registry = await registryOf({ ...one, ...own }, { ...other, ...others })
    assert.equal(standing(registry, one).refused?.detail, detail)
  }
})

test('a key is refused for every certificate that has it, registered or not', async () => {
  const registry = await registryOf({ ...one, ...revokedAt() })
  const stranger = inventedRecord(99, {}, 1)
  assert.deepEqual(actual(registry, stranger), { refusal: 'certificate_revoked', name: null })
  change(registry, one)
  assert.deepEqual(actual(registry, stranger), { refusal: null, name: null })
  change(registry, { ...one, disabled: true })
  assert.equal(actual(registry, stranger).refusal, 'certificate_disabled')
  change(registry, one.fingerprint)
  assert.equal(actual(registry, stranger).refusal, null)
})

test('a delta tells which keys it is about', async () => {
  const registry = await registryOf(one, inventedRecord(2))
  const pins = change(
    registry,
    { ...one, disabled: true },
    inventedRecord(2).fingerprint,
    inventedRecord(3),
    inventedRecord(77).fingerprint,
  )
  assert.deepEqual([...pins].sort(), [one.pin, inventedRecord(2).pin, inventedRecord(3).pin].sort())
})

test('deltas are taken up in order; what is missing is a gap and changes nothing', async () => {
  const registry = await registryOf(one)
  const first = deltaFor(registry, { ...one, disabled: true })
  const second: RegistryDelta = {
    ...first,
    follows: 2,
    version: 3,
    changes: [{ kind: 'put', version: 3, record: { ...one, ...revokedAt() } }],
  }
  assert.deepEqual(registry.apply(second), { kind: 'gap' })
  assert.deepEqual([registry.version, registry.changes, actual(registry, one).refusal], [1, 0, null])
  assert.deepEqual(registry.apply({ ...first, epoch: 'other' }), { kind: 'gap' })
  assert.equal(registry.apply(first).kind, 'applied')
  assert.deepEqual(registry.apply(first), { kind: 'known' })
  assert.equal(registry.apply(second).kind, 'applied')
  assert.deepEqual([registry.version, registry.changes, actual(registry, one).refusal], [3, 1, 'certificate_revoked'])
})

test('a delta that begins earlier is taken up from where the registry is', async () => {
  const registry = await registryOf(one)
  change(registry, { ...one, disabled: true })
  const wide: RegistryDelta = {
    epoch: 'e1',
    follows: 0,
    version: 4,
    changes: [
      { kind: 'remove', version: 2, fingerprint: one.fingerprint },
      { kind: 'put', version: 4, record: inventedRecord(2) },
    ],
  }
  assert.equal(registry.apply(wide).kind, 'applied')
  assert.deepEqual(actual(registry, one), { refusal: 'certificate_disabled', name: 'name 1' })
  assert.equal(actual(registry, inventedRecord(2)).name, 'name 2')
})

test('a delta without changes still counts', async () => {
  const registry = await registryOf(one)
  assert.equal(registry.apply({ epoch: 'e1', follows: 1, version: 9, changes: [] }).kind, 'applied')
  assert.equal(registry.version, 9)
})

test('a new base forgets nothing that was learned while it was made', async () => {
  const registry = await registryOf(one, inventedRecord(2))
  change(registry, { ...one, disabled: true })
  const base = await baseOf([{ ...one, disabled: true }, inventedRecord(2)], registry.version)
  change(registry, { ...inventedRecord(2), ...revokedAt() })
  registry.rebase(base)
  assert.deepEqual([registry.version, registry.changes], [3, 1])
  assert.equal(actual(registry, one).refusal, 'certificate_disabled')
  assert.equal(actual(registry, inventedRecord(2)).refusal, 'certificate_revoked')
})

test('a new base closes a gap', async () => {
  const registry = await registryOf(one)
  registry.rebase(await baseOf([], 5))
  assert.deepEqual([registry.version, actual(registry, one).name], [5, null])
  assert.deepEqual(registry.apply({ epoch: 'e1', follows: 1, version: 4, changes: [] }), { kind: 'known' })
  assert.equal(registry.apply({ epoch: 'e1', follows: 5, version: 6, changes: [] }).kind, 'applied')
})

test('a base that is older than the one held is refused, and the old one stays', async () => {
  const registry = new Registry(await baseOf([{ ...one, disabled: true }], 5))
  const older = await baseOf([one], 4)
  assert.throws(() => registry.rebase(older), { name: 'RegistryBaseError', message: /version 4 cannot replace one of version 5/ })
  assert.deepEqual([registry.version, actual(registry, one).refusal], [5, 'certificate_disabled'])
})

test('a restored registry replaces everything, whatever its version', async () => {
  const registry = new Registry(await baseOf([{ ...one, disabled: true }], 5))
  change(registry, { ...one, ...revokedAt() })
  registry.rebase(await baseOf([one], 2, 'e2'))
  assert.deepEqual([registry.epoch, registry.version, registry.changes, actual(registry, one).refusal], ['e2', 2, 0, null])
})

test('a state says which certificates it no longer speaks for', async () => {
  const registry = await registryOf(one, inventedRecord(2))
  const { mark } = registry
  assert.equal(registry.hasChanged(mark, one.pin), false)
  change(registry, { ...one, disabled: true })
  assert.deepEqual([registry.hasChanged(mark, one.pin), registry.hasChanged(mark, inventedRecord(2).pin)], [true, false])
  const later = registry.mark
  assert.equal(registry.hasChanged(later, one.pin), false)
  change(registry, inventedRecord(3))
  assert.deepEqual([registry.hasChanged(later, one.pin), registry.hasChanged(later, inventedRecord(3).pin)], [false, true])
  registry.rebase(await baseOf([one], registry.version))
  assert.equal(registry.hasChanged(later, inventedRecord(2).pin), true)
})

test('an empty registry knows nobody', () => {
  assert.deepEqual(standing(new Registry(emptyBase()), one), { refused: null, entry: null })
})

test('a new base is due at a sixty-fourth of the old one, and not before a thousand changes', () => {
  assert.deepEqual([isNewBaseDue(0, 999), isNewBaseDue(0, 1_000)], [false, true])
  assert.deepEqual([isNewBaseDue(1_000_000, 15_624), isNewBaseDue(1_000_000, 15_625)], [false, true])
})
