import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Lifetime } from '../../support/lifetime.ts'

/** What the upstream does with a request, once its head is there. */
type Behaviour = (socket: Socket) => void

interface Stall {
  /** Null: it does not even accept. */
  readonly behave: Behaviour | null
  readonly expect: number | 'cut short'
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Where the upstream stalls or breaks off, and what the client is to get: a status, or the beginning of an answer that ends early. */
export const STALLS: ReadonlyMap<string, Stall> = new Map<string, Stall>([
  // Its queue is full, and nobody takes anything out.
  ['connect', { behave: null, expect: 502 }],
  ['before-head', { behave: () => {}, expect: 504 }],
  ['mid-head', { behave: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Le'), expect: 504 }],
  ['mid-body', { behave: (socket) => void socket.write(`${HEAD}half`), expect: 'cut short' }],
  [
    'mid-chunk',
    { behave: (socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'), expect: 'cut short' },
  ],
  ['reset-before-head', { behave: (socket) => void socket.resetAndDestroy(), expect: 502 }],
  ['reset-mid-head', { behave: (socket) => afterWriting(socket, 'HTTP/1.1 200 OK\r\nX', () => socket.resetAndDestroy()), expect: 502 }],
  ['reset-mid-body', { behave: (socket) => afterWriting(socket, `${HEAD}half`, () => socket.resetAndDestroy()), expect: 'cut short' }],
  ['half-close-before-head', { behave: (socket) => void socket.end(), expect: 502 }],
  ['half-close-mid-body', { behave: (socket) => void socket.end(`${HEAD}half`), expect: 'cut short' }],
  ['close-kept-alive', { behave: (socket) => void socket.end(WHOLE), expect: 200 }],
  ['reset-kept-alive', { behave: (socket) => afterWriting(socket, WHOLE, () => socket.resetAndDestroy()), expect: 200 }],
])

/** Milliseconds: what was written is to have arrived before the reset overtakes it. */
const ARRIVAL = 50

function afterWriting(socket: Socket, text: string, then: () => void): void {
  socket.write(text, () => setTimeout(then, ARRIVAL))
}

/** Starts an upstream for each stall and returns their ports. */
export async function startStalling(t: Lifetime): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>()
  for (const [name, { behave }] of STALLS) ports.set(name, behave === null ? await startDeaf(t) : await startBehaving(t, behave))
  return ports
}

async function startBehaving(t: Lifetime, behave: Behaviour): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.on('end', () => socket.end())
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('\r\n\r\n')) behave(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const DEAF = "require('node:net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},function(){console.log(this.address().port)})"

/** A listener whose process is stopped and whose queue is full: the kernel answers no further SYN. */
async function startDeaf(t: Lifetime): Promise<number> {
  const child = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 8 }, () => connect(Number(line), '127.0.0.1').on('error', () => {}))
  t.after(() => {
    for (const filler of fillers) filler.destroy()
  })
  await once(fillers[0] ?? child, 'connect')
  return Number(line)
}
