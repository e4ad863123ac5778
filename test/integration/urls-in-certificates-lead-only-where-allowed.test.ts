// A URL in a certificate makes the gateway connect to where `revocation.fetch_allow` says and nowhere else: by default to public addresses.
// What is asserted is that nothing connected; names count by the address that they lead to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority } from '../support/authority.ts'
import { distributionPoints, responders, startSite } from '../support/foreign-authority.ts'
import { get, startGateway } from '../support/gateway.ts'

const BOTH = 'clientauth_mode: REQUIRE\n      crl: { validate: true, from_distribution_points: true }\n      ocsp: { validate: true }'

/** The same place by every name and notation that leads to it. */
const notations = (port: number): string[] => [
  `http://127.0.0.1:${port}/`,
  `http://localhost:${port}/`,
  `http://localhost.:${port}/`,
  `http://2130706433:${port}/`,
  `http://0x7f.1:${port}/`,
  `http://0177.0.0.1:${port}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `http://[::1]:${port}/`,
  `http://0.0.0.0:${port}/`,
  `http://[::]:${port}/`,
  `http://[64:ff9b::7f00:1]:${port}/`,
]

test('by default nothing on this machine or network is connected to, however it is written', async (t) => {
  const [gateway, site] = await Promise.all([
    startGateway(t, { tls: BOTH, extra: 'revocation: { timeout: 2s }' }),
    startSite(t, (_request, response) => response.end()),
  ])
  for (const url of [
    ...notations(site.port),
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
  ]) {
    const client = await gateway.issue('CN=alice', { extensions: [responders(url), distributionPoints(url)] })
    const { status, json } = await gateway.ask(get('/x'), client)
    assert.deepEqual([status, json().code], [403, 'certificate_status_unknown'], url)
  }
  assert.equal(site.connections, 0)
  assert.equal(gateway.upstream.requests.length, 0)
  await gateway.program.line(/127\.0\.0\.1, port \d+\) is not in revocation\.fetch_allow/)
})

test('a host that is allowed by name may be anywhere, another one at the same address may not', async (t) => {
  const [gateway, site] = await Promise.all([
    startGateway(t, { tls: BOTH, extra: 'revocation: { fetch_allow: [localhost], timeout: 2s }' }),
    startSite(t, (_request, response) => response.end()),
  ])
  const ask = async (url: string) => {
    const client = await gateway.issue('CN=alice', { extensions: [responders(url)] })
    assert.equal((await gateway.ask(get('/x'), client)).status, 403)
  }
  await ask(`http://127.0.0.1:${site.port}/`)
  assert.equal(site.connections, 0)
  await ask(`http://localhost:${site.port}/`)
  assert.equal(site.connections, 1)
})

test('nothing is fetched for a certificate that no trusted CA issued', async (t) => {
  const [gateway, site] = await Promise.all([
    startGateway(t, { tls: BOTH, extra: 'revocation: { fetch_allow: [127.0.0.1] }' }),
    startSite(t, (_request, response) => response.end()),
  ])
  const stranger = await createAuthority('CN=test root')
  const client = await stranger.issue({ subject: 'CN=alice', extensions: [responders(site.url('/')), distributionPoints(site.url('/'))] })
  assert.equal((await gateway.ask(get('/x'), client)).status, 403)
  assert.equal(site.connections, 0)
})
