import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { FaultGateway } from './gateway.ts'

/** A client that is up to no good; resolves once the gateway has ended its connection. */
export type StallingClient = (gateway: FaultGateway) => Promise<void>

/** In every phase of a connection: what is sent before nothing more comes, or what is sent instead. */
export const STALLING_CLIENTS: ReadonlyMap<string, StallingClient> = new Map<string, StallingClient>([
  ['no-byte', (gateway) => overTcp(gateway, () => {})],
  ['half-hello', (gateway) => overTcp(gateway, async (socket) => void socket.write((await clientHello()).subarray(0, 100)))],
  ['trickling-hello', (gateway) => overTcp(gateway, async (socket) => trickle(socket, await clientHello()))],
  ['hello-and-silence', (gateway) => overTcp(gateway, async (socket) => void socket.write(await clientHello()))],
  ['hello-and-half-close', (gateway) => overTcp(gateway, async (socket) => void socket.end(await clientHello()))],
  ['garbage-for-tls', (gateway) => overTcp(gateway, (socket) => void socket.write(randomBytes(4096)))],
  ['plain-http', (gateway) => overTcp(gateway, (socket) => void socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))],
  ['no-request', (gateway) => overTls(gateway, () => {})],
  ['half-head', (gateway) => overTls(gateway, (socket) => void socket.write('GET / HTTP/1.1\r\nHo'))],
  ['trickling-head', (gateway) => overTls(gateway, (socket) => trickle(socket, Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(1000)}`)))],
  ['half-body', (gateway) => overTls(gateway, (socket) => void socket.write(post('half')))],
  ['half-head-and-half-close', (gateway) => overTls(gateway, (socket) => void socket.end('GET / HTTP/1.1\r\nHo'))],
  ['half-body-and-half-close', (gateway) => overTls(gateway, (socket) => void socket.end(post('half')))],
  ['garbage-for-http', (gateway) => overTls(gateway, (socket) => void socket.write(randomBytes(4096)))],
  ['no-reading', (gateway) => overTls(gateway, (socket) => void socket.pause().write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n'))],
])

/** More than all buffers on the way together take. */
export const BIG = 32 * 1024 * 1024

const TRICKLE = 50

const post = (body: string) => `POST /load/0/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n${body}`

async function overTcp(gateway: FaultGateway, act: (socket: Socket) => Promise<void> | void): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: gateway.port, allowHalfOpen: true })
  await untilEnded(socket, 'connect', act)
}

async function overTls(gateway: FaultGateway, act: (socket: Socket) => Promise<void> | void): Promise<void> {
  const { chain: cert, key } = gateway.alice
  const options = { host: '127.0.0.1', port: gateway.port, servername: 'localhost', ca: gateway.authority.certificate, cert, key }
  await untilEnded(connectTls({ ...options, allowHalfOpen: true } as ConnectionOptions), 'secureConnect', act)
}

/** The end shows on what lies below TLS too: a client that reads nothing would not see it otherwise. */
async function untilEnded(socket: Socket, ready: string, act: (socket: Socket) => Promise<void> | void): Promise<void> {
  const ended = Promise.race(['end', 'close', 'error'].map((event) => new Promise((resolve) => socket.once(event, resolve))))
  socket.on('error', () => {})
  try {
    await once(socket, ready)
    socket.resume()
    await act(socket)
    // Who does not read learns of the end when writing.
    const probe = setInterval(() => {
      if (socket.isPaused()) socket.write('x')
    }, 500)
    await ended
    clearInterval(probe)
  } finally {
    socket.destroy()
  }
}

function trickle(socket: Socket, bytes: Buffer): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < bytes.length && socket.writable) socket.write(bytes.subarray(at, ++at))
    else clearInterval(timer)
  }, TRICKLE)
  socket.once('close', () => clearInterval(timer))
}

let hello: Promise<Buffer> | null = null

/** The first bytes of a client of this OpenSSL. */
function clientHello(): Promise<Buffer> {
  hello ??= new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (bytes: Buffer) => {
        socket.destroy()
        server.close()
        resolve(bytes)
      })
    })
    server.listen(0, '127.0.0.1', () => {
      connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername: 'localhost' }).on('error', () => {})
    })
  })
  return hello
}
