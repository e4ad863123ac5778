import { html, nothing, type TemplateResult } from 'lit-html'
import type { AuditPage } from '../api-types.ts'
import { plural } from '../format.ts'
import { badge } from '../parts/badge.ts'
import { button } from '../parts/button.ts'
import { icon } from '../parts/icon.ts'
import { empty, messageOf, notAllowed, pageHeading, whenLoaded } from '../parts/states.ts'
import { whyNot } from '../session.ts'
import { State } from '../store.ts'
import { ChainCheck } from './audit/chain.ts'
import { entryRows } from './audit/entry.ts'
import { filterForm } from './audit/filter-form.ts'
import { ANY, asked, type Filters, filtersOf, isAny, kept } from './audit/filters.ts'
import { Log, MOST } from './audit/log.ts'
import type { OpenedPage, PageContext } from './page.ts'

/** Milliseconds of nothing typed after which it is looked for. */
const TYPED = 250

export function open(context: PageContext): OpenedPage {
  const reason = whyNot('Operator')
  if (reason !== null) return { title: () => 'Audit', view: () => html`${pageHeading('Audit')}${notAllowed(reason)}` }
  const page = new AuditLogPage(context)
  return { title: () => 'Audit', view: () => page.view() }
}

class AuditLogPage {
  readonly #context: PageContext
  readonly #log: Log
  readonly #chain: ChainCheck
  /** As it stands in the fields, a moment before it is looked for. */
  readonly #typed: State<Filters>
  readonly #open = new State<ReadonlySet<number>>(new Set())
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(context: PageContext) {
    this.#context = context
    const { signal, query } = context
    const filters = filtersOf(query)
    const before = /^\d{1,15}$/.test(query.get('before') ?? '') ? Number(query.get('before')) : null
    this.#typed = new State(filters)
    this.#log = new Log(signal, filters, before)
    this.#chain = new ChainCheck(signal)
    signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true })
    void this.#log.show(filters, before)
  }

  view(): TemplateResult {
    const { page } = this.#log
    return html`${pageHeading('Audit', this.#actions())}
      ${this.#chain.view()}
      ${filterForm(this.#typed.value, (filter) => this.#changed({ ...this.#typed.value, ...filter }))}
      <section class="panel audit" aria-labelledby="audit-entries">
        <header class="panel-head">
          <h2 id="audit-entries">Entries</h2>
          ${isAny(this.#typed.value) ? nothing : button({ label: 'Clear the search', icon: 'x', act: () => this.#changed(ANY) })}
          ${this.#tail()}
        </header>
        ${whenLoaded(
          page.state,
          (value) => this.#content(value),
          () => void this.#turn(this.#log.before),
        )}
      </section>`
  }

  #actions(): TemplateResult {
    const { filters } = this.#log
    const check = () => void this.#chain.check()
    return html`${button({ label: 'Verify chain', icon: 'shield', isBusy: this.#chain.isBusy, act: check })}
      ${isAny(filters) ? nothing : exportLink('Export what is found', `?${asked(filters)}`, 'Only the entries that are found; the chain of hashes has gaps then')}
      ${exportLink('Export all', '', 'JSON lines; certgate audit verify FILE checks them anywhere')}`
  }

  #tail(): TemplateResult {
    const log = this.#log
    const waiting = log.waiting.value.length
    const isFollowing = log.isFollowing.value
    const state = !isFollowing
      ? badge('warn', 'paused', 'minus')
      : log.before === null
        ? badge('good', 'following', 'activity')
        : badge('muted', 'older entries')
    const words = `${waiting >= MOST ? `${MOST} or more new entries` : plural(waiting, 'new entry', 'new entries')}: show`
    const toggle = isFollowing
      ? button({ label: 'Pause', act: () => log.follow(false) })
      : button({ label: 'Resume', act: () => log.follow(true) })
    return html`<div class="audit-tail">
      ${log.trouble.value === null ? nothing : badge('bad', `new entries cannot be read: ${messageOf(log.trouble.value)}`)}
      <span role="status">${waiting === 0 ? nothing : html`<span class="visually-hidden">${plural(waiting, 'new entry', 'new entries')}</span>`}</span>
      ${waiting === 0 ? nothing : button({ label: words, kind: 'primary', icon: 'chevronUp', act: () => this.#showWaiting() })}
      ${state}${toggle}
    </div>`
  }

  #content({ entries, next }: AuditPage): TemplateResult {
    const log = this.#log
    if (entries.length === 0 && next === null)
      return empty(isAny(log.filters) ? 'Nothing was written yet' : 'No entry is like that', undefined, 'list')
    const rows = entryRows({
      entries,
      fresh: log.fresh,
      open: this.#open.value,
      toggled: (sequence, isOpen) => this.#toggled(sequence, isOpen),
    })
    return html`<div class="panel-body" aria-busy=${log.page.isBusy}>
      ${entries.length === 0 ? empty('Nothing found yet', `Down to entry #${next}.`) : rows}
      ${this.#pager(entries, next)}
    </div>`
  }

  #pager(entries: AuditPage['entries'], next: number | null): TemplateResult {
    const log = this.#log
    const [first, last] = [entries[0], entries.at(-1)]
    const span =
      first === undefined || last === undefined
        ? ''
        : first === last
          ? `Entry #${first.sequence}`
          : `Entries #${first.sequence} to #${last.sequence}`
    // A search that looked at as much as it may, and not at all there is.
    const isCut = log.filters.text !== '' && next !== null && next !== last?.sequence
    const searched = isCut ? `, searched down to #${next}` : ''
    return html`<nav class="pager" aria-label="Pages">
      <p role="status">${span}${searched}</p>
      ${button({ label: 'Newest', whyNot: log.before === null ? 'These are the newest.' : null, act: () => void this.#turn(null) })}
      ${button({ label: 'Newer', icon: 'chevronLeft', whyNot: log.before === null ? 'These are the newest.' : null, act: () => void this.#newer() })}
      ${button({ label: isCut ? 'Search on' : 'Older', icon: 'chevronRight', whyNot: next === null ? 'There is nothing before.' : null, act: () => void this.#turn(next) })}
    </nav>`
  }

  #changed(filters: Filters): void {
    this.#typed.value = filters
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#turn(null), TYPED)
  }

  async #turn(before: number | null): Promise<void> {
    this.#open.value = new Set()
    const shown = this.#log.show(this.#typed.value, before)
    this.#keep()
    await shown
  }

  async #newer(): Promise<void> {
    this.#open.value = new Set()
    await this.#log.newer()
    this.#keep()
  }

  #showWaiting(): void {
    this.#log.showWaiting()
    this.#keep()
  }

  #keep(): void {
    this.#context.keepQuery(kept(this.#log.filters, this.#log.before))
  }

  #toggled(sequence: number, isOpen: boolean): void {
    if (this.#open.value.has(sequence) === isOpen) return
    const next = new Set(this.#open.value)
    if (isOpen) next.add(sequence)
    else next.delete(sequence)
    this.#open.value = next
  }
}

/** A file as large as the log is the browser's to write, and not this page's to hold. */
function exportLink(label: string, query: string, title: string): TemplateResult {
  return html`<a class="button" href="/api/v1/audit/export${query}" download="audit.jsonl" title=${title}>${icon('download')}<span>${label}</span></a>`
}
