import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { readLeaf } from '../../../src/tls/leaf.ts'
import { explainOpenSsl } from '../../../src/tls/openssl-verdict.ts'
import { createAuthority, type Issued } from '../../support/authority.ts'

const root = await createAuthority('root')
const middle = await root.intermediate('middle')
const leaf = await middle.issue({ subject: 'CN=alice' })

const node = ({ certificate }: Issued) => authorityNode(new X509Certificate(certificate))
const explain = (code: string | null, ...above: Issued[]) =>
  explainOpenSsl(code, readLeaf(new X509Certificate(leaf.certificate), leaf.der), above.map(node), Date.now())

test('every code has a refusal and words, unknown ones too', () => {
  for (const [code, refusal] of [
    ['CERT_HAS_EXPIRED', 'certificate_expired'],
    ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate_unknown_issuer'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate_unknown_issuer'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'certificate_unknown_issuer'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate_unknown_issuer'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate_unknown_issuer'],
    ['CERT_SIGNATURE_FAILURE', 'certificate_unknown_issuer'],
    ['INVALID_PURPOSE', 'certificate_wrong_purpose'],
    ['INVALID_CA', 'certificate_invalid'],
    ['PATH_LENGTH_EXCEEDED', 'certificate_invalid'],
    ['UNSPECIFIED', 'certificate_invalid'],
    ['__proto__', 'certificate_invalid'],
    ['', 'certificate_invalid'],
    [null, 'certificate_invalid'],
  ] as const) {
    const explained = explain(code, root, middle)
    assert.equal(explained.refusal, refusal, String(code))
    assert.match(explained.detail, /^[^A-Z].*[^.]$|^OpenSSL/, String(code))
  }
})

test('the missing link of a chain is named', () => {
  assert.match(
    explain('UNABLE_TO_VERIFY_LEAF_SIGNATURE').detail,
    /its issuer CN=middle is not a trusted CA, and the client sent no intermediate/,
  )
  assert.equal(explain('UNABLE_TO_GET_ISSUER_CERT', middle).detail, 'CN=root, which issued CN=middle in its chain, is not a trusted CA')
  assert.match(explain('UNABLE_TO_VERIFY_LEAF_SIGNATURE', middle, root).detail, /no key of CN=middle that is known here made its signature/)
})
