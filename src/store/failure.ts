import { CertgateError, type ErrorCode } from '../errors.ts'
import type { RegistryEntry } from './types.ts'

export type StoreErrorCode = Extract<ErrorCode, `store_${string}` | `entry_${string}` | 'token_refused' | 'file_exists' | 'io_failed'>

/** The store cannot be used (`store_...`, `io_failed`), or refuses this change: nothing of it was kept. */
export class StoreError extends CertgateError {
  declare readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(code, message, options)
  }
}

/** What may not be done with this entry; `reason` goes on after its name. */
export function entryRefused(entry: Pick<RegistryEntry, 'name' | 'thumbprint'>, reason: string, hint?: string): StoreError {
  return new StoreError('entry_refused', `certificate "${entry.name}" (${entry.thumbprint}) ${reason}`, hint === undefined ? {} : { hint })
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html): the low byte of an extended one. */
const ERROR = 1
const PERM = 3
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const CONSTRAINT = 19
const AUTH = 23
const NOTADB = 26

/** SQLITE_IOERR_SHMSIZE: the index of the write-ahead log cannot grow, which is a full disk told otherwise. */
const IOERR_SHMSIZE = IOERR | (19 << 8)

interface Failure {
  readonly code: StoreErrorCode
  readonly message: string
  readonly hint?: string
}

const FULL_DISK: Failure = {
  code: 'store_full',
  message: 'cannot be written: the disk is full',
  hint: 'nothing of this change was kept; make room and try again',
}
const NOT_WRITABLE: Failure = { code: 'io_failed', message: 'cannot be written: permission denied, or a read-only file system' }
const IN_USE: Failure = {
  code: 'store_locked',
  message: 'is locked by another process',
  hint: 'nothing of this change was kept; end the other program that has this file open, or try again',
}

const FAILURES: ReadonlyMap<number, Failure> = new Map<number, Failure>([
  [PERM, NOT_WRITABLE],
  [BUSY, IN_USE],
  [LOCKED, IN_USE],
  [READONLY, NOT_WRITABLE],
  [IOERR, { code: 'io_failed', message: 'cannot be read or written', hint: 'see whether the disk is full or failing' }],
  [
    CORRUPT,
    {
      code: 'store_corrupt',
      message: 'is damaged',
      hint: 'move it and its -wal and -shm files away, and run "certgate restore" with a backup',
    },
  ],
  [FULL, FULL_DISK],
  [CANTOPEN, { code: 'io_failed', message: 'cannot be opened', hint: 'see whether it and its folder can be written by this user' }],
  [AUTH, NOT_WRITABLE],
  [NOTADB, { code: 'store_corrupt', message: 'is not a database, or damaged at its beginning' }],
])

/** What SQLite reported, as an error for people; errors of ours, and of programming, are returned as they are. */
export function storeFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error
  if (error.errcode === IOERR_SHMSIZE) return failureOf(FULL_DISK, file, error)
  const primary = error.errcode & 0xff
  // The body of an audit entry, which columns are generated of.
  if (primary === ERROR && error.message === 'malformed JSON') return failureOf(FAILURES.get(CORRUPT) as Failure, file, error)
  if (primary === ERROR) return error
  // A rule of the schema that no check of ours stated before: refused there, so nothing wrong is ever stored.
  if (primary === CONSTRAINT) return new StoreError('entry_refused', `not stored: ${error.message}`, { cause: error })
  const known = FAILURES.get(primary)
  return known === undefined
    ? new StoreError('io_failed', `store ${file}: ${error.message}`, { cause: error })
    : failureOf(known, file, error)
}

function failureOf(failure: Failure, file: string, cause: Error): StoreError {
  const detail = failure.code === 'io_failed' ? ` (${cause.message})` : ''
  return new StoreError(failure.code, `store ${file} ${failure.message}${detail}`, {
    cause,
    ...(failure.hint !== undefined && { hint: failure.hint }),
  })
}
