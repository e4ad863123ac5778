import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../src/certificates/authority.ts'
import { readSigningRequest } from '../../src/certificates/csr.ts'
import { signRequest } from '../../src/certificates/sign-request.ts'
import { temporaryFolder } from '../support/authority.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: what `openssl req` makes with any sound key is signed, verifies in OpenSSL, and is a client whatever it asked to be.

let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 10 })
})

const forms: readonly (readonly [what: string, key: readonly string[], sign: readonly string[]])[] = [
  ['EC P-256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], []],
  ['EC P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], ['-sha512']],
  ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], []],
  [
    'RSA with PSS',
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'],
  ],
  ['RSA-PSS', ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], []],
  ['Ed25519', ['-algorithm', 'ED25519'], []],
]

for (const [what, keyArguments, signArguments] of forms) {
  test(`a request with a key of ${what} is signed`, { skip: absent('openssl') }, async (t) => {
    const { write, path: cwd } = temporaryFolder(t)
    await run('openssl', ['genpkey', ...keyArguments, '-out', 'a.key'], { cwd })
    const extensions = ['-addext', 'subjectAltName=DNS:a.test,URI:spiffe://t/a', '-addext', 'basicConstraints=critical,CA:TRUE']
    const args = ['req', '-new', '-key', 'a.key', '-subj', '/O=Acme/CN=alice', '-out', 'a.csr', ...extensions, ...signArguments]
    const made = await run('openssl', args, { cwd })
    assert.equal(made.code, 0, made.stderr)
    const signed = signRequest(authority.issuer, 'client', readSigningRequest(readFileSync(join(cwd, 'a.csr'))))
    assert.deepEqual([signed.commonName, signed.dropped, signed.droppedSubject], ['alice', [], 'CN=alice,O=Acme'])
    write('a.crt', signed.certificate)
    write('root.crt', authority.rootCertificate)
    write('issuing.crt', authority.issuingCertificate)
    const verify = ['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'root.crt', '-untrusted', 'issuing.crt', 'a.crt']
    const { text, stderr } = await run('openssl', verify, { cwd })
    assert.equal(text.trim(), 'a.crt: OK', stderr)
    const shown = (await run('openssl', ['x509', '-in', 'a.crt', '-noout', '-text'], { cwd })).text
    assert.match(shown, /CA:FALSE/)
    assert.match(shown, /DNS:a\.test, URI:spiffe:\/\/t\/a/)
  })
}

test('a request with a weak key, or signed with SHA-1, is refused', { skip: absent('openssl') }, async (t) => {
  const { path: cwd } = temporaryFolder(t)
  const request = async (bits: number, digest: string) => {
    await run(
      'openssl',
      ['req', '-new', '-newkey', `rsa:${bits}`, '-nodes', '-keyout', 'w.key', '-subj', '/CN=w', digest, '-out', 'w.csr'],
      { cwd },
    )
    return readFileSync(join(cwd, 'w.csr'))
  }
  const weak = await request(1024, '-sha256')
  assert.throws(() => readSigningRequest(weak), { code: 'issuance_refused', field: 'key' })
  const old = await request(2048, '-sha1')
  assert.throws(() => readSigningRequest(old), { code: 'issuance_refused', field: 'request', message: /weak or unknown/ })
})
