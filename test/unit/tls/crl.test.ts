import assert from 'node:assert/strict'
import test from 'node:test'
import { MaterialError } from '../../../src/errors.ts'
import { readRevocationLists } from '../../../src/tls/crl.ts'
import { type CrlOptions, createAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'

const root = await createAuthority('CN=root,O=Acme')

function read(options: CrlOptions = {}) {
  const [list, ...others] = readRevocationLists(root.crlDer(options), 'x.crl')
  assert.ok(list)
  assert.equal(others.length, 0)
  return list
}

test('issuer, dates, serials and key identifier are read', () => {
  const thisUpdate = new Date('2026-01-02T03:04:05Z')
  const nextUpdate = new Date('2051-01-02T03:04:05Z')
  const list = read({ revoked: ['0A', 'FF', '0102030405060708090A0B0C0D0E0F1011121314'], thisUpdate, nextUpdate })
  assert.equal(list.issuerDn, 'CN=root,O=Acme')
  assert.equal(list.thisUpdate, thisUpdate.getTime())
  assert.equal(list.nextUpdate, nextUpdate.getTime())
  assert.deepEqual([...list.serials], ['0A', 'FF', '0102030405060708090A0B0C0D0E0F1011121314'])
  assert.equal(list.authorityKeyId, root.keyId.toString('hex'))
  assert.equal(list.unusable, null)
  assert.deepEqual(list.scope, { covers: 'all', points: null })
  assert.ok(list.signed)
})

test('an empty list, and one without extensions, are lists', () => {
  assert.equal(read().serials.size, 0)
  const bare = read({ authorityKeyId: null })
  assert.equal(bare.authorityKeyId, null)
})

test('PEM and DER, one and several in a file, are read alike', () => {
  const [one, two] = [root.crl({ revoked: ['01'] }), root.crl({ revoked: ['02'] })]
  const serials = (bytes: Buffer) => readRevocationLists(bytes, 'x.crl').map((list) => [...list.serials])
  assert.deepEqual(serials(Buffer.from(`text\n${one}${root.certificate}${two}`)), [['01'], ['02']])
  assert.deepEqual(serials(Buffer.concat([root.crlDer({ revoked: ['01'] }), root.crlDer({ revoked: ['02'] })])), [['01'], ['02']])
})

test('100,000 serials are read in well under two seconds', () => {
  const revoked = Array.from({ length: 100_000 }, (_, index) => (index + 2 ** 40).toString(16).padStart(12, '0'))
  const bytes = root.crlDer({ revoked })
  const began = performance.now()
  const [list] = readRevocationLists(bytes, 'x.crl')
  assert.ok(performance.now() - began < 2_000)
  assert.equal(list?.serials.size, 100_000)
})

test('on a delta list, whom it takes off is not revoked, and it stands for nothing else', () => {
  const extensions = [{ oid: '2.5.29.27', critical: true, value: der.integer(1) }]
  const removed = [{ oid: '2.5.29.21', value: der.tlv(0x0a, Buffer.from([8])) }]
  const list = read({ revoked: ['01'], extensions, entryExtensions: removed })
  assert.equal(list.serials.size, 0)
  assert.match(list.unusable ?? '', /delta/)
  const held = [{ oid: '2.5.29.21', value: der.tlv(0x0a, Buffer.from([6])) }]
  assert.deepEqual([...read({ revoked: ['01'], extensions, entryExtensions: held }).serials], ['01'])
})

test('the serials of an indirect list are not its issuer’s', () => {
  const issuer = { oid: '2.5.29.29', critical: true, value: der.sequence() }
  const list = read({ revoked: ['01'], entryExtensions: [issuer] })
  assert.equal(list.serials.size, 0)
  assert.match(list.unusable ?? '', /indirect/)
})

test('a list signed with SHA-1 is not verified, and says nothing', async () => {
  const list = read({ revoked: ['01'], hash: 'sha1' })
  assert.deepEqual([list.signed, list.serials.size], [null, 0])
  assert.match(list.unusable ?? '', /1\.2\.840\.10045\.4\.1, which is weak or unknown/)
})

test('what is no list is an error that says so', () => {
  const bytes = root.crlDer({ revoked: ['01'] })
  for (const [what, message] of [
    [Buffer.alloc(0), /holds no certificate revocation list/],
    [Buffer.from('hello'), /holds no certificate revocation list/],
    [Buffer.from(root.certificate), /holds no certificate revocation list/],
    [root.der, /is not a readable certificate revocation list/],
    [bytes.subarray(0, -1), /is not a readable certificate revocation list/],
    [Buffer.concat([bytes, Buffer.from([0])]), /is not a readable certificate revocation list/],
    [Buffer.from(der.toPem('X509 CRL', Buffer.from('junk'))), /is not a readable certificate revocation list/],
  ] as const) {
    assert.throws(
      () => readRevocationLists(what, 'x.crl'),
      (error) => error instanceof MaterialError && error.file === 'x.crl' && message.test(error.message),
    )
  }
})
