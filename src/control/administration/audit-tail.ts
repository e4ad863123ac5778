import type { AdminEvent } from '../../admin/context.ts'
import { auditShape } from '../../admin/v1/shapes.ts'
import type { AuditLog } from '../../store/audit-log.ts'

export interface AuditTailOptions {
  readonly audit: Pick<AuditLog, 'head' | 'read'>
  /** Whether anybody listens: what happens while nobody does is not told later. */
  isWanted(): boolean
  publish(event: AdminEvent): void
  failed(error: unknown): void
}

/** Milliseconds between two looks. */
const LOOK = 500
const AT_ONCE = 500

/** Tells live views each new entry of the audit log, whichever process wrote it. */
export class AuditTail {
  readonly #options: AuditTailOptions
  readonly #timer: NodeJS.Timeout
  /** The last one told, or left untold as nobody listened; null before the first look. */
  #told: number | null = null

  constructor(options: AuditTailOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.look(), LOOK).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Never throws: a log that cannot be read now is read at the next look. */
  look(): void {
    const { audit, isWanted, publish, failed } = this.#options
    try {
      const { sequence } = audit.head()
      // Kept also while nobody listens: what happens between somebody's coming and the next look is told.
      if (!isWanted()) {
        this.#told = sequence
        return
      }
      for (let after = this.#told ?? sequence; after < sequence; ) {
        const entries = audit.read({ after, limit: AT_ONCE })
        for (const entry of entries) publish({ kind: 'audit', data: auditShape(entry) })
        const last = entries.at(-1)
        if (last === undefined) break
        after = last.sequence
      }
      this.#told = sequence
    } catch (error) {
      if (isWanted()) failed(error)
    }
  }
}
