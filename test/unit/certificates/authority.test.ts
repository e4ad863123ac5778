import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { type IssuedCertificate, issueClient, issueServer } from '../../../src/certificates/issue.ts'

let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 3650 })
})

const day = 86_400_000
const lastsDays = (pem: string) => (new X509Certificate(pem).validToDate.getTime() - Date.now()) / day

/** The verdict of a real handshake between a server and a client that both know only the root. */
async function handshake(server: IssuedCertificate, client: IssuedCertificate, servername: string): Promise<unknown[]> {
  const ca = authority.rootCertificate
  const listener = createServer({ cert: server.certificate, key: server.key, ca, requestCert: true, rejectUnauthorized: false })
  const seen = new Promise<TLSSocket>((resolve) => listener.once('secureConnection', resolve))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  const socket = connect({ port, host: '127.0.0.1', servername, ca, cert: client.certificate, key: client.key })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  const peer = await seen
  const verdict = [socket.authorized, peer.authorized, peer.authorizationError ?? null]
  socket.destroy()
  peer.destroy()
  listener.close()
  return verdict
}

test('the root signs itself and the issuing CA, which signs the leaves, and all dates are as asked', async () => {
  const root = new X509Certificate(authority.rootCertificate)
  const issuing = new X509Certificate(authority.issuingCertificate)
  const leaf = await issueClient(authority.issuer, { commonName: 'admin', days: 365 })
  assert.ok(root.ca && root.verify(root.publicKey))
  assert.ok(issuing.ca && issuing.verify(root.publicKey) && issuing.checkIssued(root))
  const first = new X509Certificate(leaf.certificate)
  assert.ok(!first.ca && first.verify(issuing.publicKey) && first.checkIssued(issuing))
  assert.equal(Math.round(lastsDays(authority.rootCertificate)), 3650)
  assert.equal(Math.round(lastsDays(leaf.certificate)), 365)
  assert.ok(first.validFromDate.getTime() <= Date.now() - 60_000, 'a clock that is a minute behind accepts it')
})

test('two authorities made on one machine have different names', async () => {
  const other = await createAuthority({ days: 1 })
  assert.notEqual(new X509Certificate(other.rootCertificate).subject, new X509Certificate(authority.rootCertificate).subject)
})

test('serial numbers are positive, of 128 random bits, and never the same', async () => {
  const serials = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { certificate } = await issueClient(authority.issuer, { commonName: 'x', days: 1 })
      return new X509Certificate(certificate).serialNumber
    }),
  )
  assert.equal(new Set(serials).size, 8)
  for (const serial of serials) assert.match(serial, /^01[0-9A-F]{32}$/)
})

test('server and client certificates of each key type meet in a verified handshake', async () => {
  for (const keyType of ['ec', 'rsa', 'ed25519'] as const) {
    const server = await issueServer(authority.issuer, { commonName: 'gate', names: ['gate.test', '127.0.0.1', '::1'], days: 1, keyType })
    const client = await issueClient(authority.issuer, { commonName: 'alice', days: 1, keyType })
    assert.deepEqual(await handshake(server, client, 'gate.test'), [true, true, null], keyType)
  }
})

test('a server certificate does not pass as a client, and no client certificate can issue', async () => {
  const server = await issueServer(authority.issuer, { commonName: 'gate', names: ['gate.test'], days: 1 })
  const [, authorized, error] = await handshake(server, server, 'gate.test')
  assert.equal(authorized, false)
  assert.match(String(error), /PURPOSE/i)
  assert.equal(new X509Certificate(server.certificate).ca, false)
})

test('names and addresses become SANs of their kind', async () => {
  const server = await issueServer(authority.issuer, { commonName: 'gate', names: ['a.test', '*.b.test', '10.0.0.1', 'fe80::1'], days: 1 })
  const san = new X509Certificate(server.certificate).subjectAltName
  assert.equal(san, 'DNS:a.test, DNS:*.b.test, IP Address:10.0.0.1, IP Address:FE80:0:0:0:0:0:0:1')
})

test('a common name is taken as it is and never becomes structure', async () => {
  for (const name of ['a,OU=admins', '#0c0161', '"quoted"', 'Jürgen', ' x ', '../x', '*']) {
    const { certificate } = await issueClient(authority.issuer, { commonName: name, days: 1 })
    assert.deepEqual(new X509Certificate(certificate).toLegacyObject().subject.CN, name)
  }
})

test('an empty, overlong or unprintable common name is refused', async () => {
  for (const commonName of ['', 'x'.repeat(65), 'a\0b', 'a\nb']) {
    await assert.rejects(issueClient(authority.issuer, { commonName, days: 1 }), { code: 'issuance_refused', field: 'name' })
  }
})

test('no leaf outlives its issuer', async () => {
  const short = await createAuthority({ days: 2 })
  const leaf = await issueClient(short.issuer, { commonName: 'x', days: 365 })
  assert.equal(leaf.notAfter.getTime(), short.notAfter.getTime())
})
