import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { CrlPublisher } from '../../../src/certificates/crl-publisher.ts'
import { issuerKeyId } from '../../../src/certificates/issuer.ts'
import { readRevocationLists } from '../../../src/tls/crl.ts'
import { CLI, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const HOUR = 3_600_000
const LIFETIME = 24 * HOUR

async function setting(t: Parameters<typeof temporaryStore>[0]) {
  const { store, clock, folder } = temporaryStore(t)
  const { issuer } = await createAuthority({ days: 3650, now: START })
  const keyId = issuerKeyId(issuer)
  const lists = join(folder, 'crl')
  const file = join(lists, `${keyId}.crl`)
  const publish = (publisher: CrlPublisher, lifetime = LIFETIME) => publisher.publish([issuer], { folder: lists, lifetime, now: clock.now })
  const revoke = (notAfter = START + 365 * LIFETIME) => {
    const [entry] = store.registry.add([newEntry({ issuerKeyId: keyId, notAfter })], CLI)
    store.registry.revoke(entry?.fingerprint ?? '', 'superseded', CLI)
    return entry?.serial ?? ''
  }
  const onDisk = () => readRevocationLists(readFileSync(file), file)[0] ?? assert.fail('no list')
  return { store, clock, issuer, keyId, lists, file, publish, revoke, onDisk, publisher: new CrlPublisher(store) }
}

test('a list is signed at first, at each revocation and at half of its life, and not in between', async (t) => {
  const { clock, keyId, publish, publisher, revoke, onDisk, file } = await setting(t)
  assert.equal(publish(publisher).signed.length, 1)
  const first = publisher.get(keyId)
  assert.deepEqual([onDisk().thisUpdate, onDisk().nextUpdate, onDisk().serials.size], [START, START + LIFETIME, 0])
  assert.equal(statSync(file).mode & 0o777, 0o644)
  clock.now += HOUR
  assert.deepEqual(publish(publisher), { signed: [], problems: [] })
  const serial = revoke()
  const [second] = publish(publisher).signed
  assert.deepEqual([...onDisk().serials], [serial])
  assert.ok((second?.number ?? 0) > (first?.number ?? 0))
  clock.now += LIFETIME / 2 - 1
  assert.equal(publish(publisher).signed.length, 0)
  assert.equal(publisher.isDue(clock.now), false)
  clock.now += 1
  assert.equal(publisher.isDue(clock.now), true)
  assert.equal(publish(publisher).signed.length, 1)
})

test('a clock that was set back or forward has the list signed anew, under a higher number', async (t) => {
  const { clock, keyId, publish, publisher } = await setting(t)
  publish(publisher)
  const numbers = [publisher.get(keyId)?.number ?? 0]
  for (const jump of [-30 * LIFETIME, 400 * LIFETIME]) {
    clock.now += jump
    assert.equal(publish(publisher).signed.length, 1)
    numbers.push(publisher.get(keyId)?.number ?? 0)
    assert.equal(publisher.get(keyId)?.thisUpdate, clock.now)
  }
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  )
})

test('an expired certificate stays on one list more, also over a restart', async (t) => {
  const { store, clock, publish, publisher, revoke, onDisk } = await setting(t)
  const serial = revoke(START + HOUR)
  publish(publisher)
  clock.now = START + LIFETIME
  const restarted = new CrlPublisher(store)
  publish(restarted)
  assert.deepEqual([...onDisk().serials], [serial])
  clock.now += LIFETIME
  publish(restarted)
  assert.deepEqual([...onDisk().serials], [])
})

test('another lifetime takes effect at once, and an issuer that is gone is forgotten', async (t) => {
  const { keyId, publish, publisher, lists, clock } = await setting(t)
  publish(publisher)
  publish(publisher, HOUR)
  assert.equal(publisher.get(keyId)?.nextUpdate, START + HOUR)
  publisher.publish([], { folder: lists, lifetime: HOUR, now: clock.now })
  assert.equal(publisher.get(keyId), null)
})

test('what cannot be written is a problem in words, and the list is there all the same', async (t) => {
  const { keyId, lists, publish, publisher } = await setting(t)
  writeFileSync(lists, '')
  const { signed, problems } = publish(publisher)
  assert.equal(signed.length, 1)
  assert.match(problems.join(), /cannot be written to/)
  assert.ok(publisher.get(keyId) !== null)
})

test('a file that could not be written is written as soon as it can, with the list that holds then', async (t) => {
  const { lists, publish, publisher, onDisk, revoke } = await setting(t)
  publish(publisher)
  rmSync(lists, { recursive: true })
  writeFileSync(lists, '')
  const serial = revoke()
  assert.equal(publish(publisher).problems.length, 1)
  assert.deepEqual([publish(publisher).signed, publish(publisher).problems.length], [[], 1])
  rmSync(lists)
  assert.deepEqual(publish(publisher), { signed: [], problems: [] })
  assert.deepEqual([...onDisk().serials], [serial])
  rmSync(lists, { recursive: true })
  publish(publisher)
  assert.equal(existsSync(lists), false, 'what was written is not written again')
})
