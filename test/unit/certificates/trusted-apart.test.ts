import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import * as der from '../../../src/certificates/der-write.ts'
import { type IssuedCertificate, issueClient } from '../../../src/certificates/issue.ts'
import { oid } from '../../../src/certificates/pkcs12-oids.ts'
import { writePfx } from '../../../src/certificates/pkcs12-write.ts'
import { readTrustedApart } from '../../../src/certificates/trusted-apart.ts'

let authority: Authority
let alice: IssuedCertificate
before(async () => {
  authority = await createAuthority({ days: 5 })
  alice = await issueClient(authority.issuer, { commonName: 'alice', days: 1 })
})

const read = async (bytes: Buffer, password: string | null) => {
  const { leaves, authorities } = await readTrustedApart(bytes, password, Date.now())
  return [leaves.map(({ subject }) => subject), authorities.length]
}

/** A PFX whose MAC takes so many rounds of the derivation that is done in JavaScript. */
function slowPfx(rounds: number): Buffer {
  const safe = der.sequence()
  const data = der.sequence(der.objectIdentifier(oid.data), der.context(0, der.octetString(safe)))
  const sha256 = der.sequence(der.objectIdentifier('2.16.840.1.101.3.4.2.1'), der.nothing)
  const digest = der.sequence(sha256, der.octetString(Buffer.alloc(32)))
  const mac = der.sequence(digest, der.octetString(Buffer.alloc(8)), der.integer(rounds))
  return der.sequence(der.integer(3), data, mac)
}

test('PEM, DER and PFX are read as where nobody else is kept waiting', async () => {
  assert.deepEqual(await read(alice.der, null), [['CN=alice'], 0])
  assert.deepEqual(await read(Buffer.from(alice.certificate), null), [['CN=alice'], 1])
  assert.deepEqual(await read(writePfx(alice, 'secret', 'alice'), 'secret'), [['CN=alice'], 1])
  assert.deepEqual(await read(writePfx(alice, 'secret', 'alice', { legacy: true }), 'secret'), [['CN=alice'], 1])
})

test('what is refused is refused in the same words', async () => {
  const refused = (bytes: Buffer, password: string | null, field: string, message: RegExp) =>
    assert.rejects(readTrustedApart(bytes, password, Date.now()), { code: 'issuance_refused', field, message })
  await refused(writePfx(alice, 'secret', 'alice'), 'Secret', 'password', /^the password does not open the PFX file$/)
  await refused(slowPfx(3_000_001), 'x', 'request', /asks for 3000001 rounds of key derivation$/)
  await refused(Buffer.from([0x30, 0x80, 1, 2, 3]), null, 'request', /^the PFX file is not a whole PFX file$/)
  await refused(Buffer.alloc(1024 * 1024 + 1, 0x30), null, 'request', /^the certificate has 1048577 bytes/)
})

test('rounds that take long hold nobody up, and the next file is read after it', async (t) => {
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  t.after(() => clearInterval(turning))
  const slow = assert.rejects(readTrustedApart(slowPfx(600_000), 'x', Date.now()), { field: 'password' })
  const next = read(writePfx(alice, 'secret', 'alice'), 'secret')
  await slow
  assert.ok(turns > 10, `${turns} turns of the event loop`)
  assert.deepEqual(await next, [['CN=alice'], 1])
})
