import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { HttpHandler } from '../../../src/gateway/exchange.ts'
import { clock } from '../../../src/http1/clock.ts'
import type { ConnectionLimits } from '../../../src/http1/connection-rules.ts'
import { onFault } from '../../../src/http1/fault.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { copyOfLent, LENT } from '../../../src/http1/lent-buffer.ts'
import { RequestBody } from '../../../src/http1/request-body.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'
import { RequestReader } from '../../../src/http1/request-reader.ts'
import { ServerConnection } from '../../../src/http1/server-connection.ts'
import { type Completion, FakeSocket, ticked } from '../../support/fake-socket.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

const LIMITS: ConnectionLimits = {
  head: 1000,
  headBytes: 1024,
  headers: 20,
  targetBytes: 200,
  bodyBytes: 0,
  bodyIdle: 2000,
  keepalive: 5000,
}
const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: [], prefixes: [] })
const silent: HttpHandler = {
  onRequest: () => {},
  onBody: () => {},
  onBodyEnd: () => {},
  onProblem: () => {},
  onTunnelBytes: () => {},
  onTunnelEnd: () => {},
  onDrain: () => {},
  onGone: () => {},
}
const requestOf = (text: string): { readonly head: RequestHead } => {
  const head = new RequestHead()
  assert.equal(head.read(Buffer.from(text), 0, text.length, TABLE, LIMITS), 1)
  return { head }
}
const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')

interface Made {
  readonly socket: FakeSocket
  readonly connection: ServerConnection
  /** One line per event. */
  readonly heard: string[]
  /** What reached the handler of each request's body. */
  readonly bodies: string[]
  readonly rules: { draining: boolean }
}

interface MadeWith {
  readonly limits?: Partial<ConnectionLimits>
  readonly completion?: Completion
  /** Called in the events that a gateway answers in. */
  readonly onRequest?: (connection: ServerConnection, target: string) => void
  readonly onBody?: (connection: ServerConnection) => void
  readonly onComplete?: (connection: ServerConnection) => void
}

function make(given: MadeWith = {}): Made {
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

const answer = (connection: ServerConnection): void => {
  connection.send(OK, false)
  connection.finish(false)
}
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (target: string, length: number, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${body}`
const chunked = (target: string, body: string): string => `POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`

/** The coarse clock goes on by so much, and the sweep follows. */
function pass(connection: ServerConnection, milliseconds: number): void {
  clock.now += milliseconds
  connection.sweep(clock.now)
}

/** Whether more bytes are asked for: a connection that is not is deaf. */
const listening = ({ connection }: Made): boolean => !connection.transport.paused

describe('requests one after the other', () => {
  const text = `\r\n${get('/1')}${post('/2', 5, 'hello')}\r\n\r\n${chunked('/3', '3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSum: 9\r\n\r\n')}${get('/4')}`
  const events = ['request /1', 'request /2', 'request /3', 'body end Sum: 9', 'request /4']

  test('are the same wherever what came was split', () => {
    for (let at = 1; at < text.length; at++) {
      const made = make({ onComplete: answer })
      made.socket.receive(text.slice(0, at))
      made.socket.receive(text.slice(at))
      const heard = made.heard.filter((event) => event !== 'body end')
      assert.deepEqual(heard, events, `split at ${at}`)
      assert.deepEqual(made.bodies, ['', 'hello', 'abcde', ''], `split at ${at}`)
      assert.equal(listening(made), true)
    }
  })

  test('are the same byte by byte', () => {
    const made = make({ onComplete: answer })
    for (const byte of text) made.socket.receive(byte)
    assert.deepEqual(made.bodies, ['', 'hello', 'abcde', ''])
    assert.equal(made.socket.text, OK.toString().repeat(4))
  })

  test('beyond head_bytes stop the reading until they are answered, and none is lost', () => {
    const made = make()
    const { socket, connection, heard } = made
    socket.receive(get('/0'))
    let sent = 0
    let bytes = 0
    while (listening(made)) {
      const next = get(`/${++sent}`)
      bytes += next.length
      socket.receive(next)
    }
    assert.ok(bytes > LIMITS.headBytes)
    assert.deepEqual(heard, ['request /0'])
    for (let i = 0; i < sent; i++) answer(connection)
    assert.equal(heard.length, sent + 1)
    answer(connection)
    assert.deepEqual([listening(made), connection.idle], [true, true])
  })

  test('a body behind them is asked for as soon as its turn comes', () => {
    const made = make({ onComplete: () => {} })
    made.socket.receive(get('/slow'))
    made.socket.receive(post('/up', 5000, 'x'.repeat(2000)))
    assert.equal(listening(made), false)
    answer(made.connection)
    assert.equal(listening(made), true)
    made.socket.receive('x'.repeat(3000))
    assert.equal(made.bodies.at(-1)?.length, 5000)
    assert.equal(made.heard.at(-1), 'body end')
  })
})

describe('a body', () => {
  for (const [name, head, first, rest, body] of [
    ['with a length', post('/b', 8, ''), 'abcd', `efgh${get('/next')}`, 'abcdefgh'],
    ['in chunks', chunked('/b', ''), '4\r\nabcd\r\n', `4\r\nefgh\r\n0\r\n\r\n${get('/next')}`, 'abcdefgh'],
  ] as const) {
    describe(name, () => {
      test('held before it came is passed on once, in order, after resume', () => {
        const made = make({ onRequest: (connection, target) => target === '/b' && connection.pause() })
        for (const piece of [head + first, rest]) made.socket.receive(piece)
        assert.ok(!made.bodies[0].includes('e'))
        made.connection.resume()
        assert.deepEqual([made.bodies[0], made.heard], [body, ['request /b', 'body end']])
        assert.equal(listening(made), true)
        answer(made.connection)
        assert.deepEqual(made.heard, ['request /b', 'body end', 'request /next'])
      })

      test('held again and again by a slow upstream arrives whole', () => {
        const made = make({ onBody: (connection) => connection.pause() })
        made.socket.receive(head)
        for (const byte of first + rest) {
          made.socket.receive(byte)
          made.connection.resume()
        }
        assert.equal(made.bodies[0], body)
        answer(made.connection)
        assert.equal(made.heard.at(-1), 'request /next')
      })

      test('whose client closes its half while the rest is held is complete', async () => {
        const made = make({ onRequest: (connection) => connection.pause() })
        made.socket.receive(head)
        made.socket.receive(first + rest)
        made.socket.receive(null)
        assert.equal(made.socket.destroyed, false)
        made.connection.resume()
        assert.deepEqual([made.bodies[0], made.heard], [body, ['request /b', 'body end']])
        answer(made.connection)
        assert.equal(made.socket.text, OK.toString())
        made.socket.closeSending()
        await ticked()
        assert.deepEqual([made.socket.destroyed, made.heard.at(-1)], [true, 'gone'])
      })

      test('whose client closes its half before the end is given up, held or not', async () => {
        for (const hold of [false, true]) {
          const made = make({ onRequest: (connection) => hold && connection.pause() })
          made.socket.receive(head)
          made.socket.receive(first)
          made.socket.receive(null)
          if (hold) made.connection.resume()
          await ticked()
          assert.equal(made.heard.at(-1), 'gone')
          assert.ok(!made.heard.includes('body end'))
        }
      })

      test('that was refused while held is not waited for: the answer, then the end', () => {
        const made = make({ onRequest: (connection) => connection.pause() })
        made.socket.receive(head + first)
        answer(made.connection)
        assert.equal(made.socket.ending, true)
        assert.equal(listening(made), true)
        made.socket.receive(rest)
        made.connection.resume()
        assert.deepEqual([made.heard, made.socket.text], [['request /b'], OK.toString()])
      })
    })
  }

  test('over body_bytes is a problem of a sound head by its length, and of none by its chunks', () => {
    const long = make({ limits: { bodyBytes: 4 } })
    long.socket.receive(post('/long', 5, 'abcde'))
    assert.deepEqual(long.heard, ['body_too_large of a sound head'])
    const chunks = make({ limits: { bodyBytes: 4 } })
    chunks.socket.receive(chunked('/long', '5\r\nabcde\r\n0\r\n\r\n'))
    assert.deepEqual(chunks.heard, ['request /long', 'body_too_large'])
  })
})

describe('pause and resume', () => {
  test('a whole request refused while held does not disturb the next one and its body', () => {
    const made = make({ onRequest: (connection, target) => target === '/1' && connection.pause() })
    made.socket.receive(post('/1', 2, 'ab') + chunked('/2', '3\r\nabc\r\n0\r\n\r\n'))
    answer(made.connection)
    assert.deepEqual(
      [made.heard, made.bodies],
      [
        ['request /1', 'request /2', 'body end'],
        ['ab', 'abc'],
      ],
    )
  })

  test('hold pipelined requests, not the response', () => {
    const made = make({ onRequest: (connection, target) => target === '/1' && connection.pause() })
    made.socket.receive(get('/1') + get('/2'))
    made.connection.resume()
    assert.deepEqual(made.heard, ['request /1'])
    answer(made.connection)
    assert.deepEqual(made.heard, ['request /1', 'request /2'])
  })

  test('an answer ends a hold: the next request is read', () => {
    const made = make({ onRequest: (connection, target) => target === '/1' && connection.pause() })
    made.socket.receive(get('/1'))
    answer(made.connection)
    assert.equal(listening(made), true)
    made.socket.receive(get('/2'))
    assert.equal(made.heard.at(-1), 'request /2')
  })

  test('an answer from inside the last body bytes leaves nothing held', () => {
    const made = make({
      onBody: (connection) => {
        connection.pause()
        if (connection.requestComplete) answer(connection)
      },
    })
    made.socket.receive(post('/up', 4, ''))
    made.socket.receive('abcd')
    assert.equal(listening(made), true)
  })

  test('an answer from inside the last body bytes is the end of that request alone', () => {
    const made = make({ onBody: (connection) => connection.requestComplete && answer(connection) })
    made.socket.receive(post('/up', 4, ''))
    made.socket.receive(`abcd${post('/next', 2, '')}`)
    assert.deepEqual(made.heard, ['request /up', 'request /next'])
    made.socket.receive('e')
    made.socket.receive('f')
    assert.deepEqual(
      [made.heard, made.bodies],
      [
        ['request /up', 'request /next'],
        ['abcd', 'ef'],
      ],
    )
  })

  test('in a tunnel hold the reading; what is decrypted already goes on', () => {
    const made = make({ onComplete: (connection) => connection.startTunnel() })
    made.socket.receive(`${get('/ws')}first`)
    made.connection.pause()
    made.socket.receive('second')
    assert.equal(listening(made), false)
    made.connection.resume()
    assert.equal(listening(made), true)
    assert.deepEqual(made.heard, ['request /ws', 'tunnel first', 'tunnel second'])
  })

  test('bytes held while a switch was awaited are the first of the tunnel', () => {
    const made = make({ onRequest: (connection) => connection.pause() })
    made.socket.receive(get('/ws'))
    made.socket.receive('early')
    made.connection.startTunnel()
    assert.deepEqual(made.heard, ['request /ws', 'tunnel early'])
    assert.equal(listening(made), true)
  })
})

describe('the client closes its half', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['before any request', ''],
    ['inside a head', 'GET / HT'],
    ['inside a body', post('/', 5, 'ab')],
    ['inside a chunk', chunked('/', '5\r\nab')],
  ]
  for (const [name, received] of cases) {
    test(`${name}: nothing is owed, the connection goes`, async () => {
      const { socket, heard } = make()
      if (received !== '') socket.receive(received)
      socket.receive(null)
      await ticked()
      assert.deepEqual([socket.destroyed, heard.at(-1)], [true, 'gone'])
    })
  }

  test('while it waits: it gets its answer, then the end', async () => {
    const { socket, connection, heard } = make()
    socket.receive(get('/'))
    socket.receive(null)
    assert.deepEqual([socket.destroyed, connection.closing], [false, true])
    answer(connection)
    assert.deepEqual([socket.text, socket.ending], [OK.toString(), true])
    socket.closeSending()
    await ticked()
    assert.equal(heard.at(-1), 'gone')
  })

  test('in a tunnel: the other direction stays', () => {
    const { socket, connection, heard } = make({ onComplete: (made) => made.startTunnel() })
    socket.receive(get('/ws'))
    socket.receive(null)
    assert.deepEqual([heard.at(-1), socket.destroyed], ['tunnel end', false])
    connection.send(Buffer.from('still'), false)
    connection.endTunnel()
    assert.deepEqual([socket.text, socket.ending], ['still', true])
  })

  test('before the switch: the tunnel begins half-closed', () => {
    const { socket, connection, heard } = make()
    socket.receive(get('/ws'))
    socket.receive(null)
    connection.startTunnel()
    assert.deepEqual(heard, ['request /ws', 'tunnel end'])
  })

  test('after our end: the connection goes at once', async () => {
    const { socket, connection } = make()
    socket.receive(get('/'))
    connection.send(OK, false)
    connection.finish(true)
    socket.receive('thrown away')
    socket.closeSending()
    assert.equal(socket.destroyed, false)
    socket.receive(null)
    assert.equal(socket.destroyed, true)
  })
})

describe('deadlines, by the clock', () => {
  test('a head has its time, however it trickles in', () => {
    const { socket, connection, heard } = make()
    socket.receive('GET / HTTP/1.1\r\n')
    for (let i = 0; i < 4; i++) {
      pass(connection, 250)
      socket.receive(`X${i}: y\r\n`)
    }
    assert.deepEqual(heard, [])
    pass(connection, 1)
    assert.deepEqual([heard, socket.ending], [['request_timeout'], true])
  })

  test('a body may take long, but not stop', () => {
    const { socket, connection, heard } = make()
    socket.receive(post('/', 10, ''))
    for (let i = 0; i < 5; i++) {
      pass(connection, 2000)
      socket.receive('x')
    }
    assert.deepEqual(heard, ['request /'])
    pass(connection, 2001)
    assert.deepEqual(heard, ['request /', 'request_timeout'])
  })

  test('a body that we hold is not late, and has its whole time after', () => {
    const { socket, connection, heard } = make({ onRequest: (made) => made.pause() })
    socket.receive(post('/', 10, 'x'))
    pass(connection, 60_000)
    assert.deepEqual(heard, ['request /'])
    connection.resume()
    pass(connection, 2000)
    assert.deepEqual(heard, ['request /'])
    pass(connection, 1)
    assert.deepEqual(heard, ['request /', 'request_timeout'])
  })

  test('an idle connection is closed without a word: head before the first request, keepalive after', () => {
    const fresh = make()
    pass(fresh.connection, 1000)
    assert.equal(fresh.socket.ending, false)
    pass(fresh.connection, 1)
    assert.deepEqual([fresh.socket.ending, fresh.socket.text, fresh.heard], [true, '', []])
    const used = make({ onComplete: answer })
    used.socket.receive(get('/'))
    pass(used.connection, 5000)
    assert.equal(used.socket.ending, false)
    pass(used.connection, 1)
    assert.equal(used.socket.ending, true)
  })

  test('a response may take as long as the upstream is given', () => {
    const { socket, connection } = make()
    socket.receive(get('/'))
    pass(connection, 1_000_000)
    assert.deepEqual([socket.destroyed, socket.ending], [false, false])
  })

  test('a reader that takes nothing is cut off, one that takes something is not', () => {
    for (const takes of [true, false]) {
      const { socket, connection } = make({ completion: 'later' })
      socket.receive(get('/'))
      connection.send(Buffer.alloc(200_000), false)
      pass(connection, 1500)
      if (takes) socket.complete()
      pass(connection, 1500)
      assert.equal(socket.destroyed, !takes)
    }
  })

  test('an end that the client does not answer takes two seconds', () => {
    const { socket, connection } = make()
    socket.receive(get('/'))
    connection.finish(true)
    socket.closeSending()
    socket.receive('ignored')
    pass(connection, 2000)
    assert.equal(socket.destroyed, false)
    pass(connection, 1)
    assert.equal(socket.destroyed, true)
  })

  test('a limit of 0 is none', () => {
    const { socket, connection } = make({ limits: { head: 0, bodyIdle: 0, keepalive: 0 }, completion: 'later' })
    pass(connection, 1e9)
    socket.receive(post('/', 2, 'a'))
    pass(connection, 1e9)
    socket.receive('b')
    connection.send(OK, false)
    pass(connection, 1e9)
    assert.deepEqual([socket.destroyed, socket.ending], [false, false])
  })
})

describe('draining', () => {
  test('an idle connection has half a second for a request on its way', () => {
    const { socket, connection } = make()
    connection.retire()
    pass(connection, 500)
    assert.equal(socket.ending, false)
    pass(connection, 1)
    assert.equal(socket.ending, true)
  })

  test('a busy one ends with its response', () => {
    const { socket, connection } = make()
    socket.receive(get('/'))
    connection.retire()
    pass(connection, 10_000)
    assert.equal(socket.ending, false)
    answer(connection)
    assert.deepEqual([socket.text, socket.ending], [OK.toString(), true])
  })

  test('a request that comes meanwhile is answered, and is the last', () => {
    const { socket, connection, heard, rules } = make({ onComplete: answer })
    rules.draining = true
    connection.retire()
    socket.receive(get('/1') + get('/2'))
    assert.deepEqual([heard, socket.ending], [['request /1'], true])
  })
})

test('a fault of ours ends this connection alone', async (t: TestContext) => {
  const faults: string[] = []
  onFault((error) => faults.push(String(error)))
  t.after(() =>
    onFault((error) => {
      throw error
    }),
  )
  const { socket, connection, heard } = make({
    onRequest: (_made, target) => {
      if (target === '/2') throw new TypeError('ours')
    },
  })
  socket.receive(get('/1') + get('/2'))
  // The fault comes in what an upstream's answer leads to.
  answer(connection)
  await ticked()
  assert.deepEqual([faults, socket.destroyed, heard.at(-1)], [['TypeError: ours'], true, 'gone'])
})

describe('what is kept while a request waits', () => {
  test('is not the body that was handed on', () => {
    const body = new RequestBody()
    const { head } = requestOf('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n')
    body.begin(head, 0, 0, 100)
    body.read(Buffer.from('abcd'))
    assert.equal(String(body.take()), 'abcd')
    assert.equal(body.take(), null)
  })

  test('is no slab that other reads share', () => {
    LENT.write('GET / HTTP/1.1\r\n\r\n', 'latin1')
    assert.equal(copyOfLent(18).buffer.byteLength, 18)
  })
})

test('a lone CR before a head that would be known makes it another', () => {
  const rules = { table: TABLE, limits: LIMITS, draining: false }
  const reader = new RequestReader({
    handler: silent,
    rules: () => rules,
    stopReading: () => {},
    onProblem: (problem) => problems.push(problem),
  })
  const problems: string[] = []
  const lend = (text: string): boolean => reader.readLent(LENT.write(text, 'latin1'))
  for (let i = 0; i < 3; i++) {
    reader.read(Buffer.from(get('/')))
    reader.next()
  }
  assert.equal(lend(get('/')), true)
  reader.next()
  reader.read(Buffer.from('\r'))
  assert.equal(lend(get('/')), false)
  reader.read(Buffer.from(get('/')))
  assert.deepEqual(problems, ['malformed_request'])
})
