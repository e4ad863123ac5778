/** The promise: TCP, TLS and Unix-socket upstreams work alike; one that is down costs its turn, not a request. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const lifetime = fileLifetime()
let gateway: Gateway
let unix: RecordingUpstream
let second: RecordingUpstream
/** tcpmux: nobody listens there. A port that was just freed may be somebody else's by now. */
const deadPort = 1
let asked = 0
let bytesSeen = 0

before(async () => {
  const { path: folder, write } = temporaryFolder(lifetime)
  const authority = await createAuthority('CN=upstream root')
  const [inner, client, stranger] = await Promise.all([
    authority.server(['inner.test']),
    authority.issue({ subject: 'CN=gateway' }),
    createAuthority('CN=somebody else'),
  ])
  write('up-ca.crt', authority.certificate)
  write('other-ca.crt', stranger.certificate)
  write('up.crt', client.chain)
  write('up.key', client.key)
  const secure = await listen(
    createServer(
      { cert: inner.chain, key: inner.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        asked++
        const socket = request.socket as TLSSocket
        response.end(`${socket.getPeerCertificate().subject.CN} asks as ${request.headers['x-forwarded-user']}`)
      },
    ),
  )
  secure.on('secureConnection', (socket) => socket.on('data', (bytes: Buffer) => (bytesSeen += bytes.length)))
  const { port } = secure.address() as AddressInfo
  unix = await RecordingUpstream.start(lifetime, { path: join(folder, 'up.sock') })
  second = await RecordingUpstream.start(lifetime)
  const certificate = `certificate: { cert: ${join(folder, 'up.crt')}, key: ${join(folder, 'up.key')} }`
  gateway = await startGateway(lifetime, {
    limits: '{ upstream_connect: 1s }',
    upstreams: `
  unix: { targets: ["unix:${join(folder, 'up.sock')}"] }
  secure: { targets: ["https://127.0.0.1:${port}"], tls: { ca: [${join(folder, 'up-ca.crt')}], ${certificate}, server_name: inner.test } }
  wrong_ca: { targets: ["https://127.0.0.1:${port}"], tls: { ca: [${join(folder, 'other-ca.crt')}], ${certificate}, server_name: inner.test } }
  wrong_name: { targets: ["https://127.0.0.1:${port}"], tls: { ca: [${join(folder, 'up-ca.crt')}], ${certificate}, server_name: outer.test } }
  half: { targets: ["http://127.0.0.1:${deadPort}", "${second.url}"] }
  dead: { targets: ["http://127.0.0.1:${deadPort}"] }`,
    routes: ['unix', 'secure', 'wrong_ca', 'wrong_name', 'half', 'dead']
      .map((name) => `\n  - { name: ${name}, path: /${name}/**, allow: [reader], upstream: ${name} }`)
      .join(''),
  })
})

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

test('a Unix socket', async () => {
  assert.equal((await gateway.ask(get('/unix/x'))).status, 200)
  assert.deepEqual(unix.only.values('x-forwarded-user'), ['alice'])
})

describe('TLS', () => {
  test('with a certificate of our own, on a kept connection', async () => {
    const client = await gateway.connect()
    for (let i = 0; i < 3; i++) assert.equal((await client.ask(get('/secure/x'))).body, 'gateway asks as alice')
  })

  for (const name of ['wrong_ca', 'wrong_name']) {
    test(`${name}: an upstream that is not who it should be gets nothing, and the client 502`, async () => {
      const before = { asked, bytesSeen }
      const response = await gateway.ask(get(`/${name}/x`))
      assert.equal(response.status, 502)
      assert.deepEqual({ asked, bytesSeen }, before)
      assert.doesNotMatch(response.body, /alice|127\.0\.0\.1/)
    })
  }
})

test('a dead upstream is 502 at once, and says so in the log', async () => {
  const started = performance.now()
  const response = await gateway.ask(get('/dead/x'))
  assert.equal(response.status, 502)
  assert.equal(response.json().code, 'upstream_refused')
  assert.ok(performance.now() - started < 2000)
  assert.equal((await gateway.record('/dead/x')).reason, 'upstream_refused')
})

test('of two targets the one that lives answers every request', async () => {
  for (let i = 0; i < 6; i++) assert.equal((await gateway.ask(get(`/half/${i}`))).status, 200)
  assert.equal(second.requests.length, 6)
})

test('a POST goes to the other target too, as long as nothing of it was sent', async () => {
  second.reset()
  const response = await gateway.ask('POST /half/post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello')
  assert.equal(response.status, 200)
  assert.equal(second.only.body.toString(), 'hello')
})
