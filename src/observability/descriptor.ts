import { accessSync, close, closeSync, constants, fstatSync, open, openSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { CertgateError } from '../errors.ts'
import { unreadable } from '../regular-file.ts'

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

/** A FIFO that nobody reads is an error at once, and not something to wait for. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
const MODE = 0o640

/** Opens for appending, mode 0640. Throws CertgateError `io_failed`. */
export function openForAppend(file: string): number {
  try {
    return openSync(file, APPEND | constants.O_CREAT, MODE)
  } catch (cause) {
    throw new CertgateError('io_failed', `cannot open log file ${file}: ${unwritable(cause)}`, { cause, hint: WRITABLE })
  }
}

export const reopenForAppend = (file: string): Promise<number> => promisify(open)(file, APPEND | constants.O_CREAT, MODE)

/** What is asked of a log file's place. */
export const WRITABLE = 'the folder has to exist and be writable by the user certgate runs as'

/** Why a file cannot be opened for appending, as far as that shows without making it; null: nothing is in the way. */
export function whyNotAppendable(file: string): string | null {
  try {
    closeSync(openSync(file, APPEND))
    return null
  } catch (error) {
    return isAbsent(error) ? whyNotMade(dirname(file)) : unwritable(error)
  }
}

function whyNotMade(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return isAbsent(error) ? `there is no folder ${folder}` : `${folder}: ${unwritable(error)}`
  }
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

function unwritable(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENXIO' ? 'it is a socket, or a FIFO that nobody reads' : unreadable(error)
}

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
