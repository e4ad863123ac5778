import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { AuthorityService } from '../../../../src/admin/authority-service.ts'
import type { InForce } from '../../../../src/admin/context.ts'
import { AdminProblem, problemOf } from '../../../../src/admin/problem.ts'
import type { ApiRequest, ApiResponse } from '../../../../src/admin/types.ts'
import { authorityHandler } from '../../../../src/admin/v1/authority.ts'
import { createAuthority } from '../../../../src/certificates/authority.ts'
import { authorityBelow, loadOwnRoot } from '../../../../src/certificates/authority-below.ts'
import { issuerKeyId } from '../../../../src/certificates/issuer.ts'
import { encryptedKeyPem } from '../../../../src/certificates/key.ts'
import { writePfx } from '../../../../src/certificates/pkcs12-write.ts'
import { parseRoleMapping } from '../../../../src/config/roles-mapping.ts'
import type { AuthoritySettings, CertificateSource } from '../../../../src/config/settings.ts'
import type { Clearance } from '../../../../src/identity/types.ts'
import { LOCAL_OPERATOR } from '../../../../src/policy/granting.ts'
import { authorityNode } from '../../../../src/tls/authority-node.ts'
import { readRevocationLists } from '../../../../src/tls/crl.ts'
import { createAuthority as foreignAuthority } from '../../../support/authority.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../../support/registry-store.ts'

type Lifetime = Parameters<typeof temporaryStore>[0]

async function setting(t: Lifetime, source?: (folder: string) => AuthoritySettings['source']) {
  const { store, clock, folder } = temporaryStore(t)
  const made = await createAuthority({ days: 3650, now: START })
  for (const [name, content] of [
    ['ca.crt', made.rootCertificate],
    ['ca.key', made.rootKey],
    ['issuing.crt', made.issuingCertificate],
    ['issuing.key', made.issuingKey],
  ] as const)
    writeFileSync(join(folder, name), content)
  const settings: AuthoritySettings = {
    source: source?.(folder) ?? { kind: 'folder', folder },
    url: null,
    crlLifetime: 7 * DAY,
    crlFolder: join(folder, 'crl'),
  }
  const root = authorityNode(new X509Certificate(made.rootCertificate))
  const entries = `bound: { users: [a], issuers: ['${root.key}'] }\nnamed: { users: [a], issuers: ['${root.facts.dn}'] }\nopen: { users: [a] }`
  const { mapping } = parseRoleMapping(entries, 'roles_mapping.yml')
  const reloads: number[] = []
  const reload = async () => void reloads.push(clock.now)
  const service = new AuthorityService({ store, reload, now: () => clock.now }, settings)
  const handler = authorityHandler(service, { store, now: () => clock.now, inForce: () => ({ mapping }) as InForce })
  const ask = async (
    method: string,
    path: string,
    body: unknown = '',
    clearance: Clearance = 'ClusterAdmin',
  ): Promise<ApiResponse | AdminProblem> => {
    const [plain = '', query = ''] = path.split('?')
    const request: ApiRequest = {
      method,
      path: plain,
      query: new URLSearchParams(query),
      headers: new Map(),
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      caller: { rights: { ...LOCAL_OPERATOR, clearance }, actor: CLI, via: 'socket', identity: null, peer: null },
    }
    try {
      return (await handler(request)) ?? assert.fail('not its path')
    } catch (error) {
      return problemOf(error) ?? Promise.reject(error)
    }
  }
  const json = async (...args: Parameters<typeof ask>) => {
    const answer = await ask(...args)
    if (answer instanceof AdminProblem) throw answer
    return JSON.parse(String(answer.body))
  }
  const status = async (...args: Parameters<typeof ask>) => (await ask(...args)).status
  return { store, clock, made, service, ask, json, status, reloads, folder }
}

const none = { pfx: null, password: null, cert: null, key: null, passphrase: null }

describe('/api/v1/ca', () => {
  it('says what signs, what is trusted, and what is published', async (t) => {
    const { json, made, service } = await setting(t)
    service.publishCrls()
    const keyId = issuerKeyId(made.issuer)
    const { issuing, problem, issuers, roots, rotation } = await json('GET', '/api/v1/ca', '', 'Operator')
    assert.deepEqual([issuing.subject, issuing.key_type, problem, rotation], [made.issuer.facts.dn, 'ec', '', null])
    assert.deepEqual([issuers.length, issuers[0].key_id, issuers[0].signs, issuers[0].crl.revoked], [1, keyId, true, 0])
    assert.equal(issuers[0].crl.this_update, new Date(START).toISOString())
    assert.deepEqual(
      roots.map(({ subject }: { subject: string }) => subject),
      [made.root.facts.dn],
    )
  })

  it('gives the list of an issuer as it is now', async (t) => {
    const { ask, status, store, made } = await setting(t)
    const keyId = issuerKeyId(made.issuer)
    const [entry] = store.registry.add([newEntry({ issuerKeyId: keyId })], CLI)
    store.registry.revoke(entry?.fingerprint ?? '', 'superseded', CLI)
    for (const query of ['', `?issuer=${keyId}`, `?issuer=${keyId.toUpperCase()}`]) {
      const answer = await ask('GET', `/api/v1/ca/crl${query}`)
      assert.ok(!(answer instanceof AdminProblem) && typeof answer.body === 'string')
      assert.deepEqual([...(readRevocationLists(Buffer.from(answer.body), 'list')[0]?.serials ?? [])], [entry?.serial])
    }
    assert.equal(await status('GET', `/api/v1/ca/crl?issuer=${'0'.repeat(64)}`), 404)
    assert.equal(await status('POST', '/api/v1/ca/crl'), 405)
    assert.equal(await status('GET', '/api/v1/ca', '', 'ValidUser'), 403)
  })

  it('rotates, records what it made, and has the new root taken up before it answers', async (t) => {
    const { json, service, store, made, reloads, clock } = await setting(t)
    const answer = await json('POST', '/api/v1/ca/rotate', { overlap_days: 30, key_type: 'ed25519' })
    assert.deepEqual(
      [answer.issuing.key_type, answer.roots.length, answer.issuers.length, answer.cross_certificate],
      ['ed25519', 2, 2, true],
    )
    assert.equal(answer.rotation.overlap_until, new Date(START + 30 * DAY).toISOString())
    assert.equal(reloads.length, 1)
    assert.deepEqual(answer.unbound_roles, [
      { role: 'bound', file: 'roles_mapping.yml', line: 1 },
      { role: 'named', file: 'roles_mapping.yml', line: 2 },
    ])
    assert.equal(answer.issuer.subject, answer.roots[0].subject)
    assert.ok(answer.issuers.every(({ crl }: { crl: object | null }) => crl !== null))
    const issuing = service.authority().issuing ?? assert.fail('nothing signs')
    assert.notEqual(issuing.facts.dn, made.issuer.facts.dn)
    const [audited] = store.audit.read({ filter: { action: 'authority.rotate' } })
    assert.equal(store.issuance.byFingerprint(audited?.target ?? '')?.subjectDn, issuing.facts.dn)
    assert.equal(await json('GET', '/api/v1/ca').then(({ rotation }) => rotation.overlap_until), answer.overlap_until)

    clock.now = START + 30 * DAY
    assert.deepEqual(service.settle(), { changed: true, problem: null })
    assert.equal((await json('GET', '/api/v1/ca')).rotation, null)
    // The old one issued nothing that is still alive.
    assert.equal((await json('GET', '/api/v1/ca')).issuers.length, 1)
  })

  it('answers for an old issuer until the last that it signed has ended', async (t) => {
    const { json, service, store, made, clock } = await setting(t)
    store.registry.add([newEntry({ issuerKeyId: issuerKeyId(made.issuer), notAfter: START + 100 * DAY })], CLI)
    await json('POST', '/api/v1/ca/rotate', { overlap_days: 10 })
    const issuersAt = (now: number) => {
      clock.now = now
      service.settle()
      service.take({ source: { kind: 'folder', folder: join(store.file, '..') }, url: null, crlLifetime: DAY, crlFolder: '/nowhere' })
      return service.authority().issuers.length
    }
    assert.equal(issuersAt(START + 50 * DAY), 2)
    assert.equal(issuersAt(START + 101 * DAY), 2)
    assert.equal(issuersAt(START + 103 * DAY), 1)
  })

  it('is refused to everybody below ClusterAdmin, and says so in the audit log', async (t) => {
    const { status, store, service, made } = await setting(t)
    for (const clearance of ['Operator', 'ValidUser'] as const) assert.equal(await status('POST', '/api/v1/ca/rotate', {}, clearance), 403)
    const audited = store.audit.read({ filter: { action: 'authority.rotate' } })
    assert.deepEqual(
      audited.map(({ outcome }) => outcome),
      ['refused', 'refused'],
    )
    assert.equal(service.authority().issuing?.facts.dn, made.issuer.facts.dn)
  })

  it('changes nothing where it cannot be done', async (t) => {
    const { status, service, made, json } = await setting(t)
    for (const body of [
      { days: -1 },
      { overlap_days: -1 },
      { days: '10' },
      { key_type: 'dsa' },
      { daes: 1 },
      [],
      '{"days":1,"days":2}',
      '{',
    ])
      assert.equal(await status('POST', '/api/v1/ca/rotate', body), 400, JSON.stringify(body))
    // The overlap would be longer than either of them lasts.
    for (const body of [{ overlap_days: 5000 }, { days: 10, overlap_days: 20 }, { days: 100_000 }])
      assert.equal(await status('POST', '/api/v1/ca/rotate', body), 400, JSON.stringify(body))
    assert.equal(service.authority().issuing?.facts.dn, made.issuer.facts.dn)
    const both = await Promise.all([status('POST', '/api/v1/ca/rotate', {}), status('POST', '/api/v1/ca/rotate', {})])
    assert.deepEqual(both.sort(), [201, 409])
    assert.equal(await status('POST', '/api/v1/ca/rotate', {}), 409)
    assert.equal((await json('GET', '/api/v1/ca')).issuers.length, 2)
  })
})

for (const levels of [1, 2])
  it(`a rotation below a CA of the user, ${levels} above, needs to be told that its root goes`, async (t) => {
    const { service, json, ask, folder, clock } = await setting(t)
    const lifetime = { notBefore: new Date(START - DAY), notAfter: new Date(START + 3650 * DAY) }
    const corp = await foreignAuthority('CN=Corp Root', lifetime)
    const above = levels === 1 ? corp : await corp.intermediate('CN=Corp Sub', lifetime)
    const source = { ...none, cert: join(folder, 'corp.crt'), key: join(folder, 'corp.key') }
    writeFileSync(source.cert, above.certificate + (levels === 1 ? '' : corp.certificate))
    writeFileSync(source.key, above.key)
    const made = await authorityBelow(loadOwnRoot(source, { now: START }), { days: 3000, now: START })
    rmSync(join(folder, 'ca.key'))
    for (const [name, content] of [
      ['ca.crt', made.rootCertificate],
      ['issuing.crt', made.issuingCertificate],
      ['issuing.key', made.issuingKey],
    ] as const)
      writeFileSync(join(folder, name), content)
    service.take({ source: { kind: 'folder', folder }, url: null, crlLifetime: DAY, crlFolder: join(folder, 'crl') })
    const [root] = (await json('GET', '/api/v1/ca')).roots
    assert.deepEqual([root.subject, root.ends_by_rotation, root.own], ['CN=Corp Root', true, true])
    const refused = await ask('POST', '/api/v1/ca/rotate', {})
    assert.ok(refused instanceof AdminProblem)
    assert.match(refused.message, /^CN=Corp Root is a CA of your own/)
    assert.deepEqual(service.loaded.remarks, [])
    const rotated = await json('POST', '/api/v1/ca/rotate', { new_root: true, overlap_days: 10 })
    assert.deepEqual(
      rotated.roots.map(({ own }: { own: boolean }) => own),
      [false, true],
    )
    clock.now = START + 10 * DAY
    assert.equal(service.settle().changed, true)
    assert.equal((await json('GET', '/api/v1/ca')).roots.length, 1)
  })

describe('a CA of the user', () => {
  it('signs with an encrypted key, and is not ours to rotate', async (t) => {
    const { service, made, folder, status } = await setting(t, (folder) => ({
      kind: 'own',
      certificate: { ...none, cert: join(folder, 'own.crt'), key: join(folder, 'own.key'), passphrase: 'secret' },
    }))
    assert.match(service.authority().problem, /cannot read .*own\.crt/)
    writeFileSync(join(folder, 'own.crt'), made.issuingCertificate + made.rootCertificate)
    writeFileSync(join(folder, 'own.key'), encryptedKeyPem(made.issuer.key, 'secret'))
    const certificate = { ...none, cert: join(folder, 'own.crt'), key: join(folder, 'own.key'), passphrase: 'secret' }
    const take = (given: CertificateSource) =>
      service.take({
        source: { kind: 'own', certificate: given },
        url: 'http://pki.example',
        crlLifetime: DAY,
        crlFolder: join(folder, 'crl'),
      }).authority
    const loaded = take(certificate)
    assert.deepEqual([loaded.problem, loaded.issuing?.facts.dn, loaded.roots], ['', made.issuer.facts.dn, [made.rootCertificate]])
    assert.equal(loaded.issuing?.publication.ocsp, 'http://pki.example/ocsp')
    assert.equal(service.publishCrls().signed.length, 1)
    assert.equal(await status('POST', '/api/v1/ca/rotate', {}), 409)
    assert.match(take({ ...certificate, passphrase: 'wrong' }).problem, /passphrase does not open/)

    const pfx = writePfx({ certificate: made.issuingCertificate + made.rootCertificate, key: made.issuingKey }, 'secret', 'own')
    writeFileSync(join(folder, 'own.pfx'), pfx)
    assert.equal(take({ ...none, pfx: join(folder, 'own.pfx'), password: 'secret' }).issuing?.facts.dn, made.issuer.facts.dn)
  })
})
