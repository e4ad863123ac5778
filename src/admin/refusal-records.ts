import type { AuditEvent, AuditLog } from '../store/audit-log.ts'
import type { Actor } from '../store/types.ts'

/** Milliseconds. */
const WINDOW = 60_000
/** Entries of one window that are written in full. */
const IN_FULL = 30
/** Administrators whose refusals are counted apart; beyond that the count of the first of them ends early. */
const MAX_ACTORS = 1_000

/** What was refused, before it has its place in the log. */
export type RefusedEvent = Omit<AuditEvent, 'outcome'>

type Records = Pick<AuditLog, 'append'>

/**
 * Refusals of one kind in the audit log. Whoever causes them may do so as often as they like, and each is written to the disk for good:
 * beyond 30 a minute they are counted, and the count is one entry when the minute is over.
 */
export class RefusalRecords {
  readonly #audit: Records
  readonly #now: () => number
  readonly #summary: { readonly action: string; readonly actor: Actor }
  readonly #inFull: number
  #began = Number.NEGATIVE_INFINITY
  #written = 0
  #more = 0
  #timer: NodeJS.Timeout | null = null

  /** `summary`: what and whose the entry is that counts. */
  constructor(audit: Records, now: () => number, summary: { readonly action: string; readonly actor: Actor }, inFull = IN_FULL) {
    this.#inFull = inFull
    this.#audit = audit
    this.#now = now
    this.#summary = summary
  }

  /** Throws StoreError as the log does. */
  note(event: RefusedEvent, actor: Actor): void {
    if (this.#now() - this.#began >= WINDOW) {
      this.flush()
      this.#began = this.#now()
      this.#written = 0
    }
    if (this.#written < this.#inFull) {
      this.#written++
      this.#audit.append({ ...event, outcome: 'refused' }, actor)
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
    const { action, actor } = this.#summary
    this.#audit.append({ action, target: null, outcome: 'refused', details: { repeated } }, actor)
  }

  #flushLate(): void {
    try {
      this.flush()
    } catch {
      // A store that cannot be written is told by whoever changes something in it.
    }
  }
}

const kept = new WeakMap<Records, Map<string, RefusalRecords>>()

/** Puts on record that an administrator, or who would be one, was refused; so much of each a minute. Throws StoreError as the log does. */
export function recordRefusal(audit: Records, now: () => number, event: RefusedEvent, actor: Actor): void {
  const known = kept.get(audit) ?? new Map<string, RefusalRecords>()
  kept.set(audit, known)
  const key = actor.fingerprint ?? actor.name
  let records = known.get(key)
  if (records === undefined) {
    const [oldest] = known
    if (oldest !== undefined && known.size >= MAX_ACTORS) {
      known.delete(oldest[0])
      oldest[1].flush()
    }
    records = new RefusalRecords(audit, now, { action: 'access', actor: { name: actor.name, fingerprint: actor.fingerprint } })
    known.set(key, records)
  }
  records.note(event, actor)
}
