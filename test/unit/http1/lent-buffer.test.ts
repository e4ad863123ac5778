import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import type { HttpHandler } from '../../../src/gateway/exchange.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { copyOfLent, LENT, LENT_WORDS, lendBuffer } from '../../../src/http1/lent-buffer.ts'
import { ServerConnection } from '../../../src/http1/server-connection.ts'
import { FakeSocket } from '../../support/fake-socket.ts'

/** Both ends of one connection, over this machine's own network. */
async function pair(t: TestContext): Promise<{ server: Socket; client: Socket }> {
  const listening = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const client = connect((listening.address() as AddressInfo).port, '127.0.0.1')
  const [server] = (await once(listening, 'connection')) as [Socket]
  t.after(() => {
    client.destroy()
    server.destroy()
    listening.close()
  })
  return { server, client }
}

describe('a socket that a server accepted', () => {
  // Without it all works and is slower: this fails where a Node.js no longer has the means, and nobody would notice.
  test('reads into the lent buffer on this Node.js, and its end still comes through push', async (t) => {
    const { server, client } = await pair(t)
    const { promise, resolve } = Promise.withResolvers<void>()
    let text = ''
    server.push = (chunk) => {
      text += chunk === null ? ' end' : ' pushed'
      resolve()
      return true
    }
    const lent = lendBuffer(server, (length) => {
      text += LENT.latin1Slice(0, length)
      return true
    })
    assert.equal(lent, true)
    server.resume()
    client.end('hello')
    await promise
    assert.equal(text, 'hello end')
  })

  test('is not read on once it was told so, until it is asked to', async (t) => {
    const { server, client } = await pair(t)
    const heard: string[] = []
    let read = Promise.withResolvers<void>()
    lendBuffer(server, (length) => {
      heard.push(LENT.latin1Slice(0, length))
      read.resolve()
      return false
    })
    server.resume()
    client.write('first')
    await read.promise
    read = Promise.withResolvers()
    client.write('second')
    // What is asked of the same loop later is answered earlier: a read of the second would have come before the echo.
    const { server: echoing, client: echo } = await pair(t)
    echoing.end('echo')
    await once(echo, 'data')
    assert.deepEqual(heard, ['first'])
    server._read(0)
    await read.promise
    assert.deepEqual(heard, ['first', 'second'])
  })
})

test('a socket without a handle, or with one that cannot, stays as it is', () => {
  const without = new Socket()
  const before = Object.getOwnPropertySymbols(without).map((symbol) => (without as never)[symbol])
  assert.equal(
    lendBuffer(without, () => true),
    false,
  )
  assert.equal(
    lendBuffer(new FakeSocket().socket, () => true),
    false,
  )
  assert.deepEqual(
    Object.getOwnPropertySymbols(without).map((symbol) => (without as never)[symbol]),
    before,
  )
})

test('a copy is memory of its own, and the words are the same memory', () => {
  LENT.write('abcdefgh')
  const copy = copyOfLent(5)
  LENT.fill('z', 0, 8)
  assert.equal(copy.toString(), 'abcde')
  assert.equal(LENT_WORDS[1], LENT.readInt32LE(4))
  assert.equal(LENT_WORDS.byteLength, LENT.length)
})

/** Lends like a socket of ours; `lent` is a read into memory that another connection's read overwrites at once. */
class LendingSocket extends FakeSocket {
  readonly _handle = { useUserBuffer: () => {} }

  lent(text: string): void {
    const symbol = Object.getOwnPropertySymbols(this).find(({ description }) => description === 'kBufferCb') as symbol
    const onRead = Reflect.get(this, symbol) as (length: number) => boolean
    onRead(LENT.write(text, 'latin1'))
    LENT.fill('!')
  }
}

describe('a connection on a socket that lends', () => {
  const rules = {
    table: compileHeaderTable(REQUEST_NAMES, { exact: ['x-user'], prefixes: [] }),
    limits: { head: 0, headBytes: 1_000, headers: 20, targetBytes: 100, bodyBytes: 0, bodyIdle: 0, keepalive: 0 },
    draining: false,
  }

  /** Everything a handler is told, read only after the memory was overwritten. */
  function listen() {
    const socket = new LendingSocket()
    const told: (() => string)[] = []
    const finish = () => {
      told.push(() => 'answered')
      connection.finish(false)
    }
    const handler: HttpHandler = {
      onRequest(bytes, head, start, bodyEnd, complete) {
        const { targetStart, targetEnd, end, stripped } = head
        told.push(() => `${bytes.latin1Slice(targetStart, targetEnd)} ${stripped} ${bytes.latin1Slice(start, end)}`)
        told.push(() => bytes.latin1Slice(end, bodyEnd))
        if (complete) finish()
      },
      onBody: (bytes) => told.push(() => bytes.latin1Slice()),
      onBodyEnd: finish,
      onProblem: (problem) => told.push(() => problem),
      onTunnelBytes: () => {},
      onTunnelEnd: () => {},
      onDrain: () => {},
      onGone: () => {},
    }
    const connection: ServerConnection = new ServerConnection(socket.socket, () => rules, handler)
    connection.start()
    // Heads and bodies as one text: how a body was cut does not matter.
    return { socket, heard: () => told.map((text) => text()).join('') }
  }

  const same = 'GET /same HTTP/1.1\r\nHost: a\r\nX-User: root\r\n\r\n'
  const post = (body: string): string => `PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n${body}`
  const chunks = 'PUT /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  const text = same.repeat(4) + post('12345') + post('67890') + post('abcde') + chunks.repeat(4) + same

  test('hears what one hears that pushes, wherever what came was split', () => {
    const pushed = listen()
    pushed.socket.receive(text)
    const expected = pushed.heard()
    assert.equal(expected.split('answered').length, 13)
    for (let at = 1; at < text.length; at++) {
      const { socket, heard } = listen()
      for (const piece of [text.slice(0, at), text.slice(at)]) socket.lent(piece)
      assert.equal(heard(), expected, `split at ${at}`)
    }
    for (const length of [1, 2, 3, 5, 11, same.length, same.length + 1]) {
      const { socket, heard } = listen()
      for (let at = 0; at < text.length; at += length) socket.lent(text.slice(at, at + length))
      assert.equal(heard(), expected, `in pieces of ${length}`)
    }
  })

  test('hears it too where heads and bodies come in reads of their own', () => {
    const pushed = listen()
    pushed.socket.receive(text)
    const { socket, heard } = listen()
    for (const piece of text.split(/(?<=\r\n\r\n)(?!\r\n)|(?=PUT|GET)/)) socket.lent(piece)
    assert.equal(heard(), pushed.heard())
  })
})
