import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { onFault } from '../../../src/http1/fault.ts'
import { fakeUpstream } from '../../support/fake-home.ts'
import { ticked } from '../../support/fake-socket.ts'
import { begun, CHUNKED, listener } from './connection-fixture.ts'

describe('a response comes out as it came in, wherever it was split', () => {
  const cases: readonly (readonly [string, string, { head?: boolean }?])[] = [
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nA: b\r\n\r\n0123456789'],
    ['empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['in chunks with trailers', `${CHUNKED}3;x="y"\r\nabc\r\n00a\r\n0123456789\r\n0\r\nSum: 1\r\n\r\n`],
    ['to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', { head: true }],
    ['to HEAD, in chunks', CHUNKED, { head: true }],
    ['204', 'HTTP/1.1 204 No Content\r\nA: b\r\n\r\n'],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    [
      'after interim responses',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ],
  ]
  for (const [name, text, options] of cases) {
    test(`${name}, and the connection is kept`, () => {
      for (let at = 1; at < text.length; at++) {
        const { receive, heard, told } = begun(options)
        for (const piece of [text.slice(0, at), text.slice(at)]) receive(piece)
        assert.deepEqual([heard.bytes, heard.finished, told], [text, true, ['connected', 'keep']], `split at ${at}`)
      }
      const { receive, heard, told } = begun(options)
      for (const byte of text) receive(byte)
      assert.deepEqual([heard.bytes, heard.finished, told.at(-1)], [text, true, 'keep'])
    })
  }

  test('until the connection closes, and it is not kept', () => {
    const text = 'HTTP/1.0 200 OK\r\nA: b\r\n\r\nall of it'
    for (let at = 1; at < text.length; at++) {
      const { socket, receive, heard, told } = begun()
      for (const piece of [text.slice(0, at), text.slice(at)]) receive(piece)
      assert.equal(heard.finished, false)
      socket.emit('end')
      assert.deepEqual([heard.bytes, heard.finished, told.includes('keep')], [text, true, false], `split at ${at}`)
    }
  })

  test('switched protocols, and all that follows', () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'
    const text = `${head}HTTP/1.1 200 OK\r\n\r\n`
    for (let at = 1; at < text.length; at++) {
      const { socket, receive, heard } = begun()
      for (const piece of [text.slice(0, at), text.slice(at)]) receive(piece)
      socket.emit('end')
      assert.deepEqual([heard.bytes, heard.events], [text, ['101', 'tunnel end']], `split at ${at}`)
    }
  })

  test('for a client that knows no chunks only their data', () => {
    const text = `${CHUNKED}3;x\r\nabc\r\n2\r\nde\r\n0\r\nSum: 1\r\n\r\n`
    for (let at = 1; at < text.length; at++) {
      const { receive, heard } = begun({ dechunk: true })
      for (const piece of [text.slice(0, at), text.slice(at)]) receive(piece)
      assert.deepEqual([heard.bytes, heard.finished], [`${CHUNKED}abcde`, true], `split at ${at}`)
    }
  })
})

describe('a connection is not used again', () => {
  const excess = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale'
  const cases: readonly (readonly [string, string])[] = [
    ['after more than the length', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${excess}`],
    ['after more than the last chunk', `${CHUNKED}0\r\n\r\n${excess}`],
    ['after a body on 204', `HTTP/1.1 204 No Content\r\n\r\n${excess}`],
    ['after Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    ['after options that we do not know', 'HTTP/1.1 200 OK\r\nConnection: keep-alive, x\r\nContent-Length: 0\r\n\r\n'],
    ['after HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ]
  for (const [name, text] of cases) {
    test(`${name}, wherever it was split`, () => {
      for (let at = 1; at <= text.length; at++) {
        const { socket, receive, heard, told } = begun()
        for (const piece of [text.slice(0, at), text.slice(at)]) if (piece !== '') receive(piece)
        assert.equal(heard.finished, true)
        assert.doesNotMatch(heard.bytes, /stale/)
        assert.equal(socket.destroyed, true, `split at ${at}`)
        // A split exactly behind the response was kept, and dropped as soon as something came unasked.
        if (told.includes('keep')) assert.deepEqual(told.slice(-2), ['keep', 'forget'])
      }
    })
  }

  test('whose request was not sent to its end', () => {
    const { socket, receive, told } = begun({ sent: false })
    receive('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n')
    assert.deepEqual([socket.destroyed, told], [true, ['connected', 'forget']])
  })

  test('that is spoken to or closed while nobody asks', () => {
    for (const event of ['bytes', 'end', 'close', 'error']) {
      const { socket, connection, receive, told } = begun()
      receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      if (event === 'bytes') assert.equal(receive('HTTP/1.1 200 OK\r\n'), false)
      else socket.emit(event, new Error('ECONNRESET'))
      assert.deepEqual([connection.dead, told.at(-1)], [true, 'forget'], event)
    }
  })
})

describe('what is not a response fails the exchange', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['garbage', 'garbage', /^protocol: not HTTP\/1/],
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /^protocol: both/],
    ['a malformed chunk', `${CHUNKED}zz\r\n`, /^protocol: malformed chunked response/],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${`A: ${'b'.repeat(1000)}\r\n`.repeat(300)}`, /^protocol: the response head is too long/],
    ['endless interim responses', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(33), /^protocol: too many informational/],
  ]
  for (const [name, text, expected] of cases) {
    test(name, () => {
      const { socket, receive, heard } = begun()
      for (let at = 0; at < text.length && !socket.destroyed; at += 1000) receive(text.slice(at, at + 1000))
      assert.match(heard.events.at(-1) ?? '', expected)
      assert.deepEqual([socket.destroyed, heard.finished], [true, false])
    })
  }

  test('nor one that breaks off', async () => {
    for (const text of ['', 'HTTP/1.1 200', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', `${CHUNKED}5\r\nab`]) {
      const { socket, receive, heard } = begun()
      if (text !== '') receive(text)
      socket.emit('end')
      await ticked()
      assert.match(heard.events.at(-1) ?? '', /^broken: /)
      assert.equal(heard.events.filter((event) => event.startsWith('broken')).length, 1)
    }
  })

  test('one that resets before it was connected counts against its target', () => {
    const upstream = fakeUpstream('never', false)
    const heard = listener(upstream)
    upstream.connection.begin(heard.handler, false, false)
    upstream.socket.emit('error', Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))
    assert.deepEqual([heard.events, upstream.told], [['connect: ECONNREFUSED'], ['failed', 'forget']])
  })

  test('a fault of ours costs this exchange alone', (t) => {
    const faults: string[] = []
    onFault((error) => faults.push(String(error)))
    t.after(() =>
      onFault((error) => {
        throw error
      }),
    )
    const { connection, heard, receive, socket } = begun()
    connection.begin(
      {
        ...heard.handler,
        onResponse: () => {
          throw new TypeError('ours')
        },
      },
      false,
      false,
    )
    receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    assert.deepEqual([faults, heard.events, socket.destroyed], [['TypeError: ours'], ['protocol: internal fault'], true])
  })
})

describe('a head that the upstream sent before', () => {
  const known = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
  /** A connection whose target sent that head three times. */
  function knowing() {
    const upstream = fakeUpstream()
    for (let i = 0; i < 3; i++) {
      const heard = listener(upstream)
      upstream.connection.begin(heard.handler, false, false)
      upstream.receive(`${known}ok`)
      assert.deepEqual(heard.events, ['200'])
    }
    const heard = listener(upstream)
    upstream.connection.begin(heard.handler, false, false)
    return { ...upstream, heard }
  }

  test('is not seen in the rest of another one', () => {
    const { receive, heard } = knowing()
    receive('HTTP/1.1 404 Not Found\r\nX: ')
    receive(`${known}ok`)
    assert.deepEqual(heard.events, ['404'])
    assert.equal(heard.bytes, `HTTP/1.1 404 Not Found\r\nX: ${known}ok`)
  })

  test('behind an informational one is not remembered with it', () => {
    const upstream = fakeUpstream()
    for (let i = 0; i < 4; i++) {
      const heard = listener(upstream)
      upstream.connection.begin(heard.handler, false, false)
      upstream.receive(`HTTP/1.1 103 Early Hints\r\n\r\n${known}ok`)
      assert.deepEqual(heard.events, ['103', '200'], `time ${i}`)
    }
  })
})
