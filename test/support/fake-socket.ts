import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** When a write is done: inside `_write`, when the test says so with `complete`, or not at all. */
export type Completion = 'at once' | 'later' | 'never'

/** Stands in for a socket below its stream, and throws where a real one would abort the process. */
export class FakeSocket extends EventEmitter {
  completion: Completion
  /** The very memory that was handed over, read only when a test looks: what the caller scribbled on later shows. */
  readonly written: Buffer[] = []
  remoteAddress = '192.0.2.7'
  readableLength = 0
  early: Buffer | null = null
  /** How often reading was asked for. */
  reads = 0
  streamPaused = false
  /** Our direction was asked to close. */
  ending = false
  destroyed = false
  pending: ((error?: Error | null) => void) | null = null
  ended: (() => void) | null = null

  constructor(completion: Completion = 'at once') {
    super()
    this.completion = completion
  }

  get text(): string {
    return Buffer.concat(this.written).toString('latin1')
  }

  // What the program calls

  _writev(pieces: readonly { chunk: Buffer | string; encoding: string }[], callback: (error?: Error | null) => void): void {
    const bytes = pieces.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : chunk))
    this._write(Buffer.concat(bytes), 'buffer', callback)
  }

  _write(chunk: Buffer | string, encoding: string, callback: (error?: Error | null) => void): void {
    if (this.pending !== null) throw new Error('two native writes in flight abort the process')
    if (this.ending) throw new Error('a write after end')
    this.written.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding) : chunk)
    if (this.completion === 'at once') callback()
    else this.pending = callback
  }

  _read(): void {
    this.reads++
  }

  read(): Buffer | null {
    return this.early
  }

  /** Replaced by whoever reads below the stream. */
  push(_chunk: Buffer | null): boolean {
    throw new Error('nobody reads')
  }

  end(callback: () => void): void {
    if (this.pending !== null) throw new Error('end with a native write in flight aborts the process')
    this.ending = true
    this.ended = callback
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    process.nextTick(() => this.emit('close'))
  }

  pause(): void {
    this.streamPaused = true
  }

  resume(): void {
    this.streamPaused = false
  }

  // What the test does

  /** The operating system has taken the write in flight. */
  complete(error: Error | null = null): void {
    const { pending } = this
    if (pending === null) throw new Error('no write is in flight')
    if (this.completion === 'never') throw new Error('this socket never completes a write')
    this.pending = null
    pending(error)
  }

  /** Our direction is closed. */
  closeSending(): void {
    this.ended?.()
  }

  receive(bytes: string | Buffer | null): boolean {
    return this.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** As the type that it stands in for. */
  get socket(): Socket {
    return this as unknown as Socket
  }

  /** As a TLS socket, which encrypts inside `_write`. */
  get tlsSocket(): Socket {
    return new Proxy(this, { getPrototypeOf: () => TLSSocket.prototype }) as unknown as Socket
  }
}

/** Resolves when what was put off to the next tick is done. */
export function ticked(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
