import { html, nothing, type TemplateResult } from 'lit-html'
import { ApiError, ask } from '../../api.ts'
import type { CertificateEvent, ChangedCertificate } from '../../api-types.ts'
import { live } from '../../live.ts'
import { button } from '../../parts/button.ts'
import { type DialogControl, openDialog } from '../../parts/dialog.ts'
import { failure, notice } from '../../parts/states.ts'
import { toast } from '../../parts/toast.ts'
import { changedRights, type Edit, type Merge, mergeRights, type Rights, rightsOf, shownRight, wrongRights } from './drafts.ts'
import { rightsFields } from './fields.ts'
import { focusProblem } from './focus.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'
import { type Seen, see } from './seen.ts'

const SHOWN = ['name', 'clearance', 'permissions']

/** Name and rights of one certificate. Resolves to whether they were changed. */
export async function editRights(seen: Seen): Promise<boolean> {
  const editing = new Editing(seen)
  const done = await openDialog<true>({ title: 'Edit name and rights', view: (control) => editing.view(control) })
  return done === true
}

class Editing {
  /** As it is in the gateway, as far as is known here. */
  #seen: Seen
  #before: Rights
  #draft: Rights
  #merge: Merge | null = null
  #problems: Problems = NO_PROBLEMS
  #isBusy = false
  #isListening = false
  /** Counts how often it was looked at anew. */
  #looks = 0
  #redraw = (): void => {}

  constructor(seen: Seen) {
    this.#seen = seen
    this.#before = rightsOf(seen.certificate)
    this.#draft = this.#before
  }

  view(control: DialogControl<true>): TemplateResult {
    this.#redraw = control.redraw
    this.#listen(control.signal)
    const { fields: wrong, error } = this.#problems
    const changed = (edit: Edit<Rights>): void => {
      this.#draft = edit(this.#draft)
      control.redraw()
    }
    const conflicts = this.#merge?.conflicts ?? []
    const nothingToDo = Object.keys(changedRights(this.#before, this.#draft)).length === 0 ? 'Nothing is changed.' : null
    return html`<form novalidate @submit=${(event: Event) => void this.#submit(event, control)}>
      ${error === null ? nothing : failure(error)}
      ${this.#merge === null ? nothing : mergeNotice(this.#merge, this.#before)}
      ${rightsFields({ rights: this.#draft, wrong, nameHint: 'Here and in the log; the subject of the certificate stays.', changed })}
      <div class="dialog-actions">
        ${button({ label: 'Cancel', act: () => control.close() })}
        ${button({ label: conflicts.length === 0 ? 'Save' : 'Save mine over it', kind: 'primary', submit: true, isBusy: this.#isBusy, whyNot: nothingToDo })}
      </div>
    </form>`
  }

  /** What others do is seen while one types. */
  #listen(signal: AbortSignal): void {
    if (this.#isListening) return
    this.#isListening = true
    live.on<CertificateEvent>('certificate', signal, ({ target }) => {
      if (target === this.#seen.certificate.group && !this.#isBusy) void this.#catchUp(signal)
    })
    live.on('missed', signal, () => void this.#catchUp(signal))
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const look = ++this.#looks
    try {
      const seen = await see(this.#seen.certificate.fingerprint, signal)
      // An answer that was overtaken may be of how it was before.
      if (look !== this.#looks || seen.etag === this.#seen.etag) return
      const now = rightsOf(seen.certificate)
      this.#merge = mergeRights(this.#before, this.#draft, now, this.#merge)
      this.#draft = this.#merge.rights
      this.#before = now
      this.#seen = seen
    } catch (error) {
      if (signal.aborted) return
      this.#problems = problemsOf(error, SHOWN)
    }
    this.#redraw()
  }

  async #submit(event: Event, control: DialogControl<true>): Promise<void> {
    event.preventDefault()
    const body = changedRights(this.#before, this.#draft)
    if (this.#isBusy || Object.keys(body).length === 0) return
    const wrong = wrongRights(this.#draft)
    this.#problems = { fields: wrong, error: null }
    this.#isBusy = wrong.size === 0
    control.redraw()
    if (wrong.size > 0) return focusProblem()
    const { certificate, etag } = this.#seen
    try {
      await ask<ChangedCertificate>(`PATCH /api/v1/certificates/${certificate.fingerprint}`, { body, ifMatch: etag })
      toast('good', `Saved ${this.#draft.name}`)
      control.close(true)
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) await this.#catchUp(control.signal)
      else {
        this.#problems = problemsOf(error, SHOWN)
        focusProblem()
      }
    }
    this.#isBusy = false
    control.redraw()
  }
}

/** `now`: as it is in the gateway. */
function mergeNotice({ conflicts, taken }: Merge, now: Rights): TemplateResult {
  const line = (field: keyof Rights) => html`<li><strong>${field}</strong> is <bdi>${shownRight(now, field)}</bdi></li>`
  return html`<div role="alert">${notice(
    'warn',
    'It was changed elsewhere meanwhile',
    html`
      ${taken.length === 0 ? nothing : html`<p>Taken over below:</p><ul class="bullets">${taken.map(line)}</ul>`}
      ${conflicts.length === 0 ? nothing : html`<p>You changed it too. In the gateway now:</p><ul class="bullets">${conflicts.map(line)}</ul>`}
      ${taken.length + conflicts.length === 0 ? html`<p>Name and rights are what you have here.</p>` : nothing}
    `,
  )}</div>`
}
