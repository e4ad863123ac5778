import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFault } from '../../../src/http1/fault.ts'
import { Transport, type TransportOwner } from '../../../src/http1/transport.ts'
import { FakeSocket, ticked } from '../../support/fake-socket.ts'

function transportOn(socket: FakeSocket, changes: Partial<TransportOwner> = {}) {
  const heard: string[] = []
  const owner: TransportOwner = {
    onBytes: (bytes) => heard.push(`bytes ${bytes}`),
    onLent: () => false,
    onPeerEnd: () => heard.push('peer end'),
    onDrain: () => heard.push('drain'),
    onEnded: () => heard.push('ended'),
    onClose: () => heard.push('close'),
    ...changes,
  }
  return { heard, transport: new Transport(socket.socket, owner) }
}

test('reads nothing before it is started, then what came meanwhile first', () => {
  const socket = new FakeSocket()
  const { heard, transport } = transportOn(socket)
  assert.throws(() => socket.receive('x'), /nobody reads/)
  socket.early = Buffer.from('early')
  socket.readableLength = 5
  transport.start()
  socket.receive('late')
  assert.deepEqual(heard, ['bytes early', 'bytes late'])
  assert.equal(socket.reads, 1)
})

test('paused, it asks for nothing more, and what is decrypted already still arrives', () => {
  const socket = new FakeSocket()
  const { heard, transport } = transportOn(socket)
  transport.start()
  assert.equal(socket.receive('a'), true)
  transport.pause()
  assert.equal(socket.receive('b'), false)
  assert.deepEqual([heard, socket.reads, transport.paused], [['bytes a', 'bytes b'], 1, true])
  transport.resume()
  transport.resume()
  assert.deepEqual([socket.reads, transport.paused], [2, false])
})

test('an owner that pauses inside its first bytes is not read on', () => {
  const socket = new FakeSocket()
  socket.early = Buffer.from('early')
  socket.readableLength = 5
  const made = transportOn(socket, { onBytes: () => made.transport.pause() })
  made.transport.start()
  assert.equal(socket.reads, 0)
})

test('the end of the peer leaves our direction open', () => {
  const socket = new FakeSocket()
  const { heard, transport } = transportOn(socket)
  transport.start()
  socket.receive(null)
  transport.write(Buffer.from('answer'), false)
  transport.end()
  socket.closeSending()
  assert.deepEqual(heard, ['peer end', 'drain', 'ended'])
  assert.equal(socket.text, 'answer')
})

test('an error destroys the socket, and the owner hears of its end once', async () => {
  const socket = new FakeSocket('never')
  const { heard, transport } = transportOn(socket)
  transport.start()
  transport.write(Buffer.from('lost'), false)
  socket.emit('error', new Error('ECONNRESET'))
  socket.emit('close')
  await ticked()
  transport.destroy()
  transport.pause()
  transport.resume()
  assert.deepEqual([heard, transport.queued, socket.reads], [['close'], 0, 1])
})

test('a fault in the owner ends this connection alone', (t) => {
  const faults: string[] = []
  onFault((error) => faults.push(String(error)))
  t.after(() =>
    onFault((error) => {
      throw error
    }),
  )
  const fault = (): never => {
    throw new TypeError('ours')
  }
  for (const [changes, event] of [
    [{ onBytes: fault }, 'x'],
    [{ onPeerEnd: fault }, null],
  ] as const) {
    const socket = new FakeSocket()
    transportOn(socket, changes).transport.start()
    socket.receive(event)
    assert.equal(socket.destroyed, true)
  }
  const socket = new FakeSocket()
  transportOn(socket, { onClose: fault }).transport.start()
  socket.emit('close')
  assert.equal(faults.length, 3)
})
