import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../api.ts'
import type { Certificate, CertificateEvent, CertificatePage } from '../api-types.ts'
import { plural } from '../format.ts'
import { live } from '../live.ts'
import { go } from '../navigation.ts'
import { isOwn } from '../own-page.ts'
import { button } from '../parts/button.ts'
import { selectField, textField } from '../parts/field.ts'
import { empty, notAllowed, pageHeading, whenLoaded } from '../parts/states.ts'
import { dataTable } from '../parts/table.ts'
import { whyNot } from '../session.ts'
import { Resource, State } from '../store.ts'
import { chooseAction } from './certificates/actions.ts'
import { columns } from './certificates/columns.ts'
import { exportAll } from './certificates/export.ts'
import { addressOf, CLEARANCES, type Listing, lastPage, listingOf, PAGE_SIZE, requestOf, STATES } from './certificates/listing.ts'
import { refresher } from './certificates/refresher.ts'
import { purge } from './certificates/withdraw.ts'
import type { OpenedPage, PageContext } from './page.ts'

/** Milliseconds without typing after which is searched. */
const TYPING = 250

export function open({ signal, query, keepQuery }: PageContext): OpenedPage {
  const reason = whyNot('Operator')
  const list = new CertificateList(signal, listingOf(query), keepQuery)
  if (reason === null) list.start()
  return {
    title: () => 'Certificates',
    view: () => (reason === null ? list.view() : html`${pageHeading('Certificates')}${notAllowed(reason)}`),
  }
}

class CertificateList {
  readonly #signal: AbortSignal
  readonly #keepQuery: PageContext['keepQuery']
  readonly #listing: State<Listing>
  readonly #page: Resource<CertificatePage>
  readonly #refresh: () => void
  /** What was changed elsewhere since the page was opened: by whom, by the group of the certificate. */
  readonly #changed = new State<ReadonlyMap<string, string>>(new Map())
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor(signal: AbortSignal, listing: Listing, keepQuery: PageContext['keepQuery']) {
    this.#signal = signal
    this.#keepQuery = keepQuery
    this.#listing = new State(listing)
    this.#page = new Resource(
      signal,
      async (asked) => (await ask<CertificatePage>(requestOf(this.#listing.value), { signal: asked })).value,
    )
    this.#refresh = refresher(() => this.#load(true))
    signal.addEventListener('abort', () => clearTimeout(this.#typing))
  }

  start(): void {
    this.#refresh()
    // `opened`: what happened before this page heard of anything.
    for (const kind of ['opened', 'missed'] as const) live.on(kind, this.#signal, this.#refresh)
    live.on<CertificateEvent>('certificate', this.#signal, (event) => {
      const { target, by } = event
      if (target !== null && !isOwn(event)) this.#changed.value = new Map([...this.#changed.value, [target, by]])
      this.#refresh()
    })
  }

  view(): TemplateResult {
    return html`
      ${pageHeading(
        'Certificates',
        html`${button({ label: 'Purge expired', icon: 'trash', act: () => void this.#then(purge()) })}
          ${button({ label: 'Export', icon: 'download', act: () => void exportAll() })}
          ${button({ label: 'Add', kind: 'primary', icon: 'plus', act: () => go('/console/certificates/new') })}`,
      )}
      ${this.#filters()}
      <p class="list-news muted" role="status">${this.#changed.value.size === 0 ? nothing : `${plural(this.#changed.value.size, 'certificate was', 'certificates were')} changed elsewhere since you opened this page.`}</p>
      ${whenLoaded(
        this.#page.state,
        (page) => this.#table(page),
        () => void this.#load(),
      )}
    `
  }

  #filters(): TemplateResult {
    const { text, state, clearance } = this.#listing.value
    const choices = (any: string, words: readonly string[]) => [
      { value: '', label: any },
      ...words.map((value) => ({ value, label: value })),
    ]
    return html`<form class="filters" role="search" aria-label="Certificates" @submit=${(event: Event) => this.#search(event)}>
      ${textField({ name: 'text', label: 'Search', isLabelHidden: true, type: 'search', placeholder: 'Name, subject, SAN, serial, thumbprint', value: text, changed: (value) => this.#typed(value) })}
      ${selectField({ name: 'state', label: 'State', isLabelHidden: true, value: state, choices: choices('Any state', STATES), changed: (value) => this.#show({ state: value, from: 0 }) })}
      ${selectField({ name: 'clearance-filter', label: 'Clearance', isLabelHidden: true, value: clearance, choices: choices('Any clearance', CLEARANCES), changed: (value) => this.#show({ clearance: value, from: 0 }) })}
    </form>`
  }

  #table({ certificates, total }: CertificatePage): TemplateResult {
    const { sort, from, text, state, clearance } = this.#listing.value
    const isFiltered = text !== '' || state !== '' || clearance !== ''
    const none = isFiltered
      ? empty(
          'No certificate matches',
          button({ label: 'Show all', act: () => this.#show({ text: '', state: '', clearance: '', from: 0 }) }),
        )
      : empty('No certificate yet', html`<a href="/console/certificates/new">Add one</a>`, 'award')
    const act = (certificate: Certificate) => void chooseAction(certificate, () => this.#refresh())
    return html`<div class="panel list-panel">${dataTable({
      caption: 'Certificates',
      columns: columns(this.#changed.value, act),
      rows: certificates,
      sort,
      isBusy: this.#page.isBusy,
      paging: { from, size: PAGE_SIZE, total, turn: (next) => this.#show({ from: next }) },
      empty: none,
      keyOf: ({ fingerprint }) => fingerprint,
      sorted: (next) => this.#show({ sort: next, from: 0 }),
    })}</div>`
  }

  #typed(text: string): void {
    this.#listing.value = { ...this.#listing.value, text, from: 0 }
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => this.#show({}), TYPING)
  }

  #search(event: Event): void {
    event.preventDefault()
    this.#show({})
  }

  #show(change: Partial<Listing>): void {
    clearTimeout(this.#typing)
    this.#listing.value = { ...this.#listing.value, ...change }
    this.#keepQuery(addressOf(this.#listing.value))
    void this.#load()
  }

  async #load(isAgain = false): Promise<void> {
    await this.#page.load(isAgain)
    const { from } = this.#listing.value
    const page = this.#page.value
    // What was on this page is gone meanwhile.
    if (page !== null && !this.#page.isBusy && page.certificates.length === 0 && from > lastPage(page.total))
      this.#show({ from: lastPage(page.total) })
  }

  async #then(done: Promise<boolean>): Promise<void> {
    if (await done) this.#refresh()
  }
}
