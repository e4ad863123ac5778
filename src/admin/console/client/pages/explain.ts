import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../api.ts'
import type { Explanation } from '../api-types.ts'
import { certificateBadge } from '../parts/badge.ts'
import { button, iconButton } from '../parts/button.ts'
import { fingerprint as shortFingerprint } from '../parts/copy.ts'
import { selectField, type TextOptions, textField } from '../parts/field.ts'
import { icon } from '../parts/icon.ts'
import { panel } from '../parts/panel.ts'
import { filesRead, reading } from '../parts/reading.ts'
import { empty, notAllowed, pageHeading, whenLoaded } from '../parts/states.ts'
import { toast } from '../parts/toast.ts'
import { whyNot } from '../session.ts'
import { onceDrawn, Resource, State } from '../store.ts'
import { CertificatePicker, type Listed } from './explain/picker.ts'
import { type Asked, askedIn, bodyOf, certificatesIn, faultsOf, queryOf, type Who } from './explain/question.ts'
import { explained } from './explain/result.ts'
import type { OpenedPage, PageContext } from './page.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Larger than any certificate with what stands above it. */
const LARGEST_FILE = 256 * 1024

export function open(context: PageContext): OpenedPage {
  const reason = whyNot('Operator')
  if (reason !== null) return { title: () => 'Explain', view: () => html`${pageHeading('Explain')}${notAllowed(reason)}` }
  const page = new ExplainPage(context)
  return { title: () => 'Explain', view: () => page.view() }
}

class ExplainPage {
  readonly #keepQuery: PageContext['keepQuery']
  readonly #asked: State<Asked>
  readonly #registered: Resource<Listed | null>
  readonly #picker: CertificatePicker
  readonly #answer: Resource<Explanation>
  /** What the answer is to. */
  #question: Asked
  readonly #phase = new State<'new' | 'faulty' | 'asked'>('new')

  constructor({ signal, query, keepQuery }: PageContext) {
    this.#keepQuery = keepQuery
    this.#asked = new State(askedIn(query))
    this.#question = this.#asked.value
    this.#registered = new Resource<Listed | null>(signal, async (asked) => {
      const search = new URLSearchParams({ thumbprint: this.#asked.value.fingerprint, limit: '1' })
      const { value } = await ask<{ certificates: readonly Listed[] }>(`GET /api/v1/certificates?${search}`, { signal: asked })
      return value.certificates[0] ?? null
    })
    this.#picker = new CertificatePicker(signal, (one) => {
      this.#registered.value = one
      this.#set({ fingerprint: one.fingerprint })
      onceDrawn(() => document.querySelector<HTMLElement>('.picked button')?.focus())
    })
    this.#answer = new Resource<Explanation>(
      signal,
      async (asked) => (await ask<Explanation>('POST /api/v1/explain', { body: bodyOf(this.#question), signal: asked })).value,
    )
    if (this.#asked.value.fingerprint !== '') void this.#registered.load()
    if (query.has('url') && faultsOf(this.#asked.value).size === 0) void this.#explain()
  }

  view(): TemplateResult {
    const matrix = html`<a class="button" href="/console/explain/matrix">${icon('list')}<span>Matrix of access</span></a>`
    return html`${pageHeading('Explain', matrix)}<div class="explain">
      <div>${panel('Who asks for what', this.#form())}</div>
      <div aria-busy=${this.#answer.isBusy}>${this.#result()}</div>
    </div>`
  }

  #result(): TemplateResult {
    if (this.#phase.value !== 'asked')
      return empty(
        'Choose who asks, and for what',
        'You see each step of the decision, with the line of configuration that decided it.',
        'route',
      )
    return whenLoaded(this.#answer.state, explained, () => void this.#explain())
  }

  #form(): TemplateResult {
    const asked = this.#asked.value
    const faults = this.#phase.value === 'faulty' ? faultsOf(asked) : new Map<keyof Asked, string>()
    const text = (key: 'cn' | 'dn' | 'url' | 'listener' | 'address') => ({
      name: `explain-${key}`,
      value: asked[key],
      error: faults.get(key) ?? null,
      changed: (value: string) => this.#set({ [key]: value }),
    })
    const methods = [...new Set([...METHODS, asked.method])].map((value) => ({ value, label: value }))
    const isPlaced = asked.listener !== '' || asked.address !== ''
    return html`<form @submit=${this.#submit}>
      ${this.#whoChoice(asked.who)}
      ${this.#whoField(faults, text)}
      <div class="explain-request">
        ${selectField({ name: 'explain-method', label: 'Method', value: asked.method, choices: methods, error: faults.get('method') ?? null, changed: (method) => this.#set({ method }) })}
        ${textField({ ...text('url'), label: 'URL', hint: 'A path, or a whole URL: its name is the Host', monospaced: true })}
      </div>
      <details class="explain-place" ?open=${isPlaced}><summary>Listener and address</summary>
        ${textField({ ...text('listener'), label: 'Listener', hint: 'Empty: the first one' })}
        ${textField({ ...text('address'), label: 'Address of the client', hint: 'Empty: 127.0.0.1', placeholder: '127.0.0.1' })}
      </details>
      ${button({ label: 'Explain', kind: 'primary', icon: 'route', submit: true, isBusy: this.#answer.isBusy && this.#phase.value === 'asked' })}
    </form>`
  }

  #whoChoice(now: Who): TemplateResult {
    const choice = (who: Who, label: string): TemplateResult =>
      html`<label><input type="radio" name="explain-who" value=${who} .checked=${who === now} @change=${() => this.#set({ who })}><span>${label}</span></label>`
    return html`<fieldset class="segments"><legend>Who asks</legend>${choice('registered', 'Registered')}${choice('pem', 'PEM')}${choice('name', 'Name')}${choice('dn', 'DN')}</fieldset>`
  }

  #whoField(faults: ReadonlyMap<keyof Asked, string>, text: (key: 'cn' | 'dn') => Omit<TextOptions, 'label'>): TemplateResult {
    const { who } = this.#asked.value
    if (who === 'registered') return this.#registeredField(faults)
    if (who === 'pem') return this.#pemField(faults)
    if (who === 'dn')
      return textField({
        ...text('dn'),
        label: 'Distinguished name',
        hint: 'As if a trusted certificate had this subject and nothing else',
      })
    return textField({ ...text('cn'), label: 'Common name', hint: 'As if a trusted certificate had only this name' })
  }

  #registeredField(faults: ReadonlyMap<keyof Asked, string>): TemplateResult {
    if (this.#asked.value.fingerprint === '') return this.#picker.view(faults.get('fingerprint') ?? null)
    return whenLoaded(
      this.#registered.state,
      (one) => this.#picked(one),
      () => void this.#registered.load(),
    )
  }

  #picked(one: Listed | null): TemplateResult {
    const { fingerprint } = this.#asked.value
    const name = one === null ? 'Not in the registry' : one.name
    return html`<div class="picked" role="group" aria-label="Chosen certificate">
      <p class="picked-name"><strong>${name}</strong>${one === null ? nothing : certificateBadge(one.state)}</p>
      ${iconButton('x', 'Choose another certificate', () => this.#unpick())}
      ${one === null ? nothing : html`<p class="picked-subject">${one.subject}</p>`}
      <p class="picked-subject">${shortFingerprint(fingerprint)}</p>
    </div>`
  }

  #unpick(): void {
    this.#set({ fingerprint: '' })
    onceDrawn(() => document.querySelector<HTMLElement>('#certificate')?.focus())
  }

  #pemField(faults: ReadonlyMap<keyof Asked, string>): TemplateResult {
    const { pem } = this.#asked.value
    return html`${textField({ name: 'explain-pem', label: 'Certificate in PEM', rows: 7, monospaced: true, value: pem, error: faults.get('pem') ?? null, hint: 'With those above it, if it has any. It is not kept in the address; a private key is not sent.', placeholder: '-----BEGIN CERTIFICATE-----', changed: (value) => this.#set({ pem: value }) })}
      <p class="explain-file"><label class="button" for="explain-file">Open a file</label><input class="visually-hidden" id="explain-file" type="file" accept=".pem,.crt,.cer,.der" @change=${({ target }: Event) => reading(this.#openFile(target as HTMLInputElement))}></p>`
  }

  async #openFile(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? []
    if (file === undefined) return
    if (file.size > LARGEST_FILE) return toast('bad', 'This file is too large to be a certificate')
    const bytes = new Uint8Array(await file.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    const pem = certificatesIn(text.includes('-----BEGIN') ? text : btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')))
    if (pem === '') return toast('bad', 'There is no certificate in this file')
    // Another one was chosen while this one was read.
    if (input.files?.[0] === file) this.#set({ pem })
  }

  #set(change: Partial<Asked>): void {
    this.#asked.value = { ...this.#asked.value, ...change }
    this.#keepQuery(queryOf(this.#asked.value))
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    await filesRead()
    const [first] = faultsOf(this.#asked.value).keys()
    if (first !== undefined) {
      this.#phase.value = 'faulty'
      onceDrawn(() => document.querySelector<HTMLElement>('.explain form [aria-invalid=true]')?.focus())
      return
    }
    this.#keepQuery(queryOf(this.#asked.value))
    await this.#explain()
    onceDrawn(() => document.querySelector<HTMLElement>('#verdict')?.focus())
  }

  async #explain(): Promise<void> {
    this.#question = this.#asked.value
    this.#phase.value = 'asked'
    await this.#answer.load()
  }
}
