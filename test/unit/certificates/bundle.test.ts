import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { type BundleRequest, checkedPassword, writeBundle } from '../../../src/certificates/bundle.ts'
import { bundleReadme } from '../../../src/certificates/bundle-readme.ts'
import { type IssuedCertificate, issueClient } from '../../../src/certificates/issue.ts'
import { readPfx } from '../../../src/certificates/pkcs12-read.ts'

let authority: Authority
let issued: IssuedCertificate
before(async () => {
  authority = await createAuthority({ days: 5 })
  issued = await issueClient(authority.issuer, { commonName: 'alice', days: 1 })
})

/** Entries are stored as they are: each is found behind its name in the local headers. */
function files(zip: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const size = zip.readUInt32LE(at + 18)
    const start = at + 30 + zip.readUInt16LE(at + 26)
    found.set(zip.subarray(at + 30, start).toString(), zip.subarray(start, start + size))
    at = start + size
  }
  return found
}
const bundle = (over: Partial<BundleRequest> = {}) => {
  const made = writeBundle({ issued, name: 'alice', password: 'p@$$w0rd', serverAuthority: null, url: 'https://gate.test:8443', ...over })
  return { ...made, files: files(made.zip) }
}
const text = (of: Map<string, Buffer>, name: string) => of.get(name)?.toString() ?? ''

test('the archive holds the PFX, certificate, encrypted key and README, all of the same pair', () => {
  const { fileName, files: held } = bundle()
  assert.equal(fileName, 'alice.zip')
  assert.deepEqual([...held.keys()], ['alice.pfx', 'alice.crt', 'alice.key', 'README.txt'])
  const { certificate, key } = issued
  assert.deepEqual(readPfx(held.get('alice.pfx') ?? Buffer.alloc(0), 'p@$$w0rd', 'a.pfx'), { certificate, key })
  assert.equal(text(held, 'alice.crt'), certificate)
  assert.equal(createPrivateKey({ key: text(held, 'alice.key'), passphrase: 'p@$$w0rd' }).export({ type: 'pkcs8', format: 'pem' }), key)
})

test('the password and the private key stand nowhere in clear', () => {
  const { zip } = bundle()
  assert.ok(!zip.includes('p@$$w0rd') && !zip.includes('BEGIN PRIVATE KEY'))
})

test('without a password the key is not encrypted, and the README says so', () => {
  for (const password of [null, '']) {
    const { files: held } = bundle({ password })
    assert.equal(text(held, 'alice.key'), issued.key)
    assert.equal(readPfx(held.get('alice.pfx') ?? Buffer.alloc(0), null, 'a.pfx').key, issued.key)
    assert.match(text(held, 'README.txt'), /private key \(PEM, not encrypted\)/)
  }
})

test('a name that is no file name is made one, in the archive and in its lines', () => {
  const { fileName, files: held } = bundle({ name: '../x $(y)' })
  assert.equal(fileName, '__x __y_.zip')
  assert.deepEqual([...held.keys()].slice(0, 3), ['__x __y_.pfx', '__x __y_.crt', '__x __y_.key'])
  assert.match(text(held, 'README.txt'), /curl --cert '__x __y_\.crt' --key '__x __y_\.key' https:/)
})

test('the authority of the server goes with it where it is given', () => {
  const { files: held } = bundle({ serverAuthority: authority.rootCertificate })
  assert.equal(text(held, 'ca.crt'), authority.rootCertificate)
  assert.match(text(held, 'README.txt'), /--cacert ca\.crt https:\/\/gate\.test:8443\n/)
})

test('a certificate with the name of the authority file has its own, whatever the case', () => {
  for (const name of ['ca', 'CA']) {
    const { files: held } = bundle({ name, serverAuthority: authority.rootCertificate })
    assert.deepEqual([...held.keys()], [`${name}.pfx`, `${name}.crt`, `${name}.key`, 'server-ca.crt', 'README.txt'])
    assert.equal(text(held, `${name}.crt`), issued.certificate)
    assert.equal(text(held, 'server-ca.crt'), authority.rootCertificate)
    assert.match(text(held, 'README.txt'), /--cacert server-ca\.crt https:/)
    assert.match(text(held, 'README.txt'), /ca_file: server-ca\.crt/)
  }
})

test('the README has the lines of curl, browsers, Prometheus and client libraries, and names no file that is not there', () => {
  const readme = bundleReadme({
    name: 'alice',
    base: 'alice',
    url: 'https://gate.test:8443',
    notAfter: new Date('2027-11-22T10:00:00Z'),
    hasPassword: true,
    authorityFile: null,
  })
  for (const line of [
    'valid until 2027-11-22 (UTC)',
    'Firefox:',
    'cert_file: "alice.crt"',
    'targets: ["gate.test:8443"]',
    'requests.get(',
    'https.get(',
    'X509Certificate2("alice.pfx"',
    'keyStore=alice.pfx',
  ]) {
    assert.ok(readme.includes(line), line)
  }
  assert.ok(!readme.includes('ca.crt') && !readme.includes('ca_file'))
})

test('a password that other tools could not type is refused', () => {
  for (const password of ['a\0b', 'a\nb', '\ud800', 'x'.repeat(1024)]) {
    assert.throws(
      () => checkedPassword(password),
      (error: Error & { field?: string }) => error.field === 'password' && !error.message.includes(password),
    )
  }
  assert.equal(checkedPassword('pä$s wörd'), 'pä$s wörd')
})
