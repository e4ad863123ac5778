import { LruMap } from '../../tls/lru.ts'
import type { StatusSource } from '../../tls/status-types.ts'

/** Milliseconds between two lines about the same. */
const TELL_AGAIN = 60_000
const MAX_TOLD = 256

export type Tell = (level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void

/** Tells of failures once a minute each, and counts them all. */
export class RevocationAlarms {
  readonly #tell: Tell
  readonly #told = new LruMap<string, number>(MAX_TOLD)
  readonly #failures: Record<StatusSource, number> = { ocsp: 0, crl: 0 }

  constructor(tell: Tell) {
    this.#tell = tell
  }

  get failures(): Readonly<Record<StatusSource, number>> {
    return this.#failures
  }

  /** `where` tells failures of one origin from those of another. */
  failed(source: StatusSource, where: string, reason: string): void {
    this.#failures[source]++
    this.#once(`failed ${source} ${where}`, 'warn', `the status of a certificate could not be found out: ${reason}`, { source })
  }

  stale(source: StatusSource, where: string, until: number): void {
    const message = 'the status of a certificate is used past its end, because nothing newer can be had'
    this.#once(`stale ${source} ${where}`, 'error', message, { source, where, ended: new Date(until).toISOString() })
  }

  revoked(source: StatusSource, detail: string): void {
    this.#tell('info', `a certificate is revoked: ${detail}`, { source })
  }

  cacheFailed(error: unknown): void {
    this.#once('cache', 'warn', 'a fetched revocation list could not be kept on disk: it will be fetched anew after a restart', {
      err: error,
    })
  }

  #once(key: string, level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
    const now = Date.now()
    const told = this.#told.get(key)
    if (told !== undefined && now - told < TELL_AGAIN) return
    this.#told.set(key, now)
    this.#tell(level, message, fields)
  }
}
