import { realpathSync } from 'node:fs'
import { Connection } from './connection.ts'
import { StoreError } from './failure.ts'
import { ensureFile } from './store-file.ts'

/** Milliseconds: a gateway that ends closes its admin socket a moment before its store. The process stands still meanwhile. */
const PATIENCE = 2_000

/**
 * That one gateway alone serves from a store: two would each publish revocation lists, renew certificates and count what they saw. A lock of
 * the system on an empty file beside it, which ends with its process however that ends. The store itself stays open to commands.
 */
export class ServingLock {
  readonly #connection: Connection

  /** Throws `store_locked` where another process has it. The store must be there. */
  constructor(store: string, patience = PATIENCE) {
    // Under its own name: another one that leads to it is the same store.
    const file = `${realpathSync(store)}.lock`
    ensureFile(file)
    this.#connection = new Connection(file, { busyTimeout: patience })
    try {
      // Never written to, so it stays empty, and nothing is left beside it.
      this.#connection.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      this.#connection.close()
      if (!(error instanceof StoreError) || error.code !== 'store_locked') throw error
      throw new StoreError('store_locked', `another gateway already serves from the store ${store}`, {
        hint: 'stop it, or give this one a store of its own: store.sqlite and admin.socket',
        cause: error,
      })
    }
  }

  /** Again does nothing. The file stays: who removed it could take it from under another. */
  release(): void {
    this.#connection.close()
  }
}
