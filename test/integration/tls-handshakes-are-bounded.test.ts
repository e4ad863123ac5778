// Whoever does not finish the handshake in time, or talks garbage, is cut off without troubling anybody else; nothing of TLS that we
// do not want (renegotiation, other protocols, old versions and suites) can be had.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Server, type Socket } from 'node:net'
import test from 'node:test'
import { connect } from 'node:tls'
import { createAuthority } from '../support/authority.ts'
import { as, dial, listen, only, prepare, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server()
const root = await createAuthority('clients')
const alice = await root.issue({ subject: 'CN=alice' })
const spec = { server, clientCa: [root] }

function raw(port: number): Socket {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  return socket
}

/** Ended in whichever way: a reset is one too. */
const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve))

/** Resolves once a server has accepted so many. */
function connections(server: Server, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0
    server.on('connection', () => {
      if (++count === wanted) resolve()
    })
  })
}

test('a silent connection is cut off at the deadline, and others are served meanwhile', async (t) => {
  const limits = { handshakeTimeout: 1_000 }
  const gateway = await listen(t, prepare(t, spec), limits)
  const accepted = connections(gateway.listener.server, 50)
  const began = Date.now()
  const silent = Array.from({ length: 50 }, () => raw(gateway.port))
  const ended = Promise.all(silent.map(closed))
  await accepted
  // Their time runs; whoever comes now has all that a slow machine takes for a handshake.
  limits.handshakeTimeout = 30_000
  gateway.update(prepare(t, spec))
  assert.equal((await dial(gateway, servers, as(alice))).seen?.dn, 'CN=alice')
  await ended
  assert.ok(Date.now() - began >= 990)
  assert.equal(gateway.failures.length, 50)
  assert.ok(gateway.failures.every(({ code }) => code === 'handshake_timeout'))
})

/** All that comes back, up to the end. */
async function answered(port: number, text: string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.write(text)
  let received = ''
  socket.setEncoding('latin1')
  for await (const part of socket) received += part
  return received
}

test('whoever speaks HTTP without TLS is told so, and nothing else', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  for (const request of [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
    'HEAD / HTTP/1.0\r\n\r\n',
  ])
    assert.match(
      await answered(gateway.port, request),
      /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\nthis port speaks HTTPS: [^\n]*\n$/s,
      request,
    )
  assert.deepEqual(
    gateway.failures.map((error) => Reflect.get(error, 'code')),
    ['plain_http', 'plain_http', 'plain_http'],
  )
  assert.equal(gateway.peers.length, 0)
  assert.doesNotMatch(await answered(gateway.port, 'SSH-2.0-OpenSSH_9.6\r\n'), /HTTP/)
  assert.equal((await dial(gateway, servers, as(alice))).seen?.dn, 'CN=alice')
})

test('a handshake that trickles in does not push the deadline back', async (t) => {
  const gateway = await listen(t, prepare(t, spec), { handshakeTimeout: 300 })
  const began = Date.now()
  const socket = raw(gateway.port)
  // A record that announces 512 bytes, one of them every 50 ms.
  socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))
  let dripped = 0
  const drip = setInterval(() => {
    socket.write(Buffer.from([0]))
    dripped++
  }, 50)
  t.after(() => clearInterval(drip))
  await closed(socket)
  const took = Date.now() - began
  // What holds up the deadline's timer holds up the drip: bytes tell how long the server waited, however slow the machine is.
  assert.ok(took >= 290 && dripped < 40, `${took} ms, ${dripped} bytes`)
  assert.deepEqual(
    gateway.failures.map(({ code }) => code),
    ['handshake_timeout'],
  )
})

test('garbage and plain HTTP end at once', async (t) => {
  const gateway = await listen(t, prepare(t, spec), { handshakeTimeout: 60_000 })
  const texts = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\0\0\0\0\0\0\0\0',
    'SSH-2.0-x\r\n',
    '\x16\x03\x01\xff\xff\x01',
    '\x15\x03\x03\0\x02\x02\x28',
  ]
  for (const text of texts) {
    const socket = raw(gateway.port)
    socket.end(Buffer.from(text, 'latin1'))
    await closed(socket)
  }
  assert.equal(gateway.failures.length, texts.length)
  assert.equal((await dial(gateway, servers, as(alice))).seen?.dn, 'CN=alice')
})

test('a connection that goes away in mid-handshake is no error of the process', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  for (const bytes of [0, 1, 60]) {
    const socket = raw(gateway.port)
    await once(socket, 'connect')
    socket.write(Buffer.from([22, 3, 1, 2, 0, 1, ...new Array<number>(60).fill(0)]).subarray(0, bytes))
    socket.resetAndDestroy()
    await closed(socket)
  }
  assert.equal((await dial(gateway, servers, as(alice))).seen?.dn, 'CN=alice')
})

for (const version of versions) {
  test(`${version}: a client that offers only other protocols gets no_application_protocol; http/1.1, http/1.0 and none are served`, async (t) => {
    const gateway = await listen(t, prepare(t, spec))
    const limit = { ...only(version), ...as(alice) }
    const other = await dial(gateway, servers, { ...limit, ALPNProtocols: ['h2', 'spdy/3.1'] })
    assert.deepEqual([other.seen, other.error], [null, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'])
    for (const ALPNProtocols of [['h2', 'http/1.1'], ['http/1.0'], []]) {
      assert.equal((await dial(gateway, servers, { ...limit, ALPNProtocols })).seen?.dn, 'CN=alice')
    }
  })
}

test('min_version TLSv1.3 refuses TLS 1.2, and TLS 1.1 is never spoken', async (t) => {
  const strict = await listen(t, prepare(t, { ...spec, minVersion: 'TLSv1.3' }))
  assert.equal((await dial(strict, servers, only('TLSv1.2'))).error, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  assert.equal((await dial(strict, servers, only('TLSv1.3'))).error, null)
  const gateway = await listen(t, prepare(t, spec))
  const old = await dial(gateway, servers, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })
  assert.deepEqual([old.seen, old.error], [null, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'])
})

test('TLS 1.2 has forward secrecy and AEAD only; TLS 1.3 takes AES-128-GCM and X25519 first', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'DHE-RSA-AES128-GCM-SHA256']) {
    const answer = await dial(gateway, servers, { ...only('TLSv1.2'), ciphers: `${ciphers}:@SECLEVEL=0` })
    assert.deepEqual([answer.seen, answer.error], [null, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'], ciphers)
  }
  const socket = connect({ port: gateway.port, host: '127.0.0.1', ca: servers.certificate, checkServerIdentity: () => undefined })
  await once(socket, 'secureConnect')
  assert.equal(socket.getCipher().name, 'TLS_AES_128_GCM_SHA256')
  assert.equal((socket.getEphemeralKeyInfo() as { name?: string }).name, 'X25519')
  socket.destroy()
})

test('renegotiation is refused', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  const socket = connect({
    port: gateway.port,
    host: '127.0.0.1',
    ca: servers.certificate,
    checkServerIdentity: () => undefined,
    ...only('TLSv1.2'),
  })
  socket.resume()
  await once(socket, 'secureConnect')
  const error = await new Promise<Error | null>((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({}, resolve)
  })
  assert.match(String(error), /no_renegotiation|no renegotiation/i)
  socket.destroy()
})

test('server keys of every kind serve both versions, and P-384 client certificates pass in TLS 1.2 too', async (t) => {
  for (const keyType of ['ec', 'p384', 'rsa', 'ed25519'] as const) {
    const gateway = await listen(t, prepare(t, { server: await servers.server(['a.test'], { keyType }), clientCa: [root] }))
    const client = await root.issue({ keyType, subject: `CN=${keyType}` })
    for (const version of versions) {
      const { seen, error } = await dial(gateway, servers, { ...only(version), ...as(client) })
      assert.deepEqual([seen?.dn, seen?.refusal], [`CN=${keyType}`, null], `${keyType} ${version} ${error}`)
    }
  }
})

test('half-closed clients get their answer, and closing the listener leaves open connections alone', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  const socket = connect({
    port: gateway.port,
    host: '127.0.0.1',
    ca: servers.certificate,
    checkServerIdentity: () => undefined,
    ...as(alice),
  })
  await once(socket, 'secureConnect')
  const ended = new Promise<void>((resolve) => gateway.listener.server.once('close', resolve))
  gateway.listener.close()
  socket.end()
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  assert.match(Buffer.concat(chunks).toString(), /CN=alice/)
  await ended
})
