import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AuditLog } from './audit-log.ts'
import { backupStore } from './backup.ts'
import { type CheckedStore, type CheckOptions, checkConnection, checkPages } from './check.ts'
import type { Connection } from './connection.ts'
import { EnrolmentTokens } from './enrolment-tokens.ts'
import { StoreError } from './failure.ts'
import { HeldFile, lost } from './held-file.ts'
import { IssuanceRecords } from './issuance-records.ts'
import { openConnection } from './open-connection.ts'
import { Registry } from './registry.ts'
import { RegistryVersions } from './registry-changes.ts'
import { RegistrySnapshot } from './registry-snapshot.ts'
import { assertNotLost, ensureFile, protectFile } from './store-file.ts'

export interface StoreOptions {
  /** Milliseconds to wait for another process that writes; the whole process waits. Default 5000. */
  readonly busyTimeout?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** The registry, the audit log, enrolment tokens and the serials issued here, in one file that several processes may open. */
export class Store {
  readonly file: string
  readonly registry: Registry
  readonly audit: AuditLog
  readonly tokens: EnrolmentTokens
  readonly issuance: IssuanceRecords
  readonly #connection: Connection
  readonly #busyTimeout: number
  readonly #now: () => number

  constructor(connection: Connection, busyTimeout: number, now: () => number) {
    this.#now = now
    this.file = connection.file
    this.#connection = connection
    this.#busyTimeout = busyTimeout
    this.audit = new AuditLog(connection, now)
    const versions = new RegistryVersions(connection, now)
    this.issuance = new IssuanceRecords(connection, versions, this.audit, now)
    this.registry = new Registry(connection, versions, this.audit, this.issuance, now)
    this.tokens = new EnrolmentTokens(connection, this.audit, now)
  }

  /**
   * Makes one transaction of several changes, and of what they were decided on: all are on disk when this returns, none if it throws.
   * `change` must be synchronous.
   */
  write<T>(change: () => T): T {
    return this.#connection.write(change)
  }

  /** Throws `store_lost` where the file was moved away, replaced or damaged at its beginning; every change asks by itself. */
  assertInPlace(): void {
    this.#connection.assertInPlace()
  }

  /** Whether it has all that was known of a store (its epoch, and `history` of its audit log), or `restore` put it in the place of that one. */
  goesOnFrom({ epoch, history }: { readonly epoch: string; readonly history: string }): boolean {
    return this.audit.remembers(history) || (epoch !== this.registry.current().epoch && this.audit.replacedEpoch() === epoch)
  }

  /** The whole registry at this moment, to seal a base of; close it. */
  snapshot(): RegistrySnapshot {
    return new RegistrySnapshot(this.file, this.#busyTimeout, this.#now)
  }

  /** A copy in a file of its own, of one moment, while changes go on; its audit log is verified before it gets its name. Throws `file_exists`. */
  async backup(to: string): Promise<CheckedStore> {
    return backupStore(this.#connection, resolve(to))
  }

  /** Reads everything: is the file undamaged, and the audit log as it was written. `pages: false` where the process must not stand still. */
  async check(options: CheckOptions = {}): Promise<CheckedStore> {
    return checkConnection(this.#connection, options)
  }

  /** Throws where the file is not what was opened any more, or cannot be read: what is written then is refused as well. */
  probe(): void {
    this.#connection.assertInPlace()
    this.registry.current()
  }

  /** Closes the file: it was lost, and nothing more is to be read from what is left of it. All throws until `reopen`. */
  suspend(reason: unknown): void {
    this.#connection.suspend(reason instanceof StoreError ? reason : lost(this.file, String(reason), reason))
  }

  /**
   * Opens the file of this name as `openStore` does, reads all its pages once, and makes none; throws, and what it is now stays, where it
   * cannot be used.
   */
  reopen(): void {
    if (!statSync(this.file, { throwIfNoEntry: false })?.size) throw lost(this.file, 'it is not there, or empty')
    const held = new HeldFile(this.file)
    try {
      // Before its log is looked at, which could hide it.
      held.assertInPlace()
      const fresh = openConnection(this.file, this.#busyTimeout, this.#now())
      try {
        protectFile(this.file)
        checkPages(fresh, 'quick_check')
      } catch (error) {
        fresh.close()
        throw error
      }
      this.#connection.adopt(fresh)
    } finally {
      held.release()
    }
  }

  /** Changes after this throw. */
  close(): void {
    this.#connection.close()
  }
}

/**
 * Opens a store, or makes an empty one (file mode 0600). Throws `store_corrupt`, `store_foreign`, `store_newer`, `store_locked`,
 * `store_full` or `io_failed`: fails closed, and leaves a file that is not ours as it is.
 */
export function openStore(file: string, options: StoreOptions = {}): Store {
  const { busyTimeout = 5000, now = Date.now } = options
  // An absolute path is a file, whatever `:memory:` and `file:` mean to SQLite.
  const path = resolve(file)
  assertNotLost(path)
  ensureFile(path)
  const connection = openConnection(path, busyTimeout, now())
  try {
    protectFile(path)
    return new Store(connection, busyTimeout, now)
  } catch (error) {
    connection.close()
    throw error
  }
}
