import { accessSync, type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { unreadable } from '../regular-file.ts'
import { StoreError } from './failure.ts'

/** What tells a file from every other, whatever its name is; null: there is none. */
type FileIdentity = string | null

interface Held {
  readonly descriptor: number
  users: number
}

const MAGIC = 'SQLite format 3\0'

/**
 * One descriptor per file for the whole process, kept while anybody has its database open. POSIX drops all locks of a process on a file as
 * soon as it closes any descriptor of it, SQLite's among them: another program would then believe that it is alone, and take the log
 * away from under us, with all that is only in there (sqlite.org/howtocorrupt.html, 2.2).
 */
const held = new Map<string, Held>()

/** A database file that is open: looked at without ever being opened and closed beside SQLite. */
export class HeldFile {
  readonly file: string
  readonly #identity: string
  #isHeld = true

  /** To be made before SQLite opens the file. Throws `store_lost` where it is not there or cannot be read. */
  constructor(file: string) {
    this.file = file
    this.#identity = hold(file)
  }

  /**
   * Throws `store_lost` unless the name still leads to this file, and it can be read and begins as a database does: SQLite itself goes on
   * with what is open, and what is written to a file that was removed is gone with the process. Of what is closed SQLite says so itself.
   */
  assertInPlace(): void {
    if (!this.#isHeld) return
    try {
      const status = statSync(this.file, { bigint: true })
      if (`${status.dev} ${status.ino}` !== this.#identity) throw lost(this.file, 'another file is in its place')
      if (isTakenFromUs(status)) throw lost(this.file, 'permission denied')
      accessSync(this.file, constants.R_OK | constants.W_OK)
      const head = Buffer.alloc(MAGIC.length)
      const descriptor = held.get(this.#identity)?.descriptor ?? -1
      if (readSync(descriptor, head, 0, head.length, 0) !== head.length || head.toString('latin1') !== MAGIC)
        throw lost(this.file, 'it is damaged at its beginning')
    } catch (error) {
      throw error instanceof StoreError ? error : lost(this.file, unreadable(error), error)
    }
  }

  /** To be called after SQLite has closed the file; again does nothing. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    const entry = held.get(this.#identity)
    if (entry === undefined || --entry.users > 0) return
    held.delete(this.#identity)
    closeSync(entry.descriptor)
  }
}

export function lost(file: string, why: string, cause?: unknown): StoreError {
  const hint = 'nothing is changed until it is back; what was known stays in force for store.max_stale'
  return new StoreError('store_lost', `store ${file} was lost: ${why}`, { hint, cause })
}

function identityOf(file: string): FileIdentity {
  const status = statSync(file, { bigint: true, throwIfNoEntry: false })
  return status === undefined ? null : `${status.dev} ${status.ino}`
}

/** As opening it would tell; \`access\` asks for the real user, not for the effective one. */
function isTakenFromUs({ mode, uid }: BigIntStats): boolean {
  const user = process.geteuid?.() ?? 0
  return user !== 0 && Number(uid) === user && (mode & 0o600n) !== 0o600n
}

function hold(file: string): string {
  try {
    const known = identityOf(file)
    const shared = known === null ? undefined : held.get(known)
    if (known !== null && shared !== undefined) {
      shared.users++
      return known
    }
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    const identity = `${dev} ${ino}`
    // Another file got the name in between, one that is held: this descriptor stays open with it.
    const other = held.get(identity)
    if (other === undefined) held.set(identity, { descriptor, users: 1 })
    else other.users++
    return identity
  } catch (error) {
    throw lost(file, unreadable(error), error)
  }
}
