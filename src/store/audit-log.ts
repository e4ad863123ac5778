import type { SQLInputValue } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { type AuditBody, type AuditEntry, bodyText, type ChainVerdict, ChainVerifier, GENESIS, hashOf } from './audit-chain.ts'
import { auditMatcher } from './audit-search.ts'
import { boundedDetails } from './bounded-details.ts'
import type { Json } from './canonical-json.ts'
import type { Connection, Row } from './connection.ts'
import type { Actor } from './types.ts'

/** What happened, before it has its place in the log. Details never hold a secret: the log is exported. */
export interface AuditEvent {
  readonly action: string
  readonly target: string | null
  readonly outcome?: AuditBody['outcome']
  readonly details?: { readonly [key: string]: Json }
}

export interface AuditFilter {
  /** Exactly this one; ending in `*` all that begin so. */
  readonly action?: string
  /** Name of who did it. */
  readonly actor?: string
  /** Exactly this one, or the beginning of a digest, 8 digits or more. */
  readonly target?: string
  /** Milliseconds since the epoch, both inclusive. */
  readonly since?: number
  readonly until?: number
}

export interface AuditQuery {
  /** Only entries after this sequence number; default 0: from the first. */
  readonly after?: number
  /** Only entries before this one, and the newest first. */
  readonly before?: number
  /** At most 1000; default 100. */
  readonly limit?: number
  readonly filter?: AuditFilter
}

export interface AuditHead {
  readonly sequence: number
  readonly hash: string
}

/** A page of what was looked for. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** As `before` of the next page (with `after`: as its `after`) it goes on from here; null: there was nothing before. */
  readonly next: number | null
}

/** What a restored store begins with. */
export const RESTORED = 'store.restore'

const MAX_PAGE = 1000

/** Sorts behind whatever an action or a digest goes on with. */
const LAST = '~'

/** Entries that one page of a free text search looks at: some hundred milliseconds, in parts. */
const MOST_LOOKED_AT = 20_000

/** Characters of entries in one page, which ends with the entry that passes it: a page is sent whole, and kept for who reads it slowly. */
const MOST_SENT = 1024 * 1024

/** Characters that are read at once. */
const MOST_READ = 4 * 1024 * 1024

/** Entries between two moments at which others get their turn: some ten milliseconds. */
const AT_ONCE = 250

/**
 * Append-only and hash-chained: triggers refuse every change and removal, and whoever gets around them breaks the chain. Somebody who
 * can write the file can also compute a new chain; only a head written down elsewhere shows that.
 */
export class AuditLog {
  readonly #connection: Connection
  readonly #now: () => number

  constructor(connection: Connection, now: () => number) {
    this.#connection = connection
    this.#now = now
  }

  /** On disk when this returns, or part of the transaction it is called in. Of long details the entry has the beginning. */
  append(event: AuditEvent, actor: Actor): AuditEntry {
    return this.#connection.join(() => {
      const head = this.head()
      const body: AuditBody = {
        sequence: head.sequence + 1,
        at: this.#now(),
        actor: {
          name: actor.name,
          fingerprint: actor.fingerprint,
          remote: actor.remote ?? null,
          ...(actor.osUser !== undefined && { os_user: actor.osUser }),
        },
        action: event.action,
        target: event.target,
        outcome: event.outcome ?? 'done',
        details: boundedDetails(event.details ?? {}),
        previous: head.hash,
      }
      const text = bodyText(body)
      const hash = hashOf(text)
      this.#connection.run('INSERT INTO audit (sequence, body, hash) VALUES (?, ?, ?)', body.sequence, text, hash)
      return { ...body, hash }
    })
  }

  /** The newest entry: write it down elsewhere, and `verify` tells whether the tail was cut off since. */
  head(): AuditHead {
    const row = this.#connection.get('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1')
    return row === undefined ? { sequence: 0, hash: GENESIS } : { sequence: row.sequence as number, hash: row.hash as string }
  }

  /** The head as one word, to be kept with what was made of the store. */
  history(): string {
    const { sequence, hash } = this.head()
    return `${sequence}:${hash}`
  }

  /** Whether what `history` once said is a part of this log: if not, an older copy of the store took the place of that one. */
  remembers(history: string): boolean {
    const [, sequence = '', hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(history) ?? []
    if (sequence === '0') return hash === GENESIS
    return this.#connection.get('SELECT 1 FROM audit WHERE sequence = ? AND hash = ?', Number(sequence), hash ?? '') !== undefined
  }

  /** Which epoch the newest restore replaced; null: there was none, or it did not know. */
  replacedEpoch(): string | null {
    const [restore] = this.read({ before: Number.MAX_SAFE_INTEGER, limit: 1, filter: { action: RESTORED } })
    return typeof restore?.details.replaces === 'string' ? restore.details.replaces : null
  }

  /** One page, oldest first; with `before`, newest first. */
  read(query: AuditQuery = {}): AuditEntry[] {
    const limit = Math.max(0, Math.min(query.limit ?? 100, MAX_PAGE))
    return this.#page(query, limit).map(entryOf)
  }

  /**
   * One page in the order of `read`, of entries that have every word of `text`. It may be short of its limit, or empty, and yet have a next:
   * so much is looked at for one page, and so much text is in it. Gives way in between.
   */
  async search(query: AuditQuery & { readonly text?: string } = {}): Promise<AuditPage> {
    const limit = Math.max(1, Math.min(query.limit ?? 100, MAX_PAGE))
    const isBackwards = query.before !== undefined
    // Before it is read: what is written meanwhile comes after it.
    const { sequence: newest } = this.head()
    const matches = query.text === undefined ? () => true : auditMatcher(query.text)
    const size = query.text === undefined ? Math.min(limit, AT_ONCE) : AT_ONCE
    const entries: AuditEntry[] = []
    let sent = 0
    let at = { after: query.after ?? 0, ...(query.before !== undefined && { before: query.before }) }
    for (let looked = 0; ; ) {
      const rows = this.#shortPage({ ...query, ...at }, size)
      for (const row of rows) {
        const entry = entryOf(row)
        if (!matches(entry)) continue
        entries.push(entry)
        sent += (row.body as string).length
        if (entries.length === limit || sent > MOST_SENT) return { entries, next: entry.sequence }
      }
      if (rows.length === 0) return { entries, next: isBackwards ? null : Math.max(at.after, newest, last(rows)) }
      looked += rows.length
      const next = last(rows)
      if (looked >= MOST_LOOKED_AT) return { entries, next }
      at = isBackwards ? { ...at, before: next } : { ...at, after: next }
      await setImmediate()
    }
  }

  /** JSON lines without line ends, oldest first, up to what is newest when it is called. Gives way between pages. */
  async *export(
    options: { readonly after?: number; readonly filter?: AuditFilter; readonly text?: string } = {},
  ): AsyncGenerator<string, void, undefined> {
    const matches = options.text === undefined ? null : auditMatcher(options.text)
    for await (const rows of this.#pages(options)) {
      for (const row of rows) {
        if (matches === null || matches(entryOf(row))) yield lineOf(row)
      }
    }
  }

  /** Reads the whole log and names the first entry that is not as it was written. `expectedHead`: a hash it must contain. */
  async verify(options: { readonly expectedHead?: string } = {}): Promise<ChainVerdict> {
    const chain = new ChainVerifier(options)
    for await (const rows of this.#pages({})) {
      for (const row of rows) {
        if (!chain.accept(row.body as string, row.hash as string)) return chain.verdict()
      }
    }
    return chain.verdict()
  }

  async *#pages(options: Pick<AuditQuery, 'after' | 'filter'>): AsyncGenerator<Row[], void, undefined> {
    const end = this.head().sequence + 1
    let after = options.after ?? 0
    for (;;) {
      const rows = this.#shortPage({ ...options, after }, AT_ONCE, end)
      if (rows.length === 0) return
      yield rows
      after = rows[rows.length - 1]?.sequence as number
      await setImmediate()
    }
  }

  #page(query: AuditQuery, limit: number): Row[] {
    const { sql, values } = asked(query)
    return this.#connection.all(sql, ...values, limit)
  }

  /** The same, and no more of it than is read at once: empty only where there is nothing more. */
  #shortPage(query: AuditQuery, limit: number, end?: number): Row[] {
    const { sql, values } = asked(query, end)
    const rows: Row[] = []
    let read = 0
    for (const row of this.#connection.iterate(sql, ...values, limit)) {
      rows.push(row)
      read += String(row.body).length
      if (read > MOST_READ) break
    }
    return rows
  }
}

function asked(query: AuditQuery, end?: number): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  const conditions = ['sequence > ?']
  const values: SQLInputValue[] = [query.after ?? 0]
  const add = (condition: string, ...given: SQLInputValue[]) => {
    conditions.push(`(${condition})`)
    values.push(...given)
  }
  const { action, actor, target, since, until } = query.filter ?? {}
  const before = query.before ?? end
  if (before !== undefined) add('sequence < ?', before)
  if (action?.endsWith('*')) add('action >= ? AND action < ?', action.slice(0, -1), `${action.slice(0, -1)}${LAST}`)
  else if (action !== undefined) add('action = ?', action)
  if (actor !== undefined) add('actor = ?', actor)
  const digits = target?.toLowerCase() ?? ''
  if (/^[0-9a-f]{8,64}$/.test(digits))
    add('target IN (?, ?) OR (target >= ? AND target < ?)', target ?? '', digits, digits, `${digits}${LAST}`)
  else if (target !== undefined) add('target = ?', target)
  if (since !== undefined) add('at >= ?', since)
  if (until !== undefined) add('at <= ?', until)
  const order = query.before === undefined ? 'ASC' : 'DESC'
  const sql = `SELECT sequence, body, hash FROM audit WHERE ${conditions.join(' AND ')} ORDER BY sequence ${order} LIMIT ?`
  return { sql, values }
}

const last = (rows: readonly Row[]): number => (rows.at(-1)?.sequence as number | undefined) ?? 0

function entryOf(row: Row): AuditEntry {
  return { ...(JSON.parse(row.body as string) as AuditBody), hash: row.hash as string }
}

/** Of what is stored, not of what it should be: an export of a broken log is as broken. */
function lineOf(row: Row): string {
  const body = row.body as string
  return `${body.slice(0, -1)},"hash":${JSON.stringify(row.hash)}}`
}
