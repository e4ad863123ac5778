import { html, type TemplateResult } from 'lit-html'
import { button } from '../../parts/button.ts'
import { textField } from '../../parts/field.ts'
import { failure } from '../../parts/states.ts'
import { State } from '../../store.ts'
import {
  DEFAULT_LIFETIME,
  filesBody,
  lifetimeBody,
  NO_RIGHTS,
  namesBody,
  newFiles,
  passwordIn,
  rightsBody,
  wrongFiles,
  wrongLifetime,
  wrongRights,
} from './drafts.ts'
import { fileFields, lifetimeFields, rightsFields } from './fields.ts'
import { focusProblem } from './focus.ts'
import { type MadeFiles, madeView, make } from './made.ts'
import { NO_PROBLEMS, type Problems, problemsOf } from './problems.ts'

const SHOWN = ['name', 'clearance', 'permissions', 'names', 'lifetime', 'password', 'key-type']

const emptyDraft = () => ({ rights: NO_RIGHTS, names: '', lifetime: DEFAULT_LIFETIME, files: newFiles() })

/** A new key and its certificate, as a zip. */
export class GenerateForm {
  readonly #signal: AbortSignal
  readonly #draft = new State(emptyDraft())
  readonly #problems = new State<Problems>(NO_PROBLEMS)
  readonly #isBusy = new State(false)
  readonly #made = new State<MadeFiles | null>(null)

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  view(): TemplateResult {
    const made = this.#made.value
    if (made !== null) return madeView(made, button({ label: 'Make another', icon: 'plus', act: () => this.#anew() }))
    const { rights, names, lifetime, files } = this.#draft.value
    const { fields: wrong, error } = this.#problems.value
    const set = (change: Partial<ReturnType<typeof emptyDraft>>) => {
      this.#draft.value = { ...this.#draft.value, ...change }
    }
    return html`<form class="form" novalidate @submit=${(event: Event) => void this.#submit(event)}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>${rightsFields({ rights, wrong, nameHint: 'Becomes the common name: who the holder is to the services behind.', changed: (edit) => set({ rights: edit(this.#draft.value.rights) }) })}</div>
        <div>
          ${textField({ name: 'names', label: 'Alternative names', rows: 3, monospaced: true, hint: 'One on each line: dns:NAME, ip:ADDRESS, uri:URI or email:ADDRESS. Most people need none.', error: wrong.get('names') ?? null, value: names, changed: (next) => set({ names: next }) })}
          ${lifetimeFields({ lifetime, wrong, standard: 'A year', changed: (edit) => set({ lifetime: edit(this.#draft.value.lifetime) }) })}
          ${fileFields({ files, wrong, changed: (edit) => set({ files: edit(this.#draft.value.files) }) })}
        </div>
      </div>
      <p class="form-actions">${button({ label: 'Generate and download', kind: 'primary', icon: 'download', submit: true, isBusy: this.#isBusy.value })}</p>
    </form>`
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.#isBusy.value) return
    const { rights, names, lifetime, files } = this.#draft.value
    const wrong = new Map([...wrongRights(rights), ...wrongLifetime(lifetime), ...wrongFiles(files)])
    this.#problems.value = { fields: wrong, error: null }
    if (wrong.size > 0) return focusProblem()
    this.#isBusy.value = true
    try {
      const body = { ...rightsBody(rights), names: namesBody(names), ...lifetimeBody(lifetime), ...filesBody(files), format: 'zip' }
      this.#made.value = await make('POST /api/v1/certificates', body, rights.name, passwordIn(files), this.#signal)
    } catch (error) {
      this.#problems.value = problemsOf(error, SHOWN)
      focusProblem()
    } finally {
      this.#isBusy.value = false
    }
  }

  #anew(): void {
    this.#draft.value = emptyDraft()
    this.#made.value = null
  }
}
