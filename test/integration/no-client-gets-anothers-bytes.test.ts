/** The promise: what one client is sent never holds a byte of another's response, however slowly it reads and however it connects. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'

const LENGTH = 24_000_000
const STEP = 2_000_000
const OTHER = 100_000

/** Counts the bytes of a response body that are not the letter it should consist of. */
class Reader {
  readonly socket: Socket
  readonly #letter: string
  #head: Buffer | null = Buffer.alloc(0)
  bytes = 0
  foreign = 0

  constructor(socket: Socket, letter: string) {
    this.socket = socket
    this.#letter = letter
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => this.#push(bytes))
    socket.pause()
  }

  #push(received: Buffer): void {
    let bytes = received
    if (this.#head !== null) {
      this.#head = Buffer.concat([this.#head, bytes])
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      bytes = this.#head.subarray(end + 4)
      this.#head = null
    }
    this.bytes += bytes.length
    if (!bytes.equals(Buffer.alloc(bytes.length, this.#letter))) {
      for (const byte of bytes) if (byte !== this.#letter.charCodeAt(0)) this.foreign++
    }
  }

  /** Reads until at least so many body bytes are there, then stops again. */
  async take(count: number): Promise<void> {
    this.socket.resume()
    await eventually(`${count} bytes`, () => this.bytes >= count)
    this.socket.pause()
  }
}

for (const tls of [false, true]) {
  test(`a slow reader on a ${tls ? 'TLS' : 'plain'} listener`, async (t) => {
    const gateway = await startGateway(t, {
      tls: 'clientauth_mode: OPTIONAL\n  plain:\n    address: 127.0.0.1:0\n    tls: off',
    })
    const { listeners } = await askStatus(join(gateway.folder, 'admin.sock'))
    const address = listeners.find(({ name }) => name === (tls ? 'main' : 'plain'))?.address ?? ''
    const port = Number(address.split(':').pop())
    const ca = tls ? gateway.authority.certificate : null
    let slowUpstream: Socket | null = null
    gateway.upstream.answer = (request, socket) => {
      const slow = request.target.endsWith('/A')
      if (slow) slowUpstream = socket
      const length = slow ? LENGTH : OTHER
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`)
      socket.write(Buffer.alloc(length, slow ? 'A' : 'B'))
    }
    const slow = new Reader(
      ca === null ? connect(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca }),
      'A',
    )
    t.after(() => slow.socket.destroy())
    slow.socket.write(get('/public/A'))
    const other = await RawClient.connect({ port, ca }, t)
    // Everything between is full once the upstream gets rid of nothing more while the one worker serves others.
    const meanwhile: string[] = []
    await eventually('the slow response to stop', async () => {
      const before = slowUpstream?.writableLength ?? 0
      for (let i = 0; i < 3; i++) meanwhile.push((await other.ask(get('/public/B'))).body)
      return before > 0 && slowUpstream?.writableLength === before
    })
    for (const body of meanwhile) assert.equal(body, 'B'.repeat(OTHER))
    for (let read = STEP; read <= LENGTH; read += STEP) {
      for (let i = 0; i < 3; i++) assert.equal((await other.ask(get('/public/B'))).body, 'B'.repeat(OTHER))
      await slow.take(read)
    }
    assert.deepEqual([slow.bytes, slow.foreign], [LENGTH, 0])
  })
}
