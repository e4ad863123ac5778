import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority } from '../../src/certificates/authority.ts'
import { crlPem, writeCrl } from '../../src/certificates/crl-write.ts'
import { issueClient } from '../../src/certificates/issue.ts'
import type { KeyType } from '../../src/certificates/key.ts'
import { temporaryFolder } from '../support/authority.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: a list that certgate signs is read, verified and obeyed by OpenSSL, whatever the kind of the CA's key.

const hour = 3_600_000
const keyTypes: readonly KeyType[] = ['ec', 'rsa', 'ed25519']

for (const keyType of keyTypes) {
  test(`openssl reads and verifies a list of an ${keyType} authority, and refuses who is on it`, { skip: absent('openssl') }, async (t) => {
    const { write, path: cwd } = temporaryFolder(t)
    const authority = await createAuthority({ days: 10, keyType })
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((commonName) => issueClient(authority.issuer, { commonName, days: 1 })))
    assert.ok(alice !== undefined && bob !== undefined)
    const now = Date.now()
    const serial = new X509Certificate(bob.der).serialNumber
    const list = writeCrl(authority.issuer, {
      number: 255n,
      thisUpdate: now,
      nextUpdate: now + 24 * hour,
      previousUpdate: null,
      revoked: [{ serial, at: now, reason: 'keyCompromise', notAfter: now + hour }],
    })
    const root = await createAuthority({ days: 1 })
    const empty = { number: 1n, thisUpdate: now, nextUpdate: now + hour, previousUpdate: null, revoked: [] }
    write('issuing.crt', authority.issuingCertificate)
    write('stranger.crt', root.rootCertificate)
    write('list.crl', crlPem(list))
    write('root.crl', crlPem(writeCrl(authority.root, empty)))
    write('bundle.pem', authority.rootCertificate)
    write('alice.crt', alice.certificate)
    write('bob.crt', bob.certificate)

    const shown = await run('openssl', ['crl', '-in', 'list.crl', '-CAfile', 'issuing.crt', '-noout', '-text'], { cwd })
    assert.match(shown.stderr, /verify OK/)
    assert.match(shown.text, /Version 2/)
    assert.match(shown.text, new RegExp(`Serial Number: ${serial}`))
    assert.match(shown.text, /Key Compromise/)
    assert.match(shown.text, /X509v3 CRL Number:\s+(255|0xFF)/)
    const foreign = await run('openssl', ['crl', '-in', 'list.crl', '-CAfile', 'stranger.crt', '-noout'], { cwd })
    assert.doesNotMatch(foreign.stderr, /verify OK/)

    const lists = ['-CRLfile', 'list.crl', '-CRLfile', 'root.crl', '-crl_check_all', '-x509_strict']
    const verify = (file: string) =>
      run('openssl', ['verify', '-CAfile', 'bundle.pem', '-untrusted', 'issuing.crt', ...lists, file], { cwd })
    const good = await verify('alice.crt')
    assert.equal(good.text.trim(), 'alice.crt: OK', good.stderr)
    const revoked = await verify('bob.crt')
    assert.match(revoked.stderr, /certificate revoked/)
  })
}
