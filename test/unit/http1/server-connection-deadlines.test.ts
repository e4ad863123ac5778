import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answer, get, make, OK, pass, post } from './connection-fixture.ts'

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
