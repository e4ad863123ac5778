import { html, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { SignedCertificate } from '../../api-types.ts'
import { button } from '../../parts/button.ts'
import { textField } from '../../parts/field.ts'
import { fileField, NOTHING_GIVEN } from '../../parts/file-field.ts'
import { failure } from '../../parts/states.ts'
import { State } from '../../store.ts'
import { DEFAULT_LIFETIME, lifetimeBody, NO_RIGHTS, namesBody, permissionsBody, wrongLifetime, wrongRights } from './drafts.ts'
import { lifetimeFields, rightsFields } from './fields.ts'
import { focusProblem } from './focus.ts'
import { saveSigned, signedView } from './made.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'

const SHOWN = ['request', 'name', 'clearance', 'permissions', 'names', 'lifetime']
const OWN = new Map([
  ['invalid_request', 'request'],
  ['invalid_key', 'request'],
])

const EMPTY = { request: NOTHING_GIVEN, rights: NO_RIGHTS, names: '', lifetime: DEFAULT_LIFETIME }

/** A request (PKCS#10) whose key stays where it is. */
export class SignForm {
  readonly #signal: AbortSignal
  readonly #draft = new State(EMPTY)
  readonly #problems = new State<Problems>(NO_PROBLEMS)
  readonly #isBusy = new State(false)
  readonly #signed = new State<SignedCertificate | null>(null)

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  view(): TemplateResult {
    const signed = this.#signed.value
    if (signed !== null) return signedView(signed, button({ label: 'Sign another', icon: 'plus', act: () => this.#anew() }))
    const { request, rights, names, lifetime } = this.#draft.value
    const { fields: wrong, error } = this.#problems.value
    const set = (change: Partial<typeof EMPTY>) => {
      this.#draft.value = { ...this.#draft.value, ...change }
    }
    return html`<form class="form" novalidate @submit=${(event: Event) => void this.#submit(event)}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>${fileField({ name: 'request', label: 'Signing request', hint: 'PEM, as openssl req makes it. The key is never sent.', placeholder: '-----BEGIN CERTIFICATE REQUEST-----', accept: '.csr,.pem,.req,.p10,.txt', error: wrong.get('request') ?? null, value: request, changed: (next) => set({ request: next }) })}</div>
        <div>
          ${rightsFields({ rights, wrong, isNameRequired: false, nameHint: 'Empty: the common name of the request.', changed: (edit) => set({ rights: edit(this.#draft.value.rights) }) })}
          ${textField({ name: 'names', label: 'Alternative names', rows: 2, monospaced: true, hint: 'Empty: those of the request.', error: wrong.get('names') ?? null, value: names, changed: (next) => set({ names: next }) })}
          ${lifetimeFields({ lifetime, wrong, standard: 'A year', changed: (edit) => set({ lifetime: edit(this.#draft.value.lifetime) }) })}
        </div>
      </div>
      <p class="form-actions">${button({ label: 'Sign and download', kind: 'primary', icon: 'download', submit: true, isBusy: this.#isBusy.value })}</p>
    </form>`
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.#isBusy.value) return
    const { request, rights, names, lifetime } = this.#draft.value
    const wrong = new Map([...wrongRights(rights), ...wrongLifetime(lifetime)])
    wrong.delete('name')
    if (request.text.trim() === '') wrong.set('request', 'Paste a request or choose its file.')
    this.#problems.value = { fields: wrong, error: null }
    if (wrong.size > 0) return focusProblem()
    this.#isBusy.value = true
    const alternatives = namesBody(names)
    const body = {
      csr: request.text,
      ...(rights.name.trim() === '' ? {} : { name: rights.name }),
      clearance: rights.clearance,
      permissions: permissionsBody(rights.permissions),
      ...(alternatives.length === 0 ? {} : { names: alternatives }),
      ...lifetimeBody(lifetime),
    }
    try {
      const { value } = await ask<SignedCertificate>('POST /api/v1/certificates/sign', { body, signal: this.#signal })
      saveSigned(value)
      this.#signed.value = value
    } catch (error) {
      this.#problems.value = problemsOf(error, SHOWN, OWN)
      focusProblem()
    } finally {
      this.#isBusy.value = false
    }
  }

  #anew(): void {
    this.#draft.value = EMPTY
    this.#signed.value = null
  }
}
