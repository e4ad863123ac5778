import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clock } from '../../../src/http1/clock.ts'
import { onFault } from '../../../src/http1/fault.ts'
import { MAX_WRITE, SocketWriter } from '../../../src/http1/socket-writer.ts'
import { type Completion, FakeSocket } from '../../support/fake-socket.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

const SLICE = MAX_WRITE

function writerOn(completion: Completion, tls = true) {
  const socket = new FakeSocket(completion)
  const heard: string[] = []
  const writer = new SocketWriter(
    tls ? socket.tlsSocket : socket.socket,
    () => heard.push('drain'),
    () => heard.push('ended'),
  )
  return { socket, writer, heard }
}

const sizes = (socket: FakeSocket): number[] => socket.written.map(({ length }) => length)

describe('order', () => {
  for (const completion of ['at once', 'later'] as const) {
    test(`bytes and text leave as they came, where writes complete ${completion}`, () => {
      const { socket, writer, heard } = writerOn(completion)
      writer.writeText('a')
      writer.write(Buffer.from('b'), false)
      writer.writeText('\xff')
      writer.write(Buffer.alloc(SLICE + 1, 'c'), true)
      writer.writeText('d')
      while (socket.pending !== null) socket.complete()
      assert.equal(socket.text, `ab\xff${'c'.repeat(SLICE + 1)}d`)
      assert.equal(writer.queued, 0)
      assert.equal(heard.at(-1), 'drain')
    })
  }

  test('what waits together leaves together, up to one slice', () => {
    const { socket, writer } = writerOn('later')
    for (const piece of ['1', '22', '333', '4444']) writer.writeText(piece)
    socket.complete()
    assert.deepEqual(sizes(socket), [1, 9])
    for (let i = 0; i < 3; i++) writer.write(Buffer.alloc(SLICE / 2), false)
    socket.complete()
    socket.complete()
    assert.deepEqual(sizes(socket), [1, 9, SLICE, SLICE / 2])
  })

  test('nothing larger than a slice goes to the socket at once', () => {
    for (const completion of ['at once', 'later'] as const) {
      const { socket, writer } = writerOn(completion)
      writer.write(Buffer.alloc(SLICE * 2 + 5), false)
      while (socket.pending !== null) socket.complete()
      assert.deepEqual(sizes(socket), [SLICE, SLICE, 5])
    }
  })

  test('a long text is cut up like bytes', () => {
    const { socket, writer } = writerOn('at once')
    writer.writeText('x'.repeat(SLICE + 1))
    assert.deepEqual(sizes(socket), [SLICE, 1])
  })
})

describe('shared memory', () => {
  const scribbled = (completion: Completion, tls: boolean, before: string, length: number): string => {
    const { socket, writer } = writerOn(completion, tls)
    if (before !== '') writer.writeText(before)
    const memory = Buffer.alloc(length, 'A')
    writer.write(memory, true)
    // The next read of any connection overwrites it.
    memory.fill('B')
    while (socket.pending !== null && completion === 'later') socket.complete()
    return socket.text
  }

  test('a plain socket keeps the memory until the kernel has it: it gets a copy', () => {
    assert.equal(scribbled('later', false, '', 10), 'A'.repeat(10))
    assert.equal(scribbled('never', false, '', 10), 'A'.repeat(10))
  })

  test('what is queued is copied, plain or TLS', () => {
    for (const tls of [false, true]) {
      assert.equal(scribbled('later', tls, 'x', 10), `x${'A'.repeat(10)}`)
      assert.equal(scribbled('later', tls, '', SLICE + 10), 'A'.repeat(SLICE + 10))
    }
  })

  test('TLS encrypts at once: the first write is not copied', () => {
    const { socket, writer } = writerOn('later')
    const memory = Buffer.alloc(10)
    writer.write(memory, true)
    assert.equal(socket.written[0], memory)
  })

  test('memory that is not shared is never copied', () => {
    const { socket, writer } = writerOn('later', false)
    const memory = Buffer.alloc(10)
    writer.write(memory, false)
    assert.equal(socket.written[0], memory)
  })
})

describe('the end', () => {
  test('comes after all that was queued, and nothing after it', () => {
    const { socket, writer, heard } = writerOn('later')
    writer.writeText('one')
    writer.writeText('two')
    writer.end()
    writer.writeText('late')
    writer.write(Buffer.from('late'), false)
    writer.end()
    assert.equal(socket.ending, false)
    socket.complete()
    assert.equal(socket.ending, false)
    socket.complete()
    assert.equal(socket.ending, true)
    assert.equal(socket.text, 'onetwo')
    assert.deepEqual(heard, ['drain'])
    socket.closeSending()
    assert.deepEqual(heard, ['drain', 'ended'])
  })

  test('comes at once where nothing is queued', () => {
    const { socket, writer } = writerOn('never')
    writer.end()
    assert.equal(socket.ending, true)
  })

  test('never comes where a write never completes', () => {
    const { socket, writer, heard } = writerOn('never')
    writer.writeText('stuck')
    writer.end()
    assert.deepEqual([socket.ending, writer.queued, heard], [false, 5, []])
  })
})

test('a drain asks for more from inside a write, and no two writes are in flight', () => {
  const socket = new FakeSocket('at once')
  let left = 5
  const writer: SocketWriter = new SocketWriter(
    socket.socket,
    () => {
      if (left-- > 0) writer.writeText(String(left))
    },
    () => {},
  )
  writer.writeText('x')
  assert.equal(socket.text, 'x43210')
})

test('progress is told by the clock when a write begins on an empty queue and when one completes', () => {
  const { socket, writer } = writerOn('later')
  clock.now += 1000
  const begun = clock.now
  writer.writeText('a')
  clock.now += 500
  writer.writeText('b')
  assert.equal(writer.progressAt, begun)
  socket.complete()
  assert.equal(writer.progressAt, begun + 500)
})

test('once the socket is gone, what is queued is lost and a late completion means nothing', () => {
  const { socket, writer, heard } = writerOn('later')
  writer.writeText('a')
  writer.writeText('b')
  writer.closed()
  assert.equal(writer.queued, 0)
  socket.complete()
  writer.writeText('c')
  writer.end()
  assert.deepEqual([socket.text, socket.ending, heard], ['a', false, []])
})

test('a write that fails ends the connection', () => {
  const { socket, writer } = writerOn('later')
  writer.writeText('a')
  writer.writeText('b')
  socket.complete(new Error('EPIPE'))
  assert.deepEqual([socket.destroyed, socket.text], [true, 'a'])
})

test('a fault in whoever hears of a drain ends this connection alone', (t) => {
  const faults: unknown[] = []
  onFault((error) => faults.push(error))
  t.after(() =>
    onFault((error) => {
      throw error
    }),
  )
  const socket = new FakeSocket('at once')
  const writer = new SocketWriter(
    socket.socket,
    () => {
      throw new TypeError('ours')
    },
    () => {},
  )
  writer.writeText('a')
  assert.deepEqual([socket.destroyed, faults.map(String)], [true, ['TypeError: ours']])
})
