import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { clock } from './clock.ts'
import { reportFault } from './fault.ts'

/** At most this much is handed to TLS at once: a larger write would be faster still, but leaves the connection with a buffer of its size. */
export const MAX_WRITE = 131072

interface Piece {
  readonly chunk: Buffer | string
  readonly encoding: string
}

/** The part of a socket below its stream that we use. */
interface Writable {
  _write(chunk: Buffer | string, encoding: string, callback: (error?: Error | null) => void): void
  _writev(chunks: readonly Piece[], callback: (error?: Error | null) => void): void
}

/**
 * Writes to a socket without the stream in between, which costs several percent of a small request: one write at a time goes to
 * the socket's own `_write`, what comes meanwhile is queued here. Node's `write` and `end(data)` must not be mixed in (two native
 * writes in flight abort the process), so whoever has one of these writes through nothing else.
 */
export class SocketWriter {
  readonly #socket: Socket
  readonly #writable: Writable
  readonly #onDrain: () => void
  readonly #onEnded: () => void
  readonly #written: (error?: Error | null) => void
  /** TLS encrypts before `_write` returns; a plain socket may keep the memory until the kernel has taken all of it. */
  readonly #copiesOnWrite: boolean
  #writing = false
  #inFlight = 0
  #queue: Buffer[] = []
  #ending = false
  #closed = false
  /** Bytes accepted and not yet handed to the operating system. */
  queued = 0
  /** When a write last completed or began with nothing queued, on the coarse clock: tells a slow reader from a dead one. */
  progressAt = 0

  /** `onDrain` may be called from inside a write; `onEnded` once all is sent and our direction closed. */
  constructor(socket: Socket, onDrain: () => void, onEnded: () => void) {
    this.#socket = socket
    this.#writable = socket as unknown as Writable
    this.#onDrain = onDrain
    this.#onEnded = onEnded
    this.#written = (error) => this.#onWritten(error)
    this.#copiesOnWrite = socket instanceof TLSSocket
  }

  /**
   * Sends bytes. `shared` says that the caller reuses the memory as soon as this returns: it is copied, unless TLS encrypts it at
   * once, which it does while no earlier write is in flight.
   */
  write(bytes: Buffer, shared: boolean): void {
    if (this.#closed || this.#ending) return
    if (this.queued === 0) this.progressAt = clock.now
    this.queued += bytes.length
    if (this.#writing || bytes.length > MAX_WRITE) {
      this.#queue.push(shared ? Buffer.from(bytes) : bytes)
      if (!this.#writing) this.#writeNext()
      return
    }
    this.#writing = true
    this.#inFlight = bytes.length
    this.#writable._write(shared && !this.#copiesOnWrite ? Buffer.from(bytes) : bytes, 'buffer', this.#written)
  }

  /** Sends Latin-1 text. */
  writeText(text: string): void {
    if (this.#writing || text.length > MAX_WRITE) {
      this.write(Buffer.from(text, 'latin1'), false)
      return
    }
    if (this.#closed || this.#ending) return
    if (this.queued === 0) this.progressAt = clock.now
    this.queued += text.length
    this.#writing = true
    this.#inFlight = text.length
    this.#writable._write(text, 'latin1', this.#written)
  }

  /** Sends Latin-1 text and then bytes, which are the writer's to keep, as one write and without a copy. */
  writeTextAndBytes(text: string, bytes: Buffer): void {
    if (this.#writing || this.#closed || this.#ending || text.length + bytes.length > MAX_WRITE) {
      this.writeText(text)
      this.write(bytes, false)
      return
    }
    if (this.queued === 0) this.progressAt = clock.now
    this.#inFlight = text.length + bytes.length
    this.queued += this.#inFlight
    this.#writing = true
    const pieces = [
      { chunk: text, encoding: 'latin1' },
      { chunk: bytes, encoding: 'buffer' },
    ]
    this.#writable._writev(pieces, this.#written)
  }

  /** Sends what is queued, then closes our direction. */
  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    if (!this.#writing) this.#finish()
  }

  /** The socket is gone: what is queued is lost. */
  closed(): void {
    this.#closed = true
    this.#queue = []
    this.queued = 0
  }

  #finish(): void {
    this.#socket.end(() => this.#onEnded())
  }

  #onWritten(error?: Error | null): void {
    try {
      this.#advance(error)
    } catch (fault) {
      reportFault(fault)
      this.#socket.destroy()
    }
  }

  #advance(error?: Error | null): void {
    if (this.#closed) return
    if (error) {
      this.#socket.destroy(error)
      return
    }
    this.queued -= this.#inFlight
    this.#writing = false
    this.progressAt = clock.now
    if (this.#queue.length > 0) {
      this.#writeNext()
      return
    }
    if (this.#ending) this.#finish()
    this.#onDrain()
  }

  /** Small pieces that wait together leave together. */
  #writeNext(): void {
    const queue = this.#queue
    let next = queue[0]
    if (next.length > MAX_WRITE) {
      queue[0] = next.subarray(MAX_WRITE)
      next = next.subarray(0, MAX_WRITE)
    } else if (queue.length > 1 && next.length + queue[1].length <= MAX_WRITE) {
      let count = 1
      let length = next.length
      while (count < queue.length && length + queue[count].length <= MAX_WRITE) length += queue[count++].length
      next = Buffer.concat(queue.splice(0, count), length)
    } else {
      queue.shift()
    }
    this.#writing = true
    this.#inFlight = next.length
    this.#writable._write(next, 'buffer', this.#written)
  }
}
