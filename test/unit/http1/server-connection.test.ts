import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { onFault } from '../../../src/http1/fault.ts'
import { copyOfLent, LENT } from '../../../src/http1/lent-buffer.ts'
import { RequestBody } from '../../../src/http1/request-body.ts'
import { RequestReader } from '../../../src/http1/request-reader.ts'
import { ticked } from '../../support/fake-socket.ts'
import { answer, chunked, get, LIMITS, listening, make, OK, post, requestOf, silent, TABLE } from './connection-fixture.ts'

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
