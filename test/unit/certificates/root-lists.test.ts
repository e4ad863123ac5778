import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { crlPem, writeCrl } from '../../../src/certificates/crl-write.ts'
import { recordIssuance } from '../../../src/certificates/issuance-record.ts'
import type { Issuer } from '../../../src/certificates/issuer.ts'
import { RootLists } from '../../../src/certificates/root-lists.ts'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { CLI, DAY, START, temporaryStore } from '../../support/registry-store.ts'

async function setting(t: Parameters<typeof temporaryStore>[0]) {
  const { store, clock, folder } = temporaryStore(t)
  const { root, issuer } = await createAuthority({ days: 3650, now: START })
  recordIssuance(store, root, issuer.certificate.raw, CLI)
  const node = authorityNode(root.certificate)
  const lists = join(folder, 'crl')
  mkdirSync(lists)
  const file = join(lists, `${node.key}.crl`)
  const at = { key: root as Issuer | null }
  const publish = (publisher: RootLists) => publisher.publish([{ node, key: () => at.key }], { folder: lists, now: clock.now })
  const made = (by: Issuer, number: bigint) =>
    writeCrl(by, { number, thisUpdate: clock.now, nextUpdate: clock.now + 30 * DAY, revoked: [], previousUpdate: null })
  return { store, clock, root, issuer, node, file, at, publish, made, publisher: new RootLists(store) }
}

test('a list is signed once, good until the end of the root, taken up by the next process, and again when an issuing CA is revoked', async (t) => {
  const { store, clock, root, issuer, node, file, publish, publisher } = await setting(t)
  assert.equal(publish(publisher).signed.length, 1)
  const first = publisher.get(node.key) ?? assert.fail('no list')
  assert.deepEqual([first.thisUpdate, first.nextUpdate, first.revoked], [START, root.facts.notAfter, 0])
  clock.now += 3000 * DAY
  const next = new RootLists(store)
  for (const one of [publisher, next]) assert.deepEqual(publish(one), { signed: [], problems: [] })
  assert.deepEqual(next.get(node.key), first)
  const { fingerprint } = authorityNode(issuer.certificate)
  store.issuance.revoke(fingerprint, 'caCompromise', CLI)
  assert.equal(publish(next).signed[0]?.revoked, 1)
  assert.ok((next.get(node.key)?.number ?? 0) > first.number)
  assert.deepEqual(publish(next).signed, [])
  assert.deepEqual(readFileSync(file), next.get(node.key)?.der)
})

test('without the key of the root there is none until somebody brings one that this root signed, and the later one counts', async (t) => {
  const { clock, root, issuer, node, file, at, publish, made, publisher } = await setting(t)
  at.key = null
  assert.deepEqual([publish(publisher).signed, publisher.all], [[], []])
  for (const unfit of [made(issuer, 7n), Buffer.from('nonsense')]) {
    writeFileSync(file, unfit)
    publish(publisher)
    assert.deepEqual(publisher.all, [])
  }
  const older = made(root, 7n)
  clock.now += DAY
  const later = made(root, 8n)
  writeFileSync(file, crlPem(later))
  publish(publisher)
  assert.deepEqual([publisher.get(node.key)?.number, publisher.get(node.key)?.der], [8, later])
  // What it was is not brought back.
  writeFileSync(file, older)
  publish(publisher)
  assert.deepEqual([publisher.get(node.key)?.number, readFileSync(file)], [8, later])
})
