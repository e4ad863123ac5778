/** An authority folder: read whatever state it is in, rotated whole or not at all. */
import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { readAuthority } from '../../../src/certificates/authority-folder.ts'
import { rotateFolder, settleFolder } from '../../../src/certificates/authority-rotation.ts'
import { IssuanceError } from '../../../src/certificates/issuance-error.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { issuerKeyId } from '../../../src/certificates/issuer.ts'
import { verifiesUnder } from '../../../src/certificates/rotation.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { unprivileged } from '../../support/unprivileged.ts'

const DAY = 86_400_000
const NOW = Date.now()
const REQUEST = { days: 3650, overlapDays: 30, now: NOW }

type Lifetime = Parameters<typeof temporaryFolder>[0]

/** As `init` makes it. */
async function authorityIn(t: Lifetime) {
  const { path } = temporaryFolder(t)
  const made = await createAuthority({ days: 3650, now: NOW })
  writeFileSync(join(path, 'ca.crt'), made.rootCertificate)
  writeFileSync(join(path, 'ca.key'), made.rootKey)
  writeFileSync(join(path, 'issuing.crt'), made.issuingCertificate)
  writeFileSync(join(path, 'issuing.key'), made.issuingKey)
  return { folder: path, made }
}

const read = (folder: string, now = NOW, url: string | null = null) => readAuthority({ kind: 'folder', folder }, { url, now })
const nothing = () => {}
const roots = (folder: string) => readFileSync(join(folder, 'ca.crt'), 'utf8')
const count = (pem: string) => pem.split('BEGIN CERTIFICATE').length - 1

describe('an authority folder', () => {
  it('signs with its issuing CA, also where the root is kept elsewhere, and says where to ask about what it signs', async (t) => {
    const { folder, made } = await authorityIn(t)
    rmSync(join(folder, 'ca.key'))
    const { authority, absent, remarks, overlapUntil } = read(folder, NOW, 'http://pki.example')
    const [issuing] = authority.issuers
    assert.ok(issuing !== undefined && issuing === authority.issuing)
    assert.deepEqual([absent, remarks, overlapUntil, authority.problem], [false, [], null, ''])
    const keyId = issuerKeyId(issuing)
    assert.equal(keyId, issuerKeyId(made.issuer))
    assert.equal(issuing.publication.crl, `http://pki.example/crl/${keyId}.crl`)
    const { certificate } = await issueClient(issuing, { commonName: 'alice', days: 1 })
    assert.ok(verifiesUnder(certificate, authority.roots, Date.now()))
  })

  it('says that there is none, and what is wrong with one, and never throws', async (t) => {
    const { folder } = await authorityIn(t)
    const elsewhere = join(folder, 'absent')
    assert.deepEqual([read(elsewhere).absent, read(elsewhere).authority.issuing], [true, null])
    writeFileSync(join(folder, 'issuing.key'), readFileSync(join(folder, 'ca.key')))
    const mismatched = read(folder)
    assert.deepEqual([mismatched.absent, mismatched.authority.issuing], [false, null])
    assert.match(mismatched.authority.problem, /does not fit the certificate/)
    writeFileSync(join(folder, 'ca.crt'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    assert.equal(read(folder).authority.issuing, null)
  })

  it('is not taken for absent where it may not be looked into', async (t) => {
    const { folder } = await authorityIn(t)
    const { absent, authority } = await unprivileged(folder, () => {
      chmodSync(folder, 0)
      try {
        return read(folder)
      } finally {
        chmodSync(folder, 0o700)
      }
    })
    assert.deepEqual([absent, authority.issuing], [false, null])
    assert.match(authority.problem, /permission denied/)
  })
})

describe('a rotation', () => {
  it('trusts both roots until the date and then the new one only, and signs with the new one at once', async (t) => {
    const { folder, made } = await authorityIn(t)
    const before = await issueClient(made.issuer, { commonName: 'old', days: 300, now: NOW })
    const rotation = await rotateFolder(folder, REQUEST, nothing)
    const during = read(folder)
    assert.equal(during.authority.issuing?.facts.dn, rotation.next.issuer.facts.dn)
    assert.equal(during.overlapUntil, rotation.overlapUntil)
    assert.deepEqual(during.authority.roots, rotation.trusted)
    assert.deepEqual(during.authority.issuers.map(issuerKeyId), [issuerKeyId(rotation.next.issuer), issuerKeyId(made.issuer)])
    assert.equal(during.crossCertificate, rotation.crossCertificate)
    const after = await issueClient(during.authority.issuing ?? assert.fail(), { commonName: 'new', days: 300, now: NOW })
    for (const { certificate } of [before, after]) assert.ok(verifiesUnder(certificate, [roots(folder)], NOW))

    assert.equal(settleFolder(folder, rotation.overlapUntil - 1), false)
    assert.equal(settleFolder(folder, rotation.overlapUntil), true)
    assert.equal(settleFolder(folder, rotation.overlapUntil), false)
    assert.equal(roots(folder), rotation.next.rootCertificate)
    const later = read(folder, rotation.overlapUntil)
    assert.deepEqual([later.overlapUntil, later.crossCertificate, later.authority.issuers.length], [null, null, 2])
    assert.ok(!verifiesUnder(before.certificate, [roots(folder)], NOW))
    assert.ok(verifiesUnder(after.certificate, [roots(folder)], NOW))
  })

  it('takes the old root up again where the clock that ended its time was ahead', async (t) => {
    const { folder, made } = await authorityIn(t)
    const { overlapUntil, trusted } = await rotateFolder(folder, REQUEST, nothing)
    settleFolder(folder, overlapUntil + 1)
    assert.ok(!roots(folder).includes(made.rootCertificate))
    assert.equal(settleFolder(folder, overlapUntil - 1), true)
    assert.deepEqual(new Set(read(folder).authority.roots), new Set(trusted))
    assert.equal(settleFolder(folder, overlapUntil - 1), false)
    assert.equal(settleFolder(folder, overlapUntil), true)
    assert.equal(settleFolder(folder, overlapUntil), false)
    assert.ok(!roots(folder).includes(made.rootCertificate))
  })

  it('keeps the keys to its owner, and what somebody else put beside the roots', async (t) => {
    const { folder } = await authorityIn(t)
    const foreign = (await createAuthority({ days: 100 })).rootCertificate
    writeFileSync(join(folder, 'ca.crt'), roots(folder) + foreign)
    const { overlapUntil } = await rotateFolder(folder, REQUEST, nothing)
    const name = readdirSync(folder).find((one) => /^[0-9a-f]{16}$/.test(one)) ?? assert.fail('no generation')
    for (const key of ['ca.key', 'issuing.key']) assert.equal(statSync(join(folder, name, key)).mode & 0o777, 0o600)
    assert.equal(count(roots(folder)), 3)
    settleFolder(folder, overlapUntil)
    assert.ok(roots(folder).includes(foreign))
    assert.equal(count(roots(folder)), 2)
  })

  it('that is not recorded did not happen', async (t) => {
    const { folder } = await authorityIn(t)
    const before = roots(folder)
    const full = new Error('the disk is full')
    await assert.rejects(
      rotateFolder(folder, REQUEST, () => {
        throw full
      }),
      full,
    )
    assert.equal(roots(folder), before)
    assert.deepEqual(readdirSync(folder).sort(), ['ca.crt', 'ca.key', 'issuing.crt', 'issuing.key'])
  })

  it('that a crash cut off is taken back, root and all', async (t) => {
    const { folder, made } = await authorityIn(t)
    const other = await createAuthority({ days: 100, now: NOW })
    // What is on disk just before the rename that makes the rotation.
    const pending = join(folder, 'pending-0123456789abcdef')
    mkdirSync(pending)
    writeFileSync(join(pending, 'ca.crt'), other.rootCertificate)
    writeFileSync(join(folder, 'ca.crt'), other.rootCertificate + made.rootCertificate)
    assert.equal(read(folder).authority.issuing?.facts.dn, made.issuer.facts.dn)
    assert.equal(settleFolder(folder, NOW), true)
    assert.equal(roots(folder), made.rootCertificate)
    assert.equal(existsSync(pending), false)
  })

  for (const [what, written] of [
    ['not begun', ''],
    ['half written', '-----BEGIN CERTIFICATE-----\nMIIB'],
    ['no text', '\0\0\0\0'],
  ] as const) {
    it(`rotates, and ends what is over, where a rotation before was broken off while its root was ${what}`, async (t) => {
      const { folder } = await authorityIn(t)
      await rotateFolder(folder, REQUEST, nothing)
      const pending = join(folder, 'pending-0123456789abcdef')
      mkdirSync(pending)
      writeFileSync(join(pending, 'ca.crt'), written)
      assert.equal(settleFolder(folder, NOW + 31 * DAY), true)
      assert.deepEqual([count(roots(folder)), existsSync(pending)], [1, false])
      mkdirSync(pending)
      writeFileSync(join(pending, 'ca.crt'), written)
      await rotateFolder(folder, { ...REQUEST, overlapDays: 0, now: NOW + 32 * DAY }, nothing)
      assert.deepEqual([count(roots(folder)), existsSync(pending)], [1, false])
    })
  }

  it('that a crash cut off after its rename is complete', async (t) => {
    const { folder, made } = await authorityIn(t)
    const { next } = await rotateFolder(folder, REQUEST, nothing)
    // Somebody's editor, or a backup of one file.
    writeFileSync(join(folder, 'ca.crt'), made.rootCertificate)
    assert.equal(settleFolder(folder, NOW), true)
    assert.equal(count(roots(folder)), 2)
    assert.ok(roots(folder).includes(next.rootCertificate))
  })

  it('waits for the end of the one before, and can then follow it', async (t) => {
    const { folder } = await authorityIn(t)
    const first = await rotateFolder(folder, REQUEST, nothing)
    await assert.rejects(rotateFolder(folder, REQUEST, nothing), (error) => error instanceof IssuanceError && error.field === 'authority')
    const now = first.overlapUntil + DAY
    const second = await rotateFolder(folder, { ...REQUEST, now }, nothing)
    const { authority } = read(folder, now)
    assert.equal(authority.issuing?.facts.dn, second.next.issuer.facts.dn)
    assert.equal(authority.issuers.length, 3)
    assert.deepEqual(authority.roots, [second.next.rootCertificate, first.next.rootCertificate])
  })

  it('without an overlap ends all that are older at once, also while another rotation is under way', async (t) => {
    const { folder, made } = await authorityIn(t)
    const first = await rotateFolder(folder, REQUEST, nothing)
    const rotation = await rotateFolder(folder, { ...REQUEST, overlapDays: 0 }, nothing)
    assert.equal(rotation.crossCertificate, null)
    assert.equal(roots(folder), rotation.next.rootCertificate)
    const { authority, overlapUntil, crossCertificate } = read(folder)
    assert.deepEqual([overlapUntil, crossCertificate], [null, null])
    // They answer for what they signed as before.
    assert.deepEqual(
      authority.issuers.map(issuerKeyId),
      [rotation.next, first.next, made].map(({ issuer }) => issuerKeyId(issuer)),
    )
    assert.equal(settleFolder(folder, NOW), false)
    assert.equal(settleFolder(folder, NOW + 10 * DAY), false)
  })

  it('is refused without the root, and goes without a cross certificate where its key is elsewhere', async (t) => {
    const { folder, made } = await authorityIn(t)
    rmSync(join(folder, 'ca.key'))
    writeFileSync(join(folder, 'ca.crt'), (await createAuthority({ days: 10 })).rootCertificate)
    await assert.rejects(rotateFolder(folder, REQUEST, nothing), /is not in .*ca\.crt/)
    writeFileSync(join(folder, 'ca.crt'), made.rootCertificate)
    assert.equal((await rotateFolder(folder, REQUEST, nothing)).crossCertificate, null)
    assert.equal(read(folder).crossCertificate, null)
  })

  it('leaves a folder that says two things to its owner: nothing is signed', async (t) => {
    const { folder } = await authorityIn(t)
    await rotateFolder(folder, REQUEST, nothing)
    const succession = join(folder, readdirSync(folder).find((one) => /^[0-9a-f]{16}$/.test(one)) ?? '', 'generation.json')
    writeFileSync(succession, '{"replaces":"0123456789abcdef","overlap_until":"2030-01-01T00:00:00Z"}')
    assert.match(read(folder).authority.problem, /is damaged/)
    writeFileSync(succession, '{')
    assert.equal(read(folder).authority.issuing, null)
  })

  it('belongs to whom the folder belongs, also where root rotates it', { skip: process.geteuid?.() !== 0 }, async (t) => {
    const { folder } = await authorityIn(t)
    chownSync(folder, 1234, 1235)
    await rotateFolder(folder, REQUEST, nothing)
    const name = readdirSync(folder).find((one) => /^[0-9a-f]{16}$/.test(one)) ?? assert.fail('no generation')
    for (const file of ['', ...readdirSync(join(folder, name))]) assert.equal(statSync(join(folder, name, file)).uid, 1234, file)
  })
})
