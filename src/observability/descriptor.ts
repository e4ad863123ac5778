import { close, fstatSync, open, openSync, write, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { CertgateError } from '../errors.ts'

/** Linux: a write of up to this many bytes to a pipe is never mixed with another process's (PIPE_BUF). */
export const PIPE_ATOMIC = 4096

/** How long to wait, in milliseconds, when a descriptor that somebody made non-blocking takes nothing. */
const BUSY_RETRY = 10

/** How lines have to be written so that those of several processes never mix: see LineSink. */
export type DescriptorKind = 'file' | 'pipe' | 'terminal'

export function kindOf(fd: number): DescriptorKind {
  if (isatty(fd)) return 'terminal'
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket() ? 'pipe' : 'file'
}

/** Opens for appending, mode 0640. Throws CertgateError `io_failed`. */
export function openForAppend(file: string): number {
  try {
    return openSync(file, 'a', 0o640)
  } catch (cause) {
    throw new CertgateError('io_failed', `cannot open log file ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'the folder has to exist and be writable by the user certgate runs as',
    })
  }
}

export const reopenForAppend = (file: string): Promise<number> => promisify(open)(file, 'a', 0o640)

/** A failure to close loses nothing that could still be saved. */
export function closeQuietly(fd: number): Promise<void> {
  return new Promise((resolve) => close(fd, () => resolve()))
}

/** Writes part of `bytes` on one of libuv's threads; resolves with how many bytes were taken, rejects with the system's error. */
export async function writeSome(fd: number, bytes: Buffer, from: number, to: number): Promise<number> {
  for (;;) {
    try {
      return await new Promise<number>((resolve, reject) => {
        write(fd, bytes, from, to - from, null, (error, written) => (error === null ? resolve(written) : reject(error)))
      })
    } catch (error) {
      if (!isBusy(error)) throw error
      await delay(BUSY_RETRY)
    }
  }
}

/** Writes everything before it returns; false where the descriptor fails or, after some attempts, still takes nothing. */
export function writeAllSync(fd: number, bytes: Buffer, limit: number): boolean {
  let patience = 100
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset, wholeLines(bytes, offset, limit) - offset)
    } catch (error) {
      if (!isBusy(error) || patience-- === 0) return false
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_RETRY)
    }
  }
  return true
}

/** Where to end a write that starts at `from`: the last line end within `limit` bytes, or the end of a longer line. */
export function wholeLines(bytes: Buffer, from: number, limit: number): number {
  if (bytes.length - from <= limit) return bytes.length
  const last = bytes.lastIndexOf(10, from + limit - 1)
  if (last >= from) return last + 1
  const next = bytes.indexOf(10, from + limit)
  return next === -1 ? bytes.length : next + 1
}

function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}
