import { createHash } from 'node:crypto'
import type { AuthorityNode } from './authority-node.ts'
import { LruMap } from './lru.ts'
import type { Status, Subject } from './revocation.ts'
import type { CertificateStatus, StatusQuestion, StatusSource } from './status-types.ts'

/** About 400 bytes each; so many of what is good or unknown, and so many of what is revoked: a crowd of good ones drives no revocation out. */
const MAX_STATUSES = 16_384
/** Questions without an answer: more is a flood, and who comes then is told at once that nothing is known. */
const MAX_ASKED = 1_024
/** Milliseconds after which a question counts as lost and may be asked again. */
const ASK_AGAIN = 10_000
/** Milliseconds until a verdict that rests on nothing is made again. */
const LOOK_AGAIN = 1_000

/** One certificate by the key and the name of its issuer and its serial; the same text in every process. */
export function statusKey(source: StatusSource, serial: string, issuer: Pick<AuthorityNode, 'key' | 'subjectName'>): string {
  const name = createHash('sha256').update(issuer.subjectName).digest('hex').slice(0, 32)
  return `${source} ${issuer.key} ${name} ${serial}`
}

interface Wait {
  readonly keys: Set<string>
  readonly done: () => void
}

/**
 * What is known of certificates' status by OCSP and from distribution points. Whatever is missing, or due to be asked for again, is asked
 * for as it is looked up: nothing that nobody needs is fetched. Never answers `good` for what was not said to be.
 */
export class StatusBook {
  readonly #ask: ((question: StatusQuestion) => void) | null
  readonly #known = new LruMap<string, CertificateStatus>(MAX_STATUSES)
  readonly #revoked = new LruMap<string, CertificateStatus>(MAX_STATUSES)
  /** When each was asked for. */
  readonly #asked = new Map<string, number>()
  readonly #waits = new Set<Wait>()
  #missing: Set<string> | null = null
  #mark = 0

  /** Without `ask` nothing will ever be known. */
  constructor(ask: ((question: StatusQuestion) => void) | null) {
    this.#ask = ask
  }

  /** Rises whenever something became worse than it was known to be: verdicts of before are to be made again. */
  get mark(): number {
    return this.#mark
  }

  status(source: StatusSource, subject: Subject, issuer: AuthorityNode, url: string | null, now: number): Status {
    const key = statusKey(source, subject.facts.serial, issuer)
    const found = this.#held(key)
    const known = found !== undefined && now < found.until ? found : null
    if (known === null || now >= known.refreshAt) {
      const asked = this.#request(key, { source, subject: subject.base64, issuer: issuer.base64, url }, now)
      if (known === null && asked) this.#missing?.add(key)
    }
    if (known === null) return { kind: 'unknown', detail: this.#unanswered(source, subject), until: now + LOOK_AGAIN }
    const { status, until, refreshAt, detail } = known
    if (status === 'revoked') return { kind: 'revoked', detail }
    if (status === 'unknown') return { kind: 'unknown', detail, until }
    // Looked at again when it is to be asked for again: that is how statuses in use are kept fresh.
    return { kind: 'good', until: now < refreshAt ? Math.min(until, refreshAt) : Math.min(until, now + LOOK_AGAIN) }
  }

  /** Runs what looks statuses up, and gives the keys of those that were missing and have been asked for. */
  missing<T>(act: () => T): { readonly result: T; readonly keys: ReadonlySet<string> } {
    const before = this.#missing
    const keys = new Set<string>()
    this.#missing = keys
    try {
      return { result: act(), keys }
    } finally {
      this.#missing = before
    }
  }

  /** Calls `done` once all of `keys` are answered, or `patience` milliseconds are over; not after it was cancelled by what is returned. */
  wait(keys: ReadonlySet<string>, patience: number, done: () => void): () => void {
    const wait: Wait = {
      keys: new Set(keys),
      done: () => {
        cancel()
        done()
      },
    }
    const timer = setTimeout(wait.done, patience)
    const cancel = () => {
      clearTimeout(timer)
      this.#waits.delete(wait)
    }
    this.#waits.add(wait)
    return cancel
  }

  /** Takes up what was found out; true where something of it is worse than it was: connections are to be judged again. */
  learn(statuses: readonly CertificateStatus[]): boolean {
    let worse = false
    for (const status of statuses) {
      const before = this.#held(status.key)
      worse ||= status.status !== 'good' && before !== undefined && before.status === 'good'
      worse ||= status.status === 'revoked' && before?.status !== 'revoked'
      this.#keep(status)
      this.#asked.delete(status.key)
    }
    if (worse) this.#mark++
    for (const wait of [...this.#waits]) {
      for (const { key } of statuses) wait.keys.delete(key)
      if (wait.keys.size === 0) wait.done()
    }
    return worse
  }

  #held(key: string): CertificateStatus | undefined {
    return this.#revoked.get(key) ?? this.#known.get(key)
  }

  #keep(status: CertificateStatus): void {
    const [place, other] = status.status === 'revoked' ? [this.#revoked, this.#known] : [this.#known, this.#revoked]
    other.delete(status.key)
    place.set(status.key, status)
  }

  #unanswered(source: StatusSource, { facts }: Subject): string {
    const what = source === 'ocsp' ? 'its status by OCSP' : 'its status on the lists that it names'
    return `${what} (serial ${facts.serial} of ${facts.issuerDn}) is not known ${this.#ask === null ? 'here: only a running gateway asks for it' : 'yet'}`
  }

  /** Whether an answer is on its way. */
  #request(key: string, question: StatusQuestion, now: number): boolean {
    if (this.#ask === null) return false
    const asked = this.#asked.get(key)
    if (asked !== undefined && now - asked < ASK_AGAIN) return true
    if (asked === undefined && this.#asked.size >= MAX_ASKED) {
      for (const [other, at] of this.#asked) if (now - at >= ASK_AGAIN) this.#asked.delete(other)
      if (this.#asked.size >= MAX_ASKED) return false
    }
    this.#asked.set(key, now)
    this.#ask(question)
    return true
  }
}

/** For whoever judges without a gateway. */
export const NO_STATUSES = new StatusBook(null)
