// The promise: on the admin address a certificate decides, judged anew for each request; whoever is refused learns why in the shape they
// read, and nobody slow, large or crowded keeps administrators out. Addresses and trust change with a reload.
import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { connect as tcpConnect } from 'node:net'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { selfSigned } from '../support/authority.ts'

const text = ({ body }: { readonly body: Buffer }) => body.toString()
const json = (answer: { readonly body: Buffer }) => JSON.parse(text(answer))

function open(gateway: AdministeredGateway, client: object = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: gateway.adminPort, servername: 'localhost', ca: gateway.ca, ...client })
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

test('who has none, a strange one, and one without clearance are told apart, in the shape that they read', async (t) => {
  const gateway = await startAdministeredGateway(t)
  assert.equal(json(await gateway.ask('GET /api/v1/certificates')).code, 'certificate_required')
  assert.match(text(await gateway.ask('GET /admin/certificates')), /^\{"Type":"InvalidAuth"/)
  const page = await gateway.ask('GET /api/v1/certificates', { headers: { accept: 'text/html' } })
  assert.equal(page.status, 401)
  assert.match(text(page), /^<!doctype html>/)
  const stranger = await selfSigned({ subject: 'CN=stranger' })
  const strange = await gateway.ask('GET /api/v1/whoami', { client: { cert: stranger.certificate, key: stranger.key } })
  assert.deepEqual([strange.status, json(strange).code], [403, 'certificate_unknown_issuer'])
  const user = await gateway.make('user', 'ValidUser')
  assert.equal(json(await gateway.ask('GET /api/v1/whoami', { client: user })).clearance, 'ValidUser')
  assert.equal(json(await gateway.ask('GET /api/v1/certificates', { client: user })).code, 'clearance_too_low')
  const basic = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }
  assert.equal((await gateway.ask('GET /api/v1/certificates', { headers: basic })).status, 401)
})

const WHOAMI = 'GET /api/v1/whoami HTTP/1.1\r\n'
const BODY = 'Content-Length: 2\r\n\r\n{}'

/** By what is wrong with it: a request, and how it is refused. */
const UNREADABLE: readonly (readonly [what: string, request: string, status: number, code: string])[] = [
  ['two hosts', `${WHOAMI}Host: localhost\r\nHost: elsewhere\r\n\r\n`, 400, 'malformed_request'],
  ['no host', `${WHOAMI}\r\n`, 400, 'malformed_request'],
  ['an empty host', `${WHOAMI}Host:\r\n\r\n`, 400, 'malformed_request'],
  ['a host that is none', `${WHOAMI}Host: me@localhost/x\r\n\r\n`, 400, 'malformed_request'],
  ['another version', 'GET /api/v1/whoami HTTP/2.0\r\nHost: localhost\r\n\r\n', 400, 'malformed_request'],
  ['a method that is unknown', 'GTE /api/v1/whoami HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'malformed_request'],
  ['a whole URL', 'GET https://localhost/api/v1/whoami HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'malformed_path'],
  ['a tunnel', 'CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'malformed_path'],
  [
    'a body that is compressed for transport',
    'POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    400,
    'malformed_request',
  ],
  ['an expectation', `POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nExpect: nothing\r\n${BODY}`, 417, 'expectation_failed'],
  ['a head without end', `${WHOAMI}Host: localhost\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'head_too_large'],
]

test('a request that is not what it seems is refused, and the answer says why', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const client = await gateway.make('root', 'ClusterAdmin')
  for (const [what, request, status, code] of UNREADABLE) {
    const socket = await open(gateway, client)
    socket.write(request)
    let seen = ''
    for await (const part of socket) seen += part
    assert.match(seen, new RegExp(`^HTTP/1\\.1 ${status} [^]*"code":"${code}"`), what)
  }
  const plain = await open(gateway, client)
  plain.end('GET /api/v1/whoami HTTP/1.0\r\n\r\n')
  let seen = ''
  for await (const part of plain) seen += part
  assert.match(seen, /^HTTP\/1\.1 200 /)
})

test('a browser is answered under names of the gateway alone, and nobody under what is no name', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const client = await gateway.make('root', 'ClusterAdmin')
  const ask = async (host: string, headers: Record<string, string> = {}) =>
    gateway.ask('GET /api/v1/whoami', { client, headers: { host, ...headers } })
  for (const host of ['@evil', 'a,b', 'x y', '[::1', 'a:b']) assert.equal((await ask(host)).status, 400, host)
  const signs: Record<string, string>[] = [{ 'sec-fetch-site': 'same-origin' }, { origin: 'https://evil.example' }]
  for (const sign of signs) {
    const refused = await ask('evil.example', sign)
    assert.deepEqual([refused.status, json(refused).code], [421, 'misdirected_request'])
    assert.match(json(refused).hint, /admin\.hosts.*hosts: \[evil\.example\]/)
  }
  for (const host of ['localhost', `localhost:${gateway.adminPort}`, '127.0.0.1', '[::1]:9443', 'LOCALHOST.'])
    assert.equal((await ask(host, { 'sec-fetch-site': 'same-origin' })).status, 200, host)
  assert.equal((await ask('any.example')).status, 200, 'a program uses any name')
})

test('a certificate registered by hand signs in, and a revocation bites on the connection that is open', async (t) => {
  const gateway = await startAdministeredGateway(t)
  await gateway.make('root', 'ClusterAdmin')
  const own = await selfSigned({ subject: 'CN=operator' })
  const body = { certificate: own.certificate, name: 'operator', clearance: 'Operator' }
  assert.equal((await gateway.local('POST /api/v1/certificates/trust', body)).status, 201)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const client = { cert: own.certificate, key: own.key }
  assert.equal(json(await gateway.ask('GET /api/v1/whoami', { client, agent })).clearance, 'Operator')
  assert.equal((await gateway.local('PATCH /api/v1/certificates/operator', { clearance: 'ValidUser' })).status, 200)
  assert.equal(json(await gateway.ask('GET /api/v1/whoami', { client, agent })).clearance, 'ValidUser')
  assert.notEqual(json(await gateway.local('GET /api/v1/certificates/operator')).last_seen, null)
  const live = await open(gateway, client)
  const ended = new Promise<void>((resolve) => live.once('close', () => resolve()))
  live.on('error', () => {})
  assert.equal((await gateway.local('POST /api/v1/certificates/operator/revoke', {})).status, 200)
  const refused = await gateway.ask('GET /api/v1/whoami', { client })
  assert.deepEqual([refused.status, json(refused).code], [403, 'certificate_revoked'])
  await ended
})

test('a page of another site, a body that is too large, and a target that is none are refused', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const client = await gateway.make('root', 'ClusterAdmin')
  const body = JSON.stringify({ name: 'x', clearance: 'ValidUser' })
  const cross = await gateway.ask('POST /api/v1/certificates', { client, body, headers: { origin: 'https://evil.example' } })
  assert.deepEqual([cross.status, json(cross).code], [403, 'cross_site'])
  const large = await gateway.ask('POST /admin/certificates', { client, body: 'x'.repeat(1024 * 1024 + 1) })
  assert.equal(large.status, 413)
  const larger = await gateway.ask('POST /admin/certificates', { client, body: 'x'.repeat(12 * 1024 * 1024) })
  assert.deepEqual([larger.status, larger.headers.connection], [413, 'close'])
  assert.equal((await gateway.ask('GET //evil', { client })).status, 400)
  const garbled = await open(gateway, client)
  const answered = new Promise<string>((resolve) => garbled.once('data', (part: Buffer) => resolve(part.toString())))
  garbled.write('NONSENSE\r\n\r\n')
  assert.match(await answered, /^HTTP\/1\.1 400 /)
  garbled.destroy()
  assert.equal(json(await gateway.local('GET /api/v1/certificates?text=x')).total, 0)
})

test('who is slow is cut off', async (t) => {
  const gateway = await startAdministeredGateway(t, [[/$/, '\nlimits: { head: 1s, handshake: 1s }\n']])
  const client = await gateway.make('root', 'ClusterAdmin')
  const slow = await open(gateway, client)
  // It may be cut off before it has written anything, where all this takes longer than that.
  slow.on('error', () => {})
  const cutOff = new Promise<void>((resolve) => slow.once('close', () => resolve()))
  // Many who only connect take nobody's place.
  const idle = Array.from({ length: 300 }, () => tcpConnect(gateway.adminPort, '127.0.0.1').on('error', () => {}))
  t.after(async () => {
    for (const socket of idle) socket.destroy()
  })
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  assert.equal((await gateway.ask('GET /api/v1/whoami', { client })).status, 200)
  slow.write('GET /api/v1/whoami HTTP/1.1\r\nHost: ')
  await cutOff
  assert.equal((await gateway.ask('GET /api/v1/whoami', { client })).status, 200)
})

test('the address moves with a reload, and one that is taken leaves everything as it was', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const client = await gateway.make('root', 'ClusterAdmin')
  const before = gateway.adminPort
  const other = await startAdministeredGateway(t)
  gateway.edit(/(admin:\n {2}address: )\S+/, `$1127.0.0.1:${other.adminPort}`)
  const failed = json(await gateway.local('POST /reload'))
  assert.equal(failed.outcome, 'failed')
  assert.match(failed.message, /already listens there/)
  assert.equal((await gateway.ask('GET /api/v1/whoami', { client })).status, 200)
  await other.program.stop()
  // A change of the file may have been taken up by itself meanwhile.
  assert.notEqual(json(await gateway.local('POST /reload')).outcome, 'failed')
  gateway.adminPort = other.adminPort
  assert.equal((await gateway.ask('GET /api/v1/whoami', { client })).status, 200)
  gateway.adminPort = before
  await assert.rejects(gateway.ask('GET /api/v1/whoami', { client }), { code: 'ECONNREFUSED' })
})
