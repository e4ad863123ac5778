/** The promise: a protocol switches only where the route says so, after the decision, and the tunnel carries every byte both ways. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { before, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime, type Lifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
let sockets: WebSocketServer
before(async () => {
  const server = createServer((_request, response) => response.writeHead(426).end())
  sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    socket.send(`hello ${request.headers['x-forwarded-user']}`)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lifetime.after(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  gateway = await startGateway(lifetime, {
    upstreams: `\n  sockets: { targets: ["http://127.0.0.1:${port}"] }`,
    routes: `
  - { name: plain, path: /plain/**, allow: [reader], upstream: sockets }
  - { name: chat, path: /chat/**, allow: [reader], upgrade: [websocket], upstream: sockets }`,
  })
})

const open = (path: string, who: 'alice' | 'mallory' = 'alice', headers: Record<string, string> = {}): WebSocket =>
  new WebSocket(`wss://localhost:${gateway.port}${path}`, {
    ca: gateway.authority.certificate,
    cert: gateway[who].chain,
    key: gateway[who].key,
    headers,
  })

const refused = async (socket: WebSocket): Promise<number | undefined> => {
  const [, response] = await once(socket, 'unexpected-response')
  socket.on('error', () => {})
  socket.terminate()
  return response.statusCode
}

test('the ws client talks through, with its identity', async () => {
  const socket = open('/chat/room')
  const [greeting] = await once(socket, 'message')
  assert.equal(String(greeting), 'hello alice')
  const large = Buffer.alloc(3_000_000, 'x')
  socket.send(large)
  const [echo] = await once(socket, 'message')
  assert.equal(large.equals(echo as Buffer), true)
  socket.close(1000, 'done')
  const [code] = await once(socket, 'close')
  assert.equal(code, 1000)
  const line = await gateway.record('/chat/room')
  assert.equal(line.status, 101)
  assert.ok(line.bytes_in > 3_000_000 && line.bytes_out > 3_000_000)
})

test('without the role there is no tunnel', async () => {
  assert.equal(await refused(open('/chat/room', 'mallory')), 403)
})

test('on a route without upgrade the request goes on as a plain one', async () => {
  assert.equal(await refused(open('/plain/room')), 426)
})

test('a page of another origin cannot open one', async () => {
  assert.equal(await refused(open('/chat/room', 'alice', { Origin: 'https://evil.example' })), 403)
})

test('the same origin can', async () => {
  const socket = open('/chat/room', 'alice', { Origin: `https://localhost:${gateway.port}` })
  await once(socket, 'open')
  socket.terminate()
})

test('h2c is never offered on', async () => {
  const response = await gateway.ask(
    get('/chat/x', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'),
  )
  assert.notEqual(response.status, 101)
})

test('an Upgrade that Connection does not list is not one', async () => {
  const response = await gateway.ask(
    get('/chat/x', 'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'),
  )
  assert.notEqual(response.status, 101)
})

test('when the upstream goes, so does the tunnel', async () => {
  const socket = open('/chat/gone')
  await once(socket, 'message')
  for (const client of sockets.clients) client.terminate()
  await once(socket, 'close')
  assert.equal((await gateway.record('/chat/gone')).status, 101)
})

test('a client that closes its half before the 101 still gets the tunnel, and the upstream the end', async (t) => {
  const own = await startGateway(t)
  let switched: () => void = () => {}
  own.upstream.answer = (_request, socket) => {
    socket.prependOnceListener('end', () => socket.write('bye'))
    switched = () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ')
  }
  const client = await own.connect()
  client.send(get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  client.socket.end()
  await once(client.socket, 'finish')
  await own.upstream.until(1)
  // The one worker has read this client's end by the time it has served others.
  for (let i = 0; i < 5; i++) assert.equal((await own.ask(get('/forbidden'), own.mallory)).status, 403)
  switched()
  await client.end()
  assert.match(client.text, /^HTTP\/1\.1 101 /)
  assert.match(client.text, /\r\n\r\nhello bye$/)
  assert.equal((await own.record('/ws')).status, 101)
})

/** An upstream that never closes its side by itself. */
const staying = async (t: Lifetime, limits: string) => {
  const own = await startGateway(t, { limits })
  own.upstream.answer = (_request, socket) => {
    socket.removeAllListeners('end')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
  }
  const client = await own.connect()
  client.send(get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  await client.textMatching(/hello/)
  return { own, client }
}

test('a tunnel whose client has closed its half gets what the upstream has, and ends when that is silent', async (t) => {
  const { own, client } = await staying(t, '{ upstream_idle: 1s }')
  const [socket] = own.upstream.sockets
  client.socket.end()
  await once(socket as Socket, 'end')
  socket?.write('more')
  await client.textMatching(/more/)
  await client.end()
  assert.equal((await own.record('/ws')).status, 101)
})

test('a client that hangs up holds nothing, where the upstream keeps its side open', async (t) => {
  const { own, client } = await staying(t, '{ upstream_idle: 1s, connections_per_address: 1 }')
  client.socket.end()
  client.socket.destroy()
  own.upstream.reset()
  await eventually('the place is free again', () =>
    own.ask(get('/public/x')).then(
      (answer) => answer.status === 200,
      () => false,
    ),
  )
})

test('a tunnel that is open both ways may be silent', async (t) => {
  const { client, own } = await staying(t, '{ upstream_idle: 250ms }')
  // Another that is ended for its silence shows that the time has passed.
  own.upstream.answer = (_request, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1')
  const other = await own.connect()
  other.send(get('/slow'))
  await other.end()
  client.send('still there?')
  await eventually('it passes', () => own.upstream.receivedText.endsWith('still there?'))
})
