import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ticked } from '../../support/fake-socket.ts'
import { answer, chunked, get, listening, make, OK, post } from './connection-fixture.ts'

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
