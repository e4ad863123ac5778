import { html, nothing, type TemplateResult } from 'lit-html'
import { ask, save } from '../api.ts'
import type { AccessMatrix } from '../api-types.ts'
import { csvFile } from '../csv.ts'
import { count } from '../format.ts'
import { live } from '../live.ts'
import { button } from '../parts/button.ts'
import { selectField, textField } from '../parts/field.ts'
import { icon } from '../parts/icon.ts'
import { empty, notAllowed, notice, pageHeading, whenLoaded } from '../parts/states.ts'
import { whyNot } from '../session.ts'
import { Resource, State } from '../store.ts'
import { accessRows } from './matrix/csv.ts'
import { legend, matrixTable } from './matrix/table.ts'
import type { OpenedPage, PageContext } from './page.ts'

/** As the links that lead here call it. */
const TITLE = 'Matrix of access'
const PAGE = 25
const SOURCES = [
  { value: '', label: 'All' },
  { value: 'registered', label: 'Registered certificates' },
  { value: 'mapping', label: 'Named in the mapping only' },
]
/** Milliseconds: until somebody has typed, and within which several changes are shown at once. */
const PAUSE = 200
const SETTLED = 1_000

export function open(context: PageContext): OpenedPage {
  const reason = whyNot('Operator')
  if (reason !== null) return { title: () => TITLE, view: () => html`${pageHeading(TITLE)}${notAllowed(reason)}` }
  const page = new MatrixPage(context)
  return { title: () => TITLE, view: () => page.view() }
}

interface Filter {
  readonly text: string
  /** '': all. */
  readonly source: string
  readonly route: string
  readonly from: number
}

class MatrixPage {
  readonly #keepQuery: PageContext['keepQuery']
  readonly #filter: State<Filter>
  readonly #access: Resource<AccessMatrix>
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ signal, query, keepQuery }: PageContext) {
    this.#keepQuery = keepQuery
    const from = Number(query.get('from'))
    this.#filter = new State({
      text: query.get('text') ?? '',
      source: SOURCES.find(({ value }) => value === query.get('source'))?.value ?? '',
      route: query.get('route') ?? '',
      from: Number.isSafeInteger(from) && from > 0 ? from : 0,
    })
    this.#access = new Resource<AccessMatrix>(signal, async (asked) => {
      const { text, source, route, from: offset } = this.#filter.value
      const search = new URLSearchParams({ text, source, route, offset: String(offset), limit: String(PAGE) })
      return (await ask<AccessMatrix>(`GET /api/v1/access?${search}`, { signal: asked })).value
    })
    signal.addEventListener('abort', () => clearTimeout(this.#timer))
    // `opened`: what happened before this page heard of anything.
    for (const kind of ['certificate', 'mapping', 'reload', 'opened', 'missed'] as const) live.on(kind, signal, () => this.#happened())
    void this.#access.load()
  }

  view(): TemplateResult {
    const actions = html`<a class="button" href="/console/explain">${icon('route')}<span>Explain</span></a>${button({
      label: 'Export CSV',
      icon: 'download',
      whyNot: (this.#access.value?.identities.length ?? 0) === 0 ? 'There is nothing to export.' : null,
      act: () => this.#export(),
    })}`
    const { text, source, route } = this.#filter.value
    return html`${pageHeading(TITLE, actions)}
      <div class="matrix-filters">
        ${textField({ name: 'matrix-text', label: 'Identities', type: 'search', value: text, placeholder: 'Name, subject or fingerprint', changed: (value) => this.#set({ text: value }) })}
        ${selectField({ name: 'matrix-source', label: 'Of whom', value: source, choices: SOURCES, changed: (value) => this.#set({ source: value }, 0) })}
        ${textField({ name: 'matrix-route', label: 'Routes', type: 'search', value: route, placeholder: 'Name or path', changed: (value) => this.#set({ route: value }) })}
        ${legend()}
      </div>
      ${whenLoaded(
        this.#access.state,
        (access) => this.#content(access),
        () => void this.#access.load(),
      )}`
  }

  #content(access: AccessMatrix): TemplateResult {
    const { route } = this.#filter.value
    if (access.total === 0) return this.#nobody()
    if (access.routes.length === 0) return empty(route === '' ? 'There are no routes' : 'No route matches', nothing, 'route')
    const cut = access.routes.length < access.routes_total
    return html`
      ${cut ? notice('muted', `The first ${count(access.routes.length)} of ${count(access.routes_total)} routes`, html`<p>Filter by name or path to see others.</p>`) : nothing}
      ${matrixTable(access, this.#access.isBusy)}
      ${this.#pager(access)}
      ${access.identities.some(({ source }) => source === 'mapping') ? html`<p class="matrix-note">Where no certificate is registered, one of that name is supposed, and that the listener trusts it.</p>` : nothing}
      ${access.by_address ? html`<p class="matrix-note">The mapping gives roles by address too: these are those of a client at 127.0.0.1.</p>` : nothing}
    `
  }

  #nobody(): TemplateResult {
    const { text, source } = this.#filter.value
    if (text !== '') return empty('No identity matches', 'Search for a part of the name, subject or fingerprint.')
    const others = html`<a href="/console/explain">Explain</a> answers for any other one.`
    if (source === 'mapping') return empty('Whomever the mapping names, a certificate is registered', others)
    return empty(source === '' ? 'No certificate is registered, and the mapping names nobody' : 'No certificate is registered', others)
  }

  #pager({ total, identities }: AccessMatrix): TemplateResult {
    const { from } = this.#filter.value
    const turn = (to: number): void => {
      this.#set({ from: to }, 0)
    }
    return html`<nav class="pager" aria-label="Pages">
      <p role="status">${count(identities.length === 0 ? 0 : from + 1)}–${count(from + identities.length)} of ${count(total)} identities</p>
      ${button({ label: 'Previous', icon: 'chevronLeft', whyNot: from === 0 ? 'This is the first page.' : null, act: () => turn(Math.max(0, from - PAGE)) })}
      ${button({ label: 'Next', icon: 'chevronRight', whyNot: from + identities.length >= total ? 'This is the last page.' : null, act: () => turn(from + PAGE) })}
    </nav>`
  }

  #set(change: Partial<Filter>, pause = PAUSE): void {
    this.#filter.value = { ...this.#filter.value, from: 0, ...change }
    const { text, source, route, from } = this.#filter.value
    const query = new URLSearchParams({
      ...(text === '' ? {} : { text }),
      ...(source === '' ? {} : { source }),
      ...(route === '' ? {} : { route }),
      ...(from === 0 ? {} : { from: String(from) }),
    })
    this.#keepQuery(query)
    this.#later(pause)
  }

  /** What is looked for soon anyway is not put off: where something happens all the time it would never be. */
  #happened(): void {
    if (this.#timer === undefined) this.#later(SETTLED, true)
  }

  #later(pause: number, isAgain = false): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#access.load(isAgain)
    }, pause)
  }

  #export(): void {
    const access = this.#access.value
    if (access === null) return
    save({ name: 'access.csv', content: csvFile(accessRows(access)) })
  }
}
