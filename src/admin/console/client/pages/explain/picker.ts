import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { repeat } from 'lit-html/directives/repeat.js'
import { ask } from '../../api.ts'
import { count } from '../../format.ts'
import { certificateBadge } from '../../parts/badge.ts'
import { icon } from '../../parts/icon.ts'
import { messageOf } from '../../parts/states.ts'
import { onceDrawn, Resource, redraw } from '../../store.ts'

/** A registered certificate, as one chooses among them. */
export interface Listed {
  readonly fingerprint: string
  readonly name: string
  readonly subject: string
  readonly state: string
}

interface Page {
  readonly total: number
  readonly certificates: readonly Listed[]
  /** What they were searched by. */
  readonly text: string
}

const PAGE = 8
/** Milliseconds without a key after which it is asked for. */
const PAUSE = 150

/** Finds one of the registered certificates as one types: a combobox (ARIA APG) whose options the server pages. */
export class CertificatePicker {
  readonly #found: Resource<Page>
  readonly #chosen: (one: Listed) => void
  #text = ''
  #isOpen = false
  #active = 0
  #limit = PAGE
  /** Enter was pressed before there was an answer to what had been typed: the first of it is meant. */
  #isAwaited = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(signal: AbortSignal, chosen: (one: Listed) => void) {
    this.#chosen = chosen
    this.#found = new Resource<Page>(signal, async (asked) => {
      const text = this.#text
      const query = new URLSearchParams({ text, limit: String(this.#limit) })
      return { ...(await ask<Omit<Page, 'text'>>(`GET /api/v1/certificates?${query}`, { signal: asked })).value, text }
    })
    signal.addEventListener('abort', () => clearTimeout(this.#timer))
  }

  view(error: string | null): TemplateResult {
    const options = this.#options
    const active = this.#isOpen && options.length > 0 ? `certificate-option-${this.#active}` : nothing
    return html`<div class="field picker" @focusout=${this.#left}>
      <label for="certificate">Certificate</label>
      <input id="certificate" type="search" role="combobox" aria-autocomplete="list" aria-expanded=${this.#isOpen} aria-controls="certificate-options" aria-activedescendant=${active} aria-describedby="certificate-error" aria-invalid=${error === null ? nothing : 'true'} autocomplete="off" spellcheck="false" placeholder="Name, subject or fingerprint" .value=${live(this.#text)} @input=${this.#typed} @keydown=${this.#pressed} @click=${this.#open}>
      <div class="picker-list" ?hidden=${!this.#isOpen}>
        <ul id="certificate-options" role="listbox" aria-label="Registered certificates">
          ${repeat(
            options,
            (one) => one.fingerprint,
            (
              one,
              index,
            ) => html`<li role="option" id="certificate-option-${index}" aria-selected=${index === this.#active} @mousedown=${(event: Event) => event.preventDefault()} @click=${() => this.#choose(one)}>
              <span class="picker-name">${one.name}</span>${certificateBadge(one.state)}<span class="picker-subject">${one.subject}</span>
            </li>`,
          )}
        </ul>
        <p class="picker-note" role="status">${this.#note}</p>
      </div>
      <p class="field-error" id="certificate-error" aria-live="polite">${error === null ? nothing : html`${icon('alert')}${error}`}</p>
    </div>`
  }

  get #options(): readonly Listed[] {
    return this.#found.value?.certificates ?? []
  }

  get #note(): unknown {
    const { state } = this.#found
    if (!this.#isOpen) return nothing
    if (state.kind === 'loading') return 'Searching…'
    if (state.kind === 'failed') return messageOf(state.error)
    const { total, certificates } = state.value
    if (total === 0) return 'No registered certificate matches.'
    const more = total > certificates.length
    return html`${count(certificates.length)} of ${count(total)}${
      more
        ? html`. <button type="button" class="link-button" tabindex="-1" @mousedown=${(event: Event) => event.preventDefault()} @click=${this.#more}>Show more</button>, or type to narrow`
        : nothing
    }`
  }

  readonly #typed = ({ target }: Event): void => {
    this.#text = (target as HTMLInputElement).value
    this.#limit = PAGE
    this.#active = 0
    this.#isOpen = true
    this.#isAwaited = false
    redraw()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#search(), PAUSE)
  }

  async #search(): Promise<void> {
    await this.#found.load()
    if (!this.#isAwaited || !this.#isOpen || this.#found.value?.text !== this.#text) return
    this.#isAwaited = false
    this.#chooseActive()
  }

  readonly #open = (): void => {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#active = 0
    void this.#found.load()
    redraw()
  }

  readonly #more = (): void => {
    this.#limit += PAGE * 4
    void this.#found.load()
  }

  readonly #left = ({ relatedTarget, currentTarget }: FocusEvent): void => {
    if (relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget)) return
    this.#isOpen = false
    redraw()
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    const last = this.#options.length - 1
    if (event.key === 'ArrowDown' && this.#isOpen && this.#active === last) this.#showMore()
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!this.#isOpen) this.#open()
      else this.#active = Math.max(0, Math.min(last, this.#active + (event.key === 'ArrowDown' ? 1 : -1)))
    } else if (event.key === 'Escape' && this.#isOpen) {
      event.preventDefault()
      this.#isOpen = false
    } else if (event.key === 'Enter' && this.#isOpen) {
      event.preventDefault()
      if (this.#found.value?.text === this.#text) this.#chooseActive()
      else this.#isAwaited = true
    }
    redraw()
    onceDrawn(() => document.querySelector(`#certificate-option-${this.#active}`)?.scrollIntoView({ block: 'nearest' }))
  }

  #showMore(): void {
    if ((this.#found.value?.total ?? 0) > this.#options.length && !this.#found.isBusy) this.#more()
  }

  #chooseActive(): void {
    const one = this.#options[this.#active]
    if (one !== undefined) this.#choose(one)
  }

  #choose(one: Listed): void {
    clearTimeout(this.#timer)
    this.#isOpen = false
    this.#text = ''
    this.#chosen(one)
    redraw()
  }
}
