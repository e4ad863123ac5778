import { Socket } from 'node:net'

/** Longest read of a plain socket; one of TLS is at most a record, 16 KiB. */
const LENGTH = 65536

/** What any client connection of this worker sent lands here, and is overwritten by the next read of any of them. */
export const LENT: Buffer = Buffer.allocUnsafeSlow(LENGTH)
/** The same memory, to compare four bytes at a time. */
export const LENT_WORDS: Int32Array = new Int32Array(LENT.buffer)

/** What `net.connect` sets for its option `onread`, and what sockets that a server accepted have no option for. */
interface ReadsIntoBuffer {
  [name: symbol]: unknown
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null
}

const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find((symbol) => symbol.description === name),
)

/**
 * Lets a socket read into `LENT`: without it, Node.js allocates and registers memory for every read, which costs several percent of a
 * small request. `onRead` hears how many bytes are there, and returns false to stop reading. The end of the peer still comes through
 * `push`. False where this Node.js has no such means: everything then comes through `push`.
 */
export function lendBuffer(socket: Socket, onRead: (length: number) => boolean): boolean {
  const reader = socket as unknown as ReadsIntoBuffer
  const handle = reader._handle
  if (BUFFER === undefined || CALLBACK === undefined || typeof handle?.useUserBuffer !== 'function') return false
  reader[BUFFER] = LENT
  reader[CALLBACK] = onRead
  handle.useUserBuffer(LENT)
  return true
}

/** A copy of the first bytes, for whoever keeps them. In memory of its own: a slice of the pool would keep all of it while a request waits. */
export function copyOfLent(length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length)
  LENT.copy(copy, 0, 0, length)
  return copy
}
