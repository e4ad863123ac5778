import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type StoreError, storeFailure } from './failure.ts'
import { HeldFile, lost } from './held-file.ts'

export type Row = Record<string, unknown>

export interface ConnectionOptions {
  /** Milliseconds to wait for a lock of another process; the event loop waits too. */
  readonly busyTimeout: number
  readonly readOnly?: boolean
}

/** Statements kept prepared: more than there are fixed ones, so that only queries built from a filter ever push others out. */
const KEPT = 128

/** One open SQLite database. All that it throws is an error for people, or one of programming. */
export class Connection {
  readonly file: string
  #database: DatabaseSync
  #held: HeldFile
  /** Why it is closed for now. */
  #lost: StoreError | null = null
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  constructor(file: string, options: ConnectionOptions) {
    this.file = file
    this.#database = this.#guard(
      () =>
        new DatabaseSync(file, {
          timeout: options.busyTimeout,
          readOnly: options.readOnly ?? false,
          enableForeignKeyConstraints: true,
          enableDoubleQuotedStringLiterals: false,
          allowExtension: false,
        }),
    )
    try {
      // Now that SQLite has made the file where there was none.
      this.#held = new HeldFile(file)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** Throws `store_lost` where its file is not what was opened any more, or `suspend` was called. */
  assertInPlace(): void {
    if (this.#lost !== null) throw this.#lost
    this.#held.assertInPlace()
  }

  /** Closes it: whatever is asked of it throws this, until `adopt`. Not inside a transaction. */
  suspend(reason: StoreError): void {
    if (this.#lost !== null) return
    this.#lost = reason
    try {
      this.close()
    } catch {
      // What could not be written is lost with the file.
    }
  }

  /** Goes on with what another connection to the same file has open; that one is not to be used any more. */
  adopt(other: Connection): void {
    this.suspend(lost(this.file, 'it is opened anew'))
    this.#database = other.#database
    this.#held = other.#held
    this.#lost = null
  }

  get database(): DatabaseSync {
    return this.#database
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  exec(sql: string): void {
    this.#guard(() => this.#database.exec(sql))
  }

  /** The number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes))
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values))
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values))
  }

  /** With named parameters. */
  select(sql: string, values: Readonly<Record<string, SQLInputValue>>): Row[] {
    return this.#guard(() => this.#statement(sql).all(values))
  }

  /** Row by row, with a statement of its own: others may run meanwhile. */
  *iterate(sql: string, ...values: SQLInputValue[]): Generator<Row, void, undefined> {
    try {
      for (const row of this.#database.prepare(sql).iterate(...values)) yield row
    } catch (error) {
      throw storeFailure(error, this.file)
    }
  }

  /**
   * Runs `change` in one transaction that is on disk when this returns; if it throws, nothing of it was kept. Inside another one
   * it becomes a part of that: what it did alone is undone if it throws, and all of it if the outer one does.
   * `change` is synchronous: a transaction never waits for anything.
   */
  write<T>(change: () => T): T {
    if (this.#depth === 0) this.assertInPlace()
    const name = `part_${this.#depth}`
    const [begin, commit, undo] =
      this.#depth === 0
        ? // IMMEDIATE: what is read in it is still true when it writes, also with another process at work.
          ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK']
        : [`SAVEPOINT ${name}`, `RELEASE ${name}`, `ROLLBACK TO ${name}; RELEASE ${name}`]
    this.run(begin)
    this.#depth++
    try {
      const result = change()
      if (result instanceof Promise) {
        result.catch(() => {})
        throw new TypeError('a transaction of the store is synchronous')
      }
      if (this.#depth === 1) this.assertInPlace()
      this.run(commit)
      return result
    } catch (error) {
      // SQLite has rolled back already after some failures, a full disk among them.
      if (this.inTransaction) this.#database.exec(undo)
      throw error
    } finally {
      this.#depth--
    }
  }

  /** As `write`, for one statement that changes something, which is whole by itself: no part of its own inside another transaction. */
  join<T>(change: () => T): T {
    return this.#depth > 0 ? change() : this.write(change)
  }

  /** Runs `look` on one state of the database, whatever another process writes meanwhile. */
  read<T>(look: () => T): T {
    this.run('SAVEPOINT reading')
    try {
      return look()
    } finally {
      if (this.inTransaction) this.run('RELEASE reading')
    }
  }

  close(): void {
    this.#statements.clear()
    try {
      if (this.#database.isOpen) this.#guard(() => this.#database.close())
    } finally {
      if (!this.#database.isOpen) this.#held.release()
    }
  }

  #statement(sql: string): StatementSync {
    if (this.#lost !== null) throw this.#lost
    if (this.#depth > 0 && !this.inTransaction)
      throw new Error('this transaction was rolled back by a failure before: nothing is read or written outside it')
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      if (this.#statements.size >= KEPT) this.#statements.delete(this.#statements.keys().next().value as string)
    } else {
      this.#statements.delete(sql)
    }
    this.#statements.set(sql, statement)
    return statement
  }

  #guard<T>(step: () => T): T {
    try {
      return step()
    } catch (error) {
      throw storeFailure(error, this.file)
    }
  }
}
