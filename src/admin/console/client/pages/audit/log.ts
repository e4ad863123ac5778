import { ask } from '../../api.ts'
import type { AuditEntry, AuditPage } from '../../api-types.ts'
import { live } from '../../live.ts'
import { Resource, State } from '../../store.ts'
import { asked, type Filters } from './filters.ts'

/** Entries of a page. */
const SIZE = 50
/** What one question for new ones brings. */
const AT_ONCE = 200
/** Entries that are shown, or wait to be: what came live and goes beyond it is on the next page. */
export const MOST = 500

/** One page of the log, newest first, and what is written after it. */
export class Log {
  readonly page: Resource<AuditPage>
  readonly isFollowing = new State(true)
  /** New, and not shown: it is paused, or an older page is looked at. */
  readonly waiting = new State<readonly AuditEntry[]>([])
  /** Why new ones could not be read; null: they could. */
  readonly trouble = new State<unknown>(null)
  /** Of what came last by itself. */
  readonly fresh = new Set<number>()
  #filters: Filters
  /** The page is what came before this; null: the newest. */
  #before: number | null
  /** Up to this entry it was looked for new ones; null: not before the page is there. */
  #seen: number | null = null
  /** Counts what was asked to be shown. */
  #shown = 0
  #isCatchingUp = false
  #isAskedAgain = false
  readonly #left: AbortSignal

  constructor(left: AbortSignal, filters: Filters, before: number | null) {
    this.#left = left
    this.#filters = filters
    this.#before = before
    this.page = new Resource(left, (signal) => this.#fetch(signal))
    // An event only rings: what there is, in its order and as it is filtered, the log says itself. So nothing is missing or there twice.
    for (const kind of ['audit', 'opened', 'missed'] as const) live.on(kind, left, () => void this.catchUp())
  }

  get filters(): Filters {
    return this.#filters
  }

  get before(): number | null {
    return this.#before
  }

  async show(filters: Filters, before: number | null): Promise<void> {
    // Beside older entries new ones wait: those that come while the page does, too.
    const isKept = before !== null && filters === this.#filters
    this.#filters = filters
    this.#before = before
    this.#shown++
    if (!isKept) {
      this.#seen = null
      this.waiting.value = []
    }
    this.fresh.clear()
    await this.page.load()
    await this.catchUp()
  }

  /** The page of what came right after this one; the newest where there is no whole one. Never rejects: what is shown stays, and why is said. */
  async newer(): Promise<void> {
    const first = this.page.value?.entries[0]
    if (first === undefined) return this.show(this.#filters, null)
    const filters = this.#filters
    const shown = this.#shown
    let entries: readonly AuditEntry[]
    try {
      const path = `GET /api/v1/audit?${asked(filters, { after: first.sequence, limit: SIZE })}`
      entries = (await ask<AuditPage>(path, { signal: this.#left })).value.entries
    } catch (error) {
      if (!this.#left.aborted && shown === this.#shown) this.trouble.value = error
      return
    }
    // Something else was asked for since.
    if (shown !== this.#shown) return
    const last = entries.at(-1)
    await this.show(filters, entries.length < SIZE || last === undefined ? null : last.sequence + 1)
  }

  /** What is new comes by itself, or waits. */
  follow(isFollowing: boolean): void {
    this.isFollowing.value = isFollowing
    if (isFollowing && this.#before === null) this.showWaiting()
  }

  showWaiting(): void {
    if (this.#before !== null) {
      void this.show(this.#filters, null)
      return
    }
    const news = this.waiting.value
    this.waiting.value = []
    this.#add(news)
  }

  /** Whatever was written since it was looked. Never rejects. */
  async catchUp(): Promise<void> {
    this.#isAskedAgain = true
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    try {
      while (this.#isAskedAgain && this.#seen !== null && !this.#left.aborted) {
        this.#isAskedAgain = false
        if (await this.#look(this.#seen)) this.#isAskedAgain = true
      }
      this.trouble.value = null
    } catch (error) {
      if (!this.#left.aborted) this.trouble.value = error
    } finally {
      this.#isCatchingUp = false
    }
  }

  /** Whether there may be more. */
  async #look(after: number): Promise<boolean> {
    const filters = this.#filters
    const { value } = await ask<AuditPage>(`GET /api/v1/audit?${asked(filters, { after, limit: AT_ONCE })}`, { signal: this.#left })
    // Something else is shown by now, which looks by itself.
    if (this.#filters !== filters || this.#seen !== after) return false
    this.#seen = value.next ?? after
    const news = value.entries.toReversed()
    if (this.isFollowing.value && this.#before === null) this.#add(news)
    else this.waiting.value = [...news, ...this.waiting.value].slice(0, MOST)
    return this.#seen > after && this.#seen < value.head.sequence
  }

  #add(news: readonly AuditEntry[]): void {
    const page = this.page.value
    if (page === null || news.length === 0) return
    const newest = page.entries[0]?.sequence ?? 0
    const added = news.filter(({ sequence }) => sequence > newest)
    const entries = [...added, ...page.entries]
    this.fresh.clear()
    for (const { sequence } of added) this.fresh.add(sequence)
    const next = entries.length > MOST ? (entries[MOST - 1]?.sequence ?? null) : page.next
    this.page.value = { ...page, entries: entries.slice(0, MOST), next }
  }

  async #fetch(signal: AbortSignal): Promise<AuditPage> {
    const more = { limit: SIZE, ...(this.#before !== null && { before: this.#before }) }
    const { value } = await ask<AuditPage>(`GET /api/v1/audit?${asked(this.#filters, more)}`, { signal })
    this.#seen ??= Math.max(value.head.sequence, this.#before === null ? (value.entries[0]?.sequence ?? 0) : 0)
    return value
  }
}
