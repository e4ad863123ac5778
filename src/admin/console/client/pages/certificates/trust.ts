import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { Certificate } from '../../api-types.ts'
import { plural } from '../../format.ts'
import { button } from '../../parts/button.ts'
import { textField } from '../../parts/field.ts'
import { fileField, NOTHING_GIVEN } from '../../parts/file-field.ts'
import { failure, notice } from '../../parts/states.ts'
import { dataTable } from '../../parts/table.ts'
import { date } from '../../parts/time.ts'
import { State } from '../../store.ts'
import { NO_RIGHTS, rightsBody, wrongRights } from './drafts.ts'
import { rightsFields } from './fields.ts'
import { focusProblem } from './focus.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'
import { nameLink } from './words.ts'

const SHOWN = ['certificate', 'file-password', 'name', 'clearance', 'permissions']
const OWN = new Map([
  ['invalid_request', 'certificate'],
  ['invalid_key', 'certificate'],
  ['certificate_unreadable', 'certificate'],
  ['own_certificate', 'certificate'],
  ['entry_exists', 'certificate'],
  ['entry_refused', 'certificate'],
  ['invalid_password', 'file-password'],
])

const EMPTY = { certificate: NOTHING_GIVEN, password: '', rights: NO_RIGHTS }

/** A certificate that somebody else issued: it may sign in here as one of ours. */
export class TrustForm {
  readonly #signal: AbortSignal
  readonly #draft = new State(EMPTY)
  readonly #problems = new State<Problems>(NO_PROBLEMS)
  readonly #isBusy = new State(false)
  readonly #trusted = new State<readonly Certificate[] | null>(null)

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  view(): TemplateResult {
    const trusted = this.#trusted.value
    if (trusted !== null)
      return html`${trustedView(trusted)}<p class="form-actions">${button({ label: 'Trust another', icon: 'plus', act: () => this.#anew() })}</p>`
    const { certificate, password, rights } = this.#draft.value
    const { fields: wrong, error } = this.#problems.value
    const set = (change: Partial<typeof EMPTY>) => {
      this.#draft.value = { ...this.#draft.value, ...change }
    }
    const isText = certificate.text === '' || certificate.text.includes('-----BEGIN')
    return html`<form class="form" novalidate @submit=${(event: Event) => void this.#submit(event)}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>
          ${fileField({ name: 'certificate', label: 'Certificate', hint: 'PEM, or base64 of DER or PFX. All leaves of one file get the same name and rights. A key in it is not kept.', placeholder: '-----BEGIN CERTIFICATE-----', accept: '.pem,.crt,.cer,.der,.pfx,.p12', error: wrong.get('certificate') ?? null, value: certificate, changed: (next) => set({ certificate: next }) })}
          ${isText ? nothing : textField({ name: 'file-password', label: 'Password of the PFX', type: 'password', hint: 'Empty where it has none, or is no PFX.', error: wrong.get('file-password') ?? null, value: password, changed: (next) => set({ password: next }) })}
        </div>
        <div>${rightsFields({ rights, wrong, nameHint: 'How it is called here; its subject stays as it is.', changed: (edit) => set({ rights: edit(this.#draft.value.rights) }) })}</div>
      </div>
      <p class="form-actions">${button({ label: 'Trust', kind: 'primary', icon: 'check', submit: true, isBusy: this.#isBusy.value })}</p>
    </form>`
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.#isBusy.value) return
    const { certificate, password, rights } = this.#draft.value
    const wrong = new Map(wrongRights(rights))
    if (certificate.text.trim() === '') wrong.set('certificate', 'Paste a certificate or choose its file.')
    this.#problems.value = { fields: wrong, error: null }
    if (wrong.size > 0) return focusProblem()
    this.#isBusy.value = true
    const body = { certificate: certificate.text, ...(password === '' ? {} : { password }), ...rightsBody(rights) }
    try {
      const { value } = await ask<{ certificates: Certificate[] }>('POST /api/v1/certificates/trust', { body, signal: this.#signal })
      this.#trusted.value = value.certificates
    } catch (error) {
      this.#problems.value = problemsOf(error, SHOWN, OWN)
      focusProblem()
    } finally {
      this.#isBusy.value = false
    }
  }

  #anew(): void {
    this.#draft.value = EMPTY
    this.#trusted.value = null
  }
}

function trustedView(certificates: readonly Certificate[]): TemplateResult {
  return html`
    ${notice('good', `${plural(certificates.length, 'certificate is', 'certificates are')} trusted from now on`)}
    ${dataTable({
      caption: 'Trusted certificates',
      columns: [
        { key: 'name', label: 'Name', isHeading: true, cell: nameLink },
        { key: 'subject', label: 'Subject', cell: ({ subject }: Certificate) => html`<bdi>${subject}</bdi>` },
        { key: 'issuer', label: 'Issuer', cell: ({ issuer }: Certificate) => html`<bdi>${issuer}</bdi>` },
        { key: 'not_after', label: 'Valid until', cell: ({ not_after: notAfter }: Certificate) => date(notAfter) },
      ],
      rows: certificates,
      keyOf: ({ fingerprint }) => fingerprint,
    })}
  `
}
