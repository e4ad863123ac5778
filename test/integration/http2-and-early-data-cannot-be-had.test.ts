/**
 * The promise: HTTP/1.1 is spoken and nothing else, so that attacks by frames (rapid reset, CONTINUATION floods, CR and LF or lengths in
 * frames) find nobody to read them; nothing is said before the handshake is over, and no certificate is taken up after it.
 */
import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { before, beforeEach, describe, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { temporaryFolder } from '../support/authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'

const lifetime = fileLifetime()
let gateway: Gateway
let administered: AdministeredGateway
before(async () => {
  gateway = await startGateway(lifetime, { tls: 'clientauth_mode: OPTIONAL' })
  administered = await startAdministeredGateway(lifetime as Parameters<typeof startAdministeredGateway>[0])
})
beforeEach(() => gateway.upstream.reset())

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
/** HEADERS of stream n with END_STREAM and END_HEADERS: GET / of the static table. */
const headers = (stream: number) => Buffer.from([0, 0, 3, 1, 5, 0, 0, 0, stream, 0x82, 0x84, 0x87])
const reset = (stream: number) => Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, stream, 0, 0, 0, 8])

const ports = { 'the listener': () => gateway.port, 'the admin address': () => administered.adminPort }

/** How a handshake that offers these protocols ends: the one chosen (false: none), or the error. */
function offered(port: number, ALPNProtocols: string[]): Promise<string | false | null> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols, servername: 'localhost' },
      () => {
        resolve(socket.alpnProtocol)
        socket.destroy()
      },
    )
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

for (const [where, port] of Object.entries(ports)) {
  test(`${where}: h2 is never agreed on`, async () => {
    assert.equal(await offered(port(), ['h2']), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
    assert.equal(await offered(port(), ['h2', 'http/1.1']), 'http/1.1')
    assert.notEqual(await offered(port(), []), 'h2')
  })
}

describe('frames without asking', () => {
  const floods: readonly (readonly [string, Buffer])[] = [
    ['rapid reset', Buffer.concat(Array.from({ length: 120 }, (_, index) => [headers(2 * index + 1), reset(2 * index + 1)]).flat())],
    [
      'CONTINUATION without end',
      Buffer.concat([
        Buffer.from([0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]),
        ...Array.from({ length: 500 }, () => Buffer.from([0, 0, 1, 9, 0, 0, 0, 0, 1, 0x84])),
      ]),
    ],
    ['WINDOW_UPDATE', Buffer.concat(Array.from({ length: 500 }, () => Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1])))],
    ['a request', headers(1)],
  ]
  for (const [what, frames] of floods) {
    test(`${what}: one 400, the end, and nothing upstream`, async () => {
      const client = await gateway.connect()
      client.send(Buffer.concat([Buffer.from(PREFACE), SETTINGS, frames]))
      assert.equal((await client.response()).status, 400)
      await client.end()
      assert.equal(client.text, '')
      assert.equal(gateway.upstream.receivedText, '')
      assert.equal((await gateway.ask(get('/after'))).status, 200)
    })
  }

  test("an HTTP/2 client that insists gets no session: Node's own", async () => {
    const socket = (await gateway.connect()).socket
    const session = connectHttp2(`https://localhost:${gateway.port}`, { createConnection: () => socket })
    const ended = await new Promise<string>((resolve) => {
      session.on('error', (error) => resolve(error.message))
      session.on('close', () => resolve('closed'))
      session.request({ ':path': '/' }).on('error', () => {})
    })
    assert.notEqual(ended, '')
    assert.equal(gateway.upstream.receivedText, '')
  })

  test('an upgrade to h2c goes no further than the gateway', async () => {
    const lines = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'
    const client = await gateway.connect()
    assert.equal((await client.ask(get('/x', lines))).status, 200)
    assert.deepEqual(gateway.upstream.only.values('upgrade'), [])
    assert.deepEqual(gateway.upstream.only.values('http2-settings'), [])
    client.send(Buffer.concat([Buffer.from(PREFACE), SETTINGS, headers(1)]))
    assert.equal((await client.response()).status, 400)
    assert.equal(gateway.upstream.requests.length, 1)
  })
})

describe('openssl', { skip: absent('openssl') }, () => {
  const { path: folder, write } = temporaryFolder(lifetime)
  const client = (...args: string[]) =>
    run('openssl', ['s_client', '-connect', `127.0.0.1:${gateway.port}`, '-servername', 'localhost', '-CAfile', 'ca.crt', ...args], {
      cwd: folder,
      input: get('/public/after', 'Connection: close\r\n'),
    })
  before(() => {
    write('ca.crt', gateway.authority.certificate)
    write('alice.crt', gateway.alice.chain)
    write('alice.key', gateway.alice.key)
    write('early', get('/public/early', 'Connection: close\r\n'))
  })

  test('early data is not taken: a session allows none', async () => {
    const first = await client('-tls1_3', '-ign_eof', '-cert', 'alice.crt', '-key', 'alice.key', '-sess_out', 'session')
    assert.match(first.text, /HTTP\/1\.1 200/)
    assert.match(first.text, /Max Early Data: 0/)
    assert.doesNotMatch(first.text, /Max Early Data: [1-9]/)
    gateway.upstream.reset()
    const second = await client(
      '-tls1_3',
      '-ign_eof',
      '-sess_in',
      'session',
      '-early_data',
      'early',
      '-cert',
      'alice.crt',
      '-key',
      'alice.key',
    )
    assert.doesNotMatch(second.text, /Early data was accepted/)
    assert.doesNotMatch(gateway.upstream.receivedText, /early/)
  })

  test('who offers a certificate for after the handshake is never asked for it', async () => {
    const answer = await client('-tls1_3', '-ign_eof', '-enable_pha')
    assert.match(answer.text, /HTTP\/1\.1 200/)
    assert.deepEqual(gateway.upstream.only.values('x-forwarded-user'), [])
  })
})
