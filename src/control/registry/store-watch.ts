import type { Store } from '../../store/store.ts'

export interface StoreWatchOptions {
  readonly store: Pick<Store, 'file' | 'probe' | 'suspend' | 'reopen'>
  /** Milliseconds for which what was known stays in force. */
  maxStale(): number
  /** Throws where the store is older than what was known. */
  assertGoesOn(): void
  /** Takes up what the store says now, and rejects where it cannot be. */
  caughtUp(): Promise<void>
  /** Whether certificates are judged by what was known. */
  setStale(stale: boolean): Promise<void>
  log(level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void
  /** Milliseconds, of a clock that is never set. */
  now(): number
}

/** How the store is, for `certgate status`. */
export interface StoreStanding {
  readonly file: string
  /** Milliseconds since it was lost; null: it can be used. */
  readonly lost_for: number | null
  /** Why; '' where it can be used. */
  readonly problem: string
  /** What was known is too old: certificates are answered 503. */
  readonly stale: boolean
}

/** Milliseconds between two attempts to open it again. */
const TRY_AGAIN = 1_000

/**
 * Whether the store is there while the gateway runs. One that is lost is closed, so that nothing is written to what is left of it; what was
 * known stays in force for `store.max_stale`, and it is opened again as soon as it can be.
 */
export class StoreWatch {
  readonly #options: StoreWatchOptions
  #lostAt: number | null = null
  #problem = ''
  #triedAt = 0
  #stale = false
  #looking = false

  constructor(options: StoreWatchOptions) {
    this.#options = options
  }

  get standing(): StoreStanding {
    const lostFor = this.#lostAt === null ? null : this.#options.now() - this.#lostAt
    return { file: this.#options.store.file, lost_for: lostFor, problem: this.#problem, stale: this.#stale }
  }

  /** To be called some times a second. Never rejects. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      if (this.#lostAt === null) this.#probe()
      else await this.#recover()
      await this.#age()
    } finally {
      this.#looking = false
    }
  }

  /** Somebody could not read it. */
  lose(error: unknown): void {
    if (this.#lostAt !== null) return
    const { store, log, now, maxStale } = this.#options
    this.#lostAt = now()
    this.#problem = error instanceof Error ? error.message : String(error)
    store.suspend(error)
    const fields = { err: error, max_stale_seconds: maxStale() / 1_000 }
    log('error', 'the store is lost: changes are refused, and certificates judged by what is known, for store.max_stale', fields)
  }

  #probe(): void {
    try {
      this.#options.store.probe()
    } catch (error) {
      // Another program that has it locked for a moment has not taken it away.
      if (!(error instanceof Error && 'code' in error && error.code === 'store_locked')) this.lose(error)
    }
  }

  async #recover(): Promise<void> {
    const { store, assertGoesOn, caughtUp, setStale, log, now } = this.#options
    if (now() - this.#triedAt < TRY_AGAIN) return
    this.#triedAt = now()
    try {
      store.reopen()
      // In the same turn: nobody writes to it before.
      assertGoesOn()
      await caughtUp()
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error)
      store.suspend(error)
      return
    }
    this.#lostAt = null
    this.#problem = ''
    if (this.#stale) await setStale(false)
    this.#stale = false
    log('info', 'the store is back: changes are taken again', {})
  }

  async #age(): Promise<void> {
    const { now, maxStale, setStale, log } = this.#options
    if (this.#lostAt === null || this.#stale || now() - this.#lostAt < maxStale()) return
    this.#stale = true
    log('error', 'the store was lost for longer than store.max_stale: whoever shows a certificate is answered 503', {})
    await setStale(true)
  }
}
