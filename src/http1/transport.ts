import type { Socket } from 'node:net'
import { clock } from './clock.ts'
import { reportFault } from './fault.ts'

/** At most this much is handed to TLS at once: one larger write would leave the connection with a buffer of that size for good. */
const MAX_WRITE = 65536

/** What a transport tells its owner. */
export interface TransportOwner {
  /** Bytes from the peer; the buffer is the owner's to keep. */
  onBytes(bytes: Buffer): void
  /** The peer will send nothing more (FIN or close_notify); our direction stays open. */
  onPeerEnd(): void
  /** Everything queued has been handed to the operating system; may come from inside `write`. */
  onDrain(): void
  /** `end` is done: all is sent, and our direction is closed. */
  onEnded(): void
  /** The socket is gone, for whatever reason; called once. */
  onClose(): void
}

/** The parts of a socket below its stream that we use; see the class comment. */
interface Internals {
  push(chunk: Buffer | null): boolean
  _read(size: number): void
  _write(chunk: Buffer, encoding: string, callback: (error?: Error | null) => void): void
}

/**
 * A TLS or TCP socket without the stream machinery in between, which costs 7% of a small request: bytes arrive through `push`
 * and leave through `_write`, one at a time. This is the only place that does so. Node's own `write` and `end(data)` must not
 * be mixed in (two native writes in flight abort the process), so everything goes through here.
 */
export class Transport {
  readonly socket: Socket
  readonly #owner: TransportOwner
  readonly #internals: Internals
  readonly #written: (error?: Error | null) => void
  #writing = false
  #inFlight = 0
  #queue: Buffer[] = []
  #queued = 0
  #ending = false
  #paused = false
  #closed = false
  /** When a write last completed or began with nothing queued, on the coarse clock: tells a slow reader from a dead one. */
  progressAt = 0

  constructor(socket: Socket, owner: TransportOwner) {
    this.socket = socket
    this.#owner = owner
    this.#internals = socket as unknown as Internals
    this.#written = (error) => this.#onWritten(error)
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.#onClosed())
  }

  /** Begins to read. */
  start(): void {
    const { socket } = this
    const early = socket.readableLength > 0 ? (socket.read() as Buffer | null) : null
    this.#internals.push = (chunk) => this.#onChunk(chunk)
    if (early !== null) this.#onChunk(early)
    if (!this.#closed && !this.#paused) this.#internals._read(0)
  }

  /** A fault of ours ends this one connection, never the worker and all its others. */
  #onChunk(chunk: Buffer | null): boolean {
    try {
      if (chunk === null) this.#owner.onPeerEnd()
      else this.#owner.onBytes(chunk)
    } catch (error) {
      reportFault(error)
      this.destroy()
    }
    return !this.#paused
  }

  /** Bytes accepted by `write` and not yet handed to the operating system. */
  get queued(): number {
    return this.#queued
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Sends bytes. `shared` says that the caller reuses the memory as soon as this returns: encryption (or the first attempt to
   * write) is synchronous, so a copy is needed only while an earlier write is in flight.
   */
  write(bytes: Buffer, shared: boolean): void {
    if (this.#closed || this.#ending) return
    if (this.#queued === 0) this.progressAt = clock.now
    this.#queued += bytes.length
    if (this.#writing || bytes.length > MAX_WRITE) {
      this.#queue.push(shared ? Buffer.from(bytes) : bytes)
      if (!this.#writing) this.#writeNext()
      return
    }
    this.#writing = true
    this.#inFlight = bytes.length
    this.#internals._write(bytes, 'buffer', this.#written)
  }

  /** Stops reading; bytes that are already decrypted may still arrive. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#internals._read(0)
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Sends what is queued, then closes our direction. */
  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    if (!this.#writing) this.#finish()
  }

  #finish(): void {
    this.socket.end(() => this.#owner.onEnded())
  }

  /** Closes both directions at once; what is queued is lost. */
  destroy(): void {
    if (!this.#closed) this.socket.destroy()
  }

  #onWritten(error?: Error | null): void {
    if (this.#closed) return
    if (error) {
      this.socket.destroy()
      return
    }
    this.#queued -= this.#inFlight
    this.#writing = false
    this.progressAt = clock.now
    if (this.#queue.length > 0) {
      this.#writeNext()
      return
    }
    if (this.#ending) this.#finish()
    this.#owner.onDrain()
  }

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
    this.#internals._write(next, 'buffer', this.#written)
  }

  #onClosed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#queue = []
    this.#queued = 0
    this.#owner.onClose()
  }
}
