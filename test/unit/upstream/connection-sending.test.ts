import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clock } from '../../../src/http1/clock.ts'
import { fakeUpstream } from '../../support/fake-home.ts'
import { begun, listener } from './connection-fixture.ts'

describe('sending', () => {
  test('a small body leaves with its head in one write, a large one follows it', () => {
    const { connection, socket } = fakeUpstream()
    connection.sendHead('head ', Buffer.from('\xff\x00body', 'latin1'))
    connection.sendHead('head ', null)
    connection.sendHead('head ', Buffer.alloc(70_000, 'x'))
    assert.equal(socket.text, `head \xff\x00bodyhead head ${'x'.repeat(70_000)}`)
    assert.equal(socket.written[0].length, 11)
  })

  test('asks to wait beyond 64 KiB, and says when it may go on', () => {
    const upstream = fakeUpstream('later')
    const heard = listener(upstream)
    upstream.connection.begin(heard.handler, false, false)
    assert.equal(upstream.connection.sendBytes(Buffer.alloc(65_536)), true)
    assert.equal(upstream.connection.sendBytes(Buffer.alloc(1)), false)
    upstream.socket.complete()
    assert.deepEqual(heard.events, [])
    upstream.socket.complete()
    assert.deepEqual(heard.events, ['writable'])
  })

  test('tells for how long the upstream has taken nothing', () => {
    const { connection, socket } = fakeUpstream('later')
    clock.now += 5000
    assert.equal(connection.stalledFor(clock.now), 0)
    connection.sendText('a')
    connection.sendText('b')
    clock.now += 700
    assert.equal(connection.stalledFor(clock.now), 700)
    socket.complete()
    assert.equal(connection.stalledFor(clock.now), 0)
    clock.now += 300
    assert.equal(connection.stalledFor(clock.now), 300)
    socket.complete()
    assert.equal(connection.stalledFor(clock.now + 1000), 0)
  })

  test('a released connection reads again, and hears nothing of the last exchange', () => {
    const { connection, socket, receive, heard } = begun()
    connection.pause()
    assert.equal(socket.streamPaused, true)
    receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    assert.deepEqual([socket.streamPaused, connection.paused, connection.requests], [false, false, 1])
    connection.sendText('next')
    assert.ok(!heard.events.includes('writable'))
  })
})
