import assert from 'node:assert/strict'
import type { HttpHandler } from '../../../src/gateway/exchange.ts'
import { clock } from '../../../src/http1/clock.ts'
import type { ConnectionLimits } from '../../../src/http1/connection-rules.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'
import { ServerConnection } from '../../../src/http1/server-connection.ts'
import { type Completion, FakeSocket } from '../../support/fake-socket.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

export const LIMITS: ConnectionLimits = {
  head: 1000,
  headBytes: 1024,
  headers: 20,
  targetBytes: 200,
  bodyBytes: 0,
  bodyIdle: 2000,
  keepalive: 5000,
}
export const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: [], prefixes: [] })
export const silent: HttpHandler = {
  onRequest: () => {},
  onBody: () => {},
  onBodyEnd: () => {},
  onProblem: () => {},
  onTunnelBytes: () => {},
  onTunnelEnd: () => {},
  onDrain: () => {},
  onGone: () => {},
}
export const requestOf = (text: string): { readonly head: RequestHead } => {
  const head = new RequestHead()
  assert.equal(head.read(Buffer.from(text), 0, text.length, TABLE, LIMITS), 1)
  return { head }
}
export const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

export interface Made {
  readonly socket: FakeSocket
  readonly connection: ServerConnection
  /** One line per event. */
  readonly heard: string[]
  /** What reached the handler of each request's body. */
  readonly bodies: string[]
  readonly rules: { draining: boolean }
}

export interface MadeWith {
  readonly limits?: Partial<ConnectionLimits>
  readonly completion?: Completion
  /** Called in the events that a gateway answers in. */
  readonly onRequest?: (connection: ServerConnection, target: string) => void
  readonly onBody?: (connection: ServerConnection) => void
  readonly onComplete?: (connection: ServerConnection) => void
}

export function make(given: MadeWith = {}): Made {
  const socket = new FakeSocket(given.completion)
  const heard: string[] = []
  const bodies: string[] = []
  const rules = { table: TABLE, limits: { ...LIMITS, ...given.limits }, draining: false }
  const handler: HttpHandler = {
    onRequest(bytes, head, _start, bodyEnd, complete) {
      const target = bytes.latin1Slice(head.targetStart, head.targetEnd)
      heard.push(`request ${target}`)
      bodies.push(bytes.latin1Slice(head.end, bodyEnd))
      given.onRequest?.(connection, target)
      if (complete) given.onComplete?.(connection)
    },
    onBody(bytes) {
      bodies.push(`${bodies.pop()}${bytes.latin1Slice()}`)
      given.onBody?.(connection)
    },
    onBodyEnd(trailers) {
      heard.push(`body end${trailers.map((line) => ` ${line}`).join('')}`)
      given.onComplete?.(connection)
    },
    onProblem(problem, _detail, _bytes, head) {
      heard.push(head === null ? problem : `${problem} of a sound head`)
      connection.finish(true)
    },
    onTunnelBytes: (bytes) => heard.push(`tunnel ${bytes}`),
    onTunnelEnd: () => heard.push('tunnel end'),
    onDrain: () => {},
    onGone: () => heard.push('gone'),
  }
  const connection: ServerConnection = new ServerConnection(socket.socket, () => rules, handler)
  connection.start()
  return { socket, connection, heard, bodies, rules }
}

export const answer = (connection: ServerConnection): void => {
  connection.send(OK, false)
  connection.finish(false)
}
export const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
export const post = (target: string, length: number, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${body}`
export const chunked = (target: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`

/** The coarse clock goes on by so much, and the sweep follows. */
export function pass(connection: ServerConnection, milliseconds: number): void {
  clock.now += milliseconds
  connection.sweep(clock.now)
}

/** Whether more bytes are asked for: a connection that is not is deaf. */
export const listening = ({ connection }: Made): boolean => !connection.transport.paused
