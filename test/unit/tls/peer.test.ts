import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { PeerJudge, type SecuredSocket } from '../../../src/tls/peer.ts'
import { compileTrust } from '../../../src/tls/trust-domain.ts'
import { type Authority, createAuthority, type Issued } from '../../support/authority.ts'

const root = await createAuthority('root')
const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000)

function judge(...authorities: Authority[]): PeerJudge {
  const keyPair = { certificate: '', key: '' }
  const clientCa = authorities.map(({ certificate }) => certificate)
  return new PeerJudge(compileTrust({ keyPair, clientCa, crl: { validate: false, onUnavailable: 'deny', lists: [] } }, 'REQUIRE'), 1)
}

/** A socket on which OpenSSL accepted the leaf, with these certificates sent above it. */
function socket(leaf: Issued, above: readonly Issued[], rest: Partial<SecuredSocket> = {}): SecuredSocket {
  return {
    authorized: true,
    authorizationError: null,
    isSessionReused: () => false,
    getPeerX509Certificate: () => withChain([leaf, ...above]),
    ...rest,
  }
}

/** `issuerCertificate` is what was sent next. */
function withChain([first, ...above]: readonly Issued[]): X509Certificate | undefined {
  if (first === undefined) return undefined
  const x509 = new X509Certificate(first.certificate)
  Object.defineProperty(x509, 'issuerCertificate', { get: () => withChain(above) })
  return x509
}

const at = (peers: PeerJudge, ...parameters: Parameters<typeof socket>) => peers.judge(socket(...parameters), null, Date.now())

test('no certificate is nobody, even where the connection calls itself authorized', () => {
  const peer = judge(root).judge({ ...socket(root, []), getPeerX509Certificate: () => undefined, isSessionReused: () => true }, 'a.test', 0)
  assert.deepEqual(peer, { certificate: null, refusal: null, detail: '', serverName: 'a.test', resumed: true })
})

test('what is not authorized is refused, whatever the error is or says', async () => {
  const leaf = await root.issue()
  for (const authorizationError of ['UNABLE_TO_GET_CRL', 'CERT_REVOKED', 'SOMETHING_NEW', 'OK', null, undefined, new Error('x')]) {
    const { refusal, detail } = at(judge(root), leaf, [], { authorized: false, authorizationError })
    assert.equal(refusal, 'certificate_invalid')
    assert.match(detail, /^OpenSSL refused its chain: /)
  }
})

test('an exception while reading a certificate refuses it, and ends nothing', () => {
  const odd = new X509Certificate(root.certificate)
  Object.defineProperty(odd, 'raw', {
    get() {
      throw new Error('odd')
    },
  })
  const peer = judge(root).judge({ ...socket(root, []), getPeerX509Certificate: () => odd }, null, 0)
  assert.deepEqual([peer.certificate, peer.refusal, peer.detail], [null, 'certificate_invalid', 'it cannot be read: odd'])
})

test('OpenSSL’s word alone is not enough: there must be a chain that we can see', async () => {
  const stranger = await (await createAuthority('stranger')).issue()
  assert.equal(at(judge(root), stranger, []).refusal, 'certificate_unknown_issuer')
})

test('the chain is what was sent and verified, the leaf’s issuer first, and is remembered with the leaf', async () => {
  const upper = await root.intermediate('upper')
  const lower = await upper.intermediate('lower')
  const leaf = await lower.issue()
  const peers = judge(root)
  const first = at(peers, leaf, [root, upper, lower])
  assert.deepEqual(
    first.certificate?.chainBase64,
    [lower, upper, root].map(({ der }) => der.toString('base64')),
  )
  assert.equal(first.certificate?.caKeys.length, 1)
  assert.equal(at(peers, leaf, []).refusal, null)
  assert.equal(at(judge(root), leaf, []).refusal, 'certificate_unknown_issuer')
})

test('a remembered chain that has run out does not stand in the way of a new one', async () => {
  const old = await root.intermediate('middle', { notAfter: soon(10) })
  const renewed = await root.intermediate('middle', { key: old.key, notAfter: soon(60) })
  const leaf = await old.issue({ notAfter: soon(60) })
  const peers = judge(root)
  const later = Date.now() + 20 * 60_000
  assert.equal(peers.judge(socket(leaf, [old]), null, Date.now()).refusal, null)
  assert.notEqual(peers.judge(socket(leaf, [old]), null, later).refusal, null)
  assert.equal(peers.judge(socket(leaf, [renewed]), null, later).refusal, null)
})

test('more certificates than any honest client sends are refused', async () => {
  const leaf = await root.issue()
  const peer = at(judge(root), leaf, new Array(60).fill(root))
  assert.deepEqual([peer.refusal, peer.detail], ['certificate_invalid', 'the client sent too many certificates'])
})

test('who is refused is bound to no CA', async () => {
  const leaf = await root.issue({ eku: ['serverAuth'] })
  const { certificate, refusal } = at(judge(root), leaf, [])
  assert.deepEqual([refusal, certificate?.caKeys], ['certificate_wrong_purpose', []])
})
