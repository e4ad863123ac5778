import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { SignedCertificate } from '../../api-types.ts'
import { visit } from '../../navigation.ts'
import { button } from '../../parts/button.ts'
import { type DialogControl, openDialog } from '../../parts/dialog.ts'
import { selectField } from '../../parts/field.ts'
import { fileField, NOTHING_GIVEN } from '../../parts/file-field.ts'
import { filesRead } from '../../parts/reading.ts'
import { failure } from '../../parts/states.ts'
import { toast } from '../../parts/toast.ts'
import { DEFAULT_LIFETIME, filesBody, lifetimeBody, newFiles, passwordIn, wrongFiles, wrongLifetime } from './drafts.ts'
import { fileFields, lifetimeFields } from './fields.ts'
import { focusProblem } from './focus.ts'
import { madeView, make, saveSigned, signedView } from './made.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'
import type { Seen } from './seen.ts'
import { nameText } from './words.ts'

const SHOWN = ['request', 'lifetime', 'password', 'key-type']
const OWN = new Map([
  ['invalid_request', 'request'],
  ['invalid_names', 'request'],
])

/** The same names and rights for longer. Resolves to whether there is a new one. */
export async function renew(seen: Seen): Promise<boolean> {
  const here = visit()
  const renewing = new Renewing(seen)
  const show = () => openDialog<true>({ title: 'Renew a certificate', wide: true, view: (control) => renewing.view(control) })
  await show()
  if (renewing.underWay === null) return renewing.isDone
  // Given up after it was asked for: what is made is made, and its password is in no other place.
  await renewing.underWay
  const { name } = seen.certificate
  if (!renewing.isDone) toast('bad', `${name} was not renewed`)
  else if (visit() === here) await show()
  else if (renewing.hasPassword) toast('bad', `${name} was renewed after you left, and its password was shown to nobody: renew it again`)
  else toast('good', `Renewed ${name}`)
  return renewing.isDone
}

class Renewing {
  readonly #seen: Seen
  #by: 'key' | 'request' = 'key'
  #files = newFiles()
  #request = NOTHING_GIVEN
  #lifetime = DEFAULT_LIFETIME
  #problems: Problems = NO_PROBLEMS
  #isBusy = false
  #underWay: Promise<void> | null = null
  #result: TemplateResult | null = null

  constructor(seen: Seen) {
    this.#seen = seen
  }

  get isDone(): boolean {
    return this.#result !== null
  }

  /** Of the files that are made, and shown only here. */
  get hasPassword(): boolean {
    return this.#by === 'key'
  }

  /** What was asked for, until it is answered; null: nothing is. Never rejects. */
  get underWay(): Promise<void> | null {
    return this.#underWay
  }

  view(control: DialogControl<true>): TemplateResult {
    if (this.#result !== null)
      return html`${this.#result}<div class="dialog-actions">${button({ label: 'Done', kind: 'primary', act: () => control.close(true) })}</div>`
    const { fields: wrong, error } = this.#problems
    const redraw = (change: () => void): void => {
      change()
      control.redraw()
    }
    const choices = [
      { value: 'key', label: 'A new key, made here' },
      { value: 'request', label: 'The key of a signing request' },
    ]
    return html`<form novalidate @submit=${(event: Event) => void this.#submit(event, control)}>
      ${error === null ? nothing : failure(error)}
      <p class="dialog-text">A certificate with the names and rights of ${nameText(this.#seen.certificate.name)}. The one that it renews stays as it is.</p>
      ${selectField({
        name: 'renew-by',
        label: 'For',
        value: this.#by,
        choices,
        changed: (value) =>
          redraw(() => {
            this.#by = value as 'key' | 'request'
          }),
      })}
      ${
        this.#by === 'key'
          ? fileFields({
              files: this.#files,
              wrong,
              changed: (edit) =>
                redraw(() => {
                  this.#files = edit(this.#files)
                }),
            })
          : fileField({
              name: 'request',
              label: 'Signing request',
              placeholder: '-----BEGIN CERTIFICATE REQUEST-----',
              accept: '.csr,.pem,.req,.p10,.txt',
              error: wrong.get('request') ?? null,
              value: this.#request,
              changed: (request) =>
                redraw(() => {
                  this.#request = request
                }),
            })
      }
      ${lifetimeFields({
        lifetime: this.#lifetime,
        wrong,
        standard: 'As long as before',
        changed: (edit) =>
          redraw(() => {
            this.#lifetime = edit(this.#lifetime)
          }),
      })}
      <div class="dialog-actions">
        ${button({ label: 'Cancel', act: () => control.close() })}
        ${button({ label: 'Renew and download', kind: 'primary', icon: 'download', submit: true, isBusy: this.#isBusy })}
      </div>
    </form>`
  }

  async #submit(event: Event, control: DialogControl<true>): Promise<void> {
    event.preventDefault()
    if (this.#isBusy) return
    this.#isBusy = true
    await filesRead()
    if (control.signal.aborted) return
    const wrong = new Map([...wrongLifetime(this.#lifetime), ...(this.#by === 'key' ? wrongFiles(this.#files) : [])])
    if (this.#by === 'request' && this.#request.text.trim() === '') wrong.set('request', 'Paste a request or choose its file.')
    this.#problems = { fields: wrong, error: null }
    this.#isBusy = wrong.size === 0
    control.redraw()
    if (wrong.size > 0) return focusProblem()
    this.#underWay = this.#ask()
    await this.#underWay
    this.#underWay = null
    this.#isBusy = false
    control.redraw()
  }

  async #ask(): Promise<void> {
    try {
      this.#result = await this.#renewed()
    } catch (error) {
      this.#problems = problemsOf(error, SHOWN, OWN)
      focusProblem()
    }
  }

  /** Once asked for it is made: closing the dialog does not end it. */
  async #renewed(): Promise<TemplateResult> {
    const { name, fingerprint } = this.#seen.certificate
    const what = `POST /api/v1/certificates/${fingerprint}/renew`
    const life = lifetimeBody(this.#lifetime)
    if (this.#by === 'key') {
      const never = new AbortController().signal
      return madeView(await make(what, { ...filesBody(this.#files), ...life, format: 'zip' }, name, passwordIn(this.#files), never))
    }
    const { value } = await ask<SignedCertificate>(what, { body: { csr: this.#request.text, ...life } })
    saveSigned(value)
    return signedView(value)
  }
}
