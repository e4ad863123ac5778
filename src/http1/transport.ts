import type { Socket } from 'node:net'
import { contained, reportFault } from './fault.ts'
import { copyOfLent, lendBuffer } from './lent-buffer.ts'
import { SocketWriter } from './socket-writer.ts'

/** What a transport tells its owner. */
export interface TransportOwner {
  /** Bytes from the peer; the buffer is the owner's to keep. */
  onBytes(bytes: Buffer): void
  /** So many bytes from the peer are in `LENT`, until this returns: true where nothing of them is needed any more, else `onBytes` follows. */
  onLent(length: number): boolean
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
interface Readable {
  push(chunk: Buffer | null): boolean
  _read(size: number): void
  /** `ended`: the end has come, though perhaps nobody has read up to it. */
  readonly _readableState?: { readonly ended: boolean }
}

/**
 * The client's TLS or TCP socket without the stream machinery: bytes arrive in a lent buffer or through `push`, and leave through a
 * `SocketWriter`. Only these three files go below the stream.
 */
export class Transport {
  readonly socket: Socket
  readonly #owner: TransportOwner
  readonly #readable: Readable
  readonly #writer: SocketWriter
  #paused = false
  #closed = false

  constructor(socket: Socket, owner: TransportOwner) {
    this.socket = socket
    this.#owner = owner
    this.#readable = socket as unknown as Readable
    this.#writer = new SocketWriter(
      socket,
      () => owner.onDrain(),
      () => owner.onEnded(),
    )
    socket.on('error', () => this.destroy())
    socket.on('close', () => contained(() => this.#onClosed(), socket))
  }

  /** Begins to read. */
  start(): void {
    const { socket } = this
    const { ended = false } = this.#readable._readableState ?? {}
    const early = socket.readableLength > 0 ? (socket.read() as Buffer | null) : null
    this.#readable.push = (chunk) => this.#onChunk(chunk)
    lendBuffer(socket, (length) => this.#onLent(length))
    if (early !== null) this.#onChunk(early)
    // It came while nobody read yet, and is not told again.
    if (ended && !this.#closed) this.#onChunk(null)
    if (!this.#closed && !this.#paused) this.#readable._read(0)
  }

  /** Bytes accepted by `write` and not yet handed to the operating system. */
  get queued(): number {
    return this.#writer.queued
  }

  /** On the coarse clock: when a write last made progress. */
  get progressAt(): number {
    return this.#writer.progressAt
  }

  /** Sends bytes; `shared` says that the caller reuses the memory as soon as this returns. */
  write(bytes: Buffer, shared: boolean): void {
    this.#writer.write(bytes, shared)
  }

  /** Stops reading; bytes that are already decrypted may still arrive. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#readable._read(0)
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Sends what is queued, then closes our direction. */
  end(): void {
    this.#writer.end()
  }

  /** Closes both directions at once; what is queued is lost. */
  destroy(): void {
    if (!this.#closed) this.socket.destroy()
  }

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

  #onLent(length: number): boolean {
    try {
      if (this.#owner.onLent(length)) return !this.#paused
    } catch (error) {
      reportFault(error)
      this.destroy()
      return false
    }
    return this.#onChunk(copyOfLent(length))
  }

  #onClosed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#writer.closed()
    this.#owner.onClose()
  }
}
