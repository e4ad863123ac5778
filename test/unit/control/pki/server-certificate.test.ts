import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createAuthority } from '../../../../src/certificates/authority.ts'
import type { LoadedAuthority } from '../../../../src/certificates/authority-folder.ts'
import { issueClient, issueServer } from '../../../../src/certificates/issue.ts'
import type { Issuer } from '../../../../src/certificates/issuer.ts'
import { readPfx } from '../../../../src/certificates/pkcs12-read.ts'
import { rotateAuthority } from '../../../../src/certificates/rotation.ts'
import type { ListenerSettings } from '../../../../src/config/settings.ts'
import {
  adopt,
  type OwnServerCertificate,
  ownServerCertificates,
  planRenewal,
  reissue,
  renew,
  renewalDue,
  replacementSteps,
} from '../../../../src/control/pki/server-certificate.ts'
import { loadKeyPair } from '../../../../src/tls/key-pair.ts'
import { temporaryFolder } from '../../../support/authority.ts'
import { START, temporaryStore } from '../../../support/registry-store.ts'

const DAY = 86_400_000
const NOW = START
type Lifetime = Parameters<typeof temporaryFolder>[0] & object

const loadedOf = (issuing: Issuer, more: Partial<LoadedAuthority> = {}, others: readonly Issuer[] = []): LoadedAuthority => ({
  authority: { issuing, problem: '', issuers: [issuing, ...others], roots: [] },
  absent: false,
  remarks: [],
  overlapUntil: null,
  crossCertificate: null,
  rootSigners: [],
  files: [],
  ...more,
})

async function serverIn(t: Lifetime, given: { readonly together?: boolean; readonly keyType?: 'ec' | 'ed25519' } = {}) {
  const { path: folder } = temporaryFolder(t)
  const authority = await createAuthority({ days: 3650, now: NOW })
  const request = { commonName: 'gate', names: ['gate.example', '10.0.0.1'], days: 30, now: NOW, ...given }
  const issued = await issueServer(authority.issuer, request)
  const cert = join(folder, 'server.crt')
  const key = given.together === true ? cert : join(folder, 'server.key')
  writeFileSync(key, issued.key)
  writeFileSync(cert, given.together === true ? issued.key + issued.certificate : issued.certificate)
  const source = { cert, key, passphrase: null, pfx: null, password: null }
  const listener = { name: 'main', tls: { certificate: source, names: new Map() } } as unknown as ListenerSettings
  const listeners = new Map([['main', listener]])
  const ownOf = (loaded: LoadedAuthority): OwnServerCertificate =>
    ownServerCertificates({ listeners }, loaded)[0] ?? assert.fail('not ours')
  const shownLeaf = () => loadKeyPair(source, readPfx).leaf
  return { folder, authority, issued, source, listeners, ownOf, shownLeaf, cert, key }
}

describe('which certificates are renewed', () => {
  it('are those that an issuer of ours signed, for servers', async (t) => {
    const { authority, listeners, cert, key } = await serverIn(t)
    const other = await createAuthority({ days: 100, now: NOW })
    assert.equal(ownServerCertificates({ listeners }, loadedOf(authority.issuer)).length, 1)
    assert.equal(ownServerCertificates({ listeners }, loadedOf(other.issuer, {}, [authority.issuer])).length, 1)
    assert.deepEqual(ownServerCertificates({ listeners }, loadedOf(other.issuer)), [])
    const client = await issueClient(authority.issuer, { commonName: 'alice', names: ['gate.example'], days: 30, now: NOW })
    writeFileSync(cert, client.certificate)
    writeFileSync(key, client.key)
    assert.deepEqual(ownServerCertificates({ listeners }, loadedOf(authority.issuer)), [])
    writeFileSync(cert, 'nothing')
    assert.deepEqual(ownServerCertificates({ listeners }, loadedOf(authority.issuer)), [])
  })

  it('are due at two thirds of their life, and not before', async (t) => {
    const { authority, ownOf } = await serverIn(t)
    const loaded = loadedOf(authority.issuer)
    const own = ownOf(loaded)
    const due = renewalDue(own.facts)
    assert.ok(Math.abs(due - NOW - 20 * DAY) < DAY)
    assert.equal(planRenewal(own, loaded, due - 1).kind, 'none')
    assert.equal(planRenewal(own, loaded, due).kind, 'issue')
    const nobody = { ...loaded, authority: { ...loaded.authority, issuing: null } }
    assert.equal(planRenewal(own, nobody, due).kind, 'none')
  })

  it('move to a new authority with a cross certificate at once, else when the old root is gone', async (t) => {
    const { authority, ownOf } = await serverIn(t)
    const { next, crossCertificate, overlapUntil } = await rotateAuthority(authority, { days: 3650, overlapDays: 60, now: NOW })
    const plan = (more: Partial<LoadedAuthority>, now = NOW) => {
      const loaded = loadedOf(next.issuer, more, [authority.issuer])
      return planRenewal(ownOf(loaded), loaded, now)
    }
    const crossed = plan({ overlapUntil, crossCertificate })
    assert.ok(crossed.kind === 'issue' && crossed.issuer === next.issuer)
    assert.equal(plan({ overlapUntil }).kind, 'none')
    const aged = plan({ overlapUntil }, NOW + 25 * DAY)
    assert.ok(aged.kind === 'issue' && aged.issuer === authority.issuer, 'clients that know the old root only must go on')
    const over = plan({})
    assert.ok(over.kind === 'issue' && over.issuer === next.issuer)
  })
})

describe('a replacement', () => {
  it('leaves files that fit each other after every single step', async (t) => {
    const { authority, ownOf, shownLeaf, cert, key } = await serverIn(t)
    const { store } = temporaryStore(t)
    const loaded = loadedOf(authority.issuer)
    const own = ownOf(loaded)
    const issued = await reissue(own, authority.issuer, 'test', store, NOW)
    const [old, young] = [own.pair.leaf.serialNumber, new X509Certificate(issued.der).serialNumber]
    const seen = [shownLeaf().serialNumber]
    for (const step of replacementSteps(own, issued, authority.issuer.chain)) {
      step()
      seen.push(shownLeaf().serialNumber)
    }
    assert.deepEqual(seen, [old, old, young, young])
    assert.equal(readFileSync(cert, 'utf8'), issued.certificate)
    assert.equal(readFileSync(key, 'utf8'), issued.key)
  })

  it('that was interrupted is finished', async (t) => {
    const { authority, ownOf, shownLeaf, cert } = await serverIn(t)
    const { store } = temporaryStore(t)
    const loaded = loadedOf(authority.issuer)
    const issued = await reissue(ownOf(loaded), authority.issuer, 'test', store, NOW)
    const steps = replacementSteps(ownOf(loaded), issued, authority.issuer.chain)
    for (const step of steps.slice(0, 2)) step()
    assert.equal((await renew(ownOf(loaded), loaded, store, NOW)).kind, 'rewrite')
    assert.equal(shownLeaf().serialNumber, new X509Certificate(issued.der).serialNumber)
    assert.equal(readFileSync(cert, 'utf8'), issued.certificate)
    assert.equal((await renew(ownOf(loaded), loaded, store, NOW)).kind, 'none')
  })

  it('keeps one file where certificate and key share it', async (t) => {
    const { authority, ownOf, shownLeaf } = await serverIn(t, { together: true, keyType: 'ed25519' })
    const { store } = temporaryStore(t)
    const loaded = loadedOf(authority.issuer)
    const before = shownLeaf()
    assert.equal((await renew(ownOf(loaded), loaded, store, NOW + 25 * DAY)).kind, 'issue')
    assert.notEqual(shownLeaf().serialNumber, before.serialNumber)
    assert.equal(shownLeaf().publicKey.asymmetricKeyType, 'ed25519')
    assert.equal((await renew(ownOf(loaded), loaded, store, NOW + 25 * DAY)).kind, 'none')
  })

  it('that cannot be recorded is not made', async (t) => {
    const { authority, ownOf, shownLeaf } = await serverIn(t)
    const { store } = temporaryStore(t)
    const loaded = loadedOf(authority.issuer)
    const own = ownOf(loaded)
    store.close()
    await assert.rejects(renew(own, loaded, store, NOW + 25 * DAY), /database is not open/)
    assert.equal(shownLeaf().serialNumber, own.pair.leaf.serialNumber)
  })

  it('brings the cross certificate first while there is one, and takes it away after', async (t) => {
    const { authority, ownOf, cert } = await serverIn(t)
    const { store } = temporaryStore(t)
    const { next, crossCertificate, overlapUntil } = await rotateAuthority(authority, { days: 3650, overlapDays: 60, now: NOW })
    assert.ok(crossCertificate !== null)
    const during = loadedOf(next.issuer, { overlapUntil, crossCertificate }, [authority.issuer])
    assert.equal((await renew(ownOf(during), during, store, NOW)).kind, 'issue')
    assert.ok(readFileSync(cert, 'utf8').endsWith(crossCertificate + next.issuer.chain))
    assert.equal((await renew(ownOf(during), during, store, NOW)).kind, 'none')
    const after = loadedOf(next.issuer, {}, [authority.issuer])
    assert.equal((await renew(ownOf(after), after, store, NOW)).kind, 'rewrite')
    assert.ok(!readFileSync(cert, 'utf8').includes(crossCertificate))
    assert.equal((await renew(ownOf(after), after, store, NOW)).kind, 'none')
  })

  it('records one that was issued before there was a store, once', async (t) => {
    const { authority, ownOf } = await serverIn(t)
    const { store } = temporaryStore(t)
    const own = ownOf(loadedOf(authority.issuer))
    assert.deepEqual([adopt(own, store), adopt(own, store)], [true, false])
  })
})
