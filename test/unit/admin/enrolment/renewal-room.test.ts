import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EnrolmentError } from '../../../../src/admin/enrolment/enrolment-error.ts'
import { leafOf } from '../../../../src/certificates/entry-facts.ts'
import type { RegistryEntry } from '../../../../src/store/types.ts'
import type { Peer } from '../../../../src/tls/types.ts'
import { DAY } from '../../../support/registry-store.ts'
import { enrolling, registered, requestOf } from './fixture.ts'

const peerOf = ({ der }: RegistryEntry): Peer => ({
  certificate: leafOf(der).certificate,
  refusal: null,
  detail: '',
  serverName: null,
  resumed: false,
})

const REFUSED = (error: EnrolmentError) => error.reason === 'too_many_renewals' && error.status === 429

/** Somebody who has renewed twenty times, each time the newest. */
async function busy(t: Parameters<typeof enrolling>[0]) {
  const fixture = enrolling(t)
  const { entry, key, actor } = registered(fixture, 'mal')
  const renew = (what: RegistryEntry) => fixture.enrolment.renew(requestOf('mal', key), peerOf(what), '192.0.2.1')
  const made = [entry]
  for (let count = 0; count < 20; count++) made.push(await renew(made.at(-1) as RegistryEntry))
  return { ...fixture, actor, renew, made }
}

test('a lineage has twenty renewals in force, and then one a day, whichever of it asks', async (t) => {
  const { renew, made, clock, store } = await busy(t)
  for (const one of [made[0], made[10], made.at(-1)]) {
    await assert.rejects(renew(one as RegistryEntry), (error: EnrolmentError) => REFUSED(error) && error.retryAfter === 24 * 60 * 60)
  }
  assert.equal(store.registry.byName('mal').length, 21)
  clock.now += DAY
  made.push(await renew(made[0] as RegistryEntry))
  await assert.rejects(renew(made.at(-1) as RegistryEntry), REFUSED)
})

test('what is revoked does not count, and renews nothing', async (t) => {
  const { renew, made, store, actor } = await busy(t)
  const [first, second] = made as [RegistryEntry, RegistryEntry]
  assert.equal(store.registry.liveRenewals(second.fingerprint).count, 20)
  store.registry.revoke(second.fingerprint, 'superseded', actor)
  assert.equal(store.registry.liveRenewals(first.fingerprint).count, 0, 'its key is that of all')
  await assert.rejects(renew(first), (error: EnrolmentError) => error.reason === 'certificate_refused')
})

test('too many renewals are one entry of the audit log and a count, however many are refused', async (t) => {
  const { renew, made, store, clock } = await busy(t)
  const refused = () => store.audit.read({ limit: 1000, filter: { action: 'certificate.enrol' } })
  for (let count = 0; count < 50; count++) await assert.rejects(renew(made[0] as RegistryEntry), REFUSED)
  assert.equal(refused().length, 1)
  clock.now += 60_000
  await assert.rejects(renew(made[0] as RegistryEntry), REFUSED)
  assert.deepEqual(
    refused().map(({ details }) => details.repeated ?? details.reason),
    ['too_many_renewals', 49, 'too_many_renewals'],
  )
})

test('another lineage of the same name is renewed as before', async (t) => {
  const fixture = await busy(t)
  const { entry, key } = registered(fixture, 'mal')
  const renewed = await fixture.enrolment.renew(requestOf('mal', key), peerOf(entry), '192.0.2.2')
  assert.equal(renewed.predecessor, entry.fingerprint)
})
