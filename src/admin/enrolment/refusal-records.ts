import type { AuditLog } from '../../store/audit-log.ts'
import type { Actor } from '../../store/types.ts'

/** Milliseconds. */
const WINDOW = 60_000
/** Entries of one window that are written in full. */
const IN_FULL = 30

/**
 * Refused enrolments in the audit log. Anybody may cause one, and each is written to the disk for good: beyond 30 a minute they are
 * counted, and the count is one entry when the minute is over.
 */
export class RefusalRecords {
  readonly #audit: Pick<AuditLog, 'append'>
  readonly #now: () => number
  #began = Number.NEGATIVE_INFINITY
  #written = 0
  #more = 0
  #timer: NodeJS.Timeout | null = null

  constructor(audit: Pick<AuditLog, 'append'>, now: () => number) {
    this.#audit = audit
    this.#now = now
  }

  /** Throws StoreError as the log does. */
  note(details: { readonly [key: string]: string }, actor: Actor): void {
    if (this.#now() - this.#began >= WINDOW) {
      this.flush()
      this.#began = this.#now()
      this.#written = 0
    }
    if (this.#written < IN_FULL) {
      this.#written++
      this.#audit.append({ action: 'certificate.enrol', target: null, outcome: 'refused', details }, actor)
      return
    }
    this.#more++
    this.#timer ??= setTimeout(() => this.#flushLate(), WINDOW).unref()
  }

  /** Writes the count under way. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const repeated = this.#more
    this.#more = 0
    if (repeated === 0) return
    const event = { action: 'certificate.enrol', target: null, outcome: 'refused', details: { repeated } } as const
    this.#audit.append(event, { name: 'certgate', fingerprint: null })
  }

  #flushLate(): void {
    try {
      this.flush()
    } catch {
      // A store that cannot be written is told by whoever changes something in it.
    }
  }
}
