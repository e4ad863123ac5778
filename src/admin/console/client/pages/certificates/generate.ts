import { html, type TemplateResult } from 'lit-html'
import { textField } from '../../parts/field.ts'
import { failure } from '../../parts/states.ts'
import {
  DEFAULT_LIFETIME,
  filesBody,
  lifetimeBody,
  NO_RIGHTS,
  namesBody,
  newFiles,
  passwordIn,
  rightsBody,
  type Wrong,
  wrongFiles,
  wrongLifetime,
  wrongRights,
} from './drafts.ts'
import { fileFields, lifetimeFields, rightsFields } from './fields.ts'
import { Filling } from './filling.ts'
import { type MadeFiles, madeView, make } from './made.ts'

const SHOWN = ['name', 'clearance', 'permissions', 'names', 'lifetime', 'password', 'key-type']

const empty = () => ({ rights: NO_RIGHTS, names: '', lifetime: DEFAULT_LIFETIME, files: newFiles() })
type Draft = ReturnType<typeof empty>

/** A new key and its certificate, as a zip. */
export class GenerateForm {
  readonly #filling: Filling<Draft, MadeFiles>

  constructor(signal: AbortSignal) {
    this.#filling = new Filling({ empty, wrong: wrongIn, send: (draft) => generate(draft, signal), shown: SHOWN })
  }

  view(): TemplateResult {
    const filling = this.#filling
    if (filling.result !== null) return madeView(filling.result, filling.anotherButton('Make another'))
    const { rights, names, lifetime, files } = filling.draft
    const { fields: wrong, error } = filling.problems
    return html`<form class="form" novalidate @submit=${filling.submit}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>${rightsFields({ rights, wrong, nameHint: 'Becomes the common name: who the holder is to the services behind.', changed: (edit) => filling.set({ rights: edit(filling.draft.rights) }) })}</div>
        <div>
          ${textField({ name: 'names', label: 'Alternative names', rows: 3, monospaced: true, hint: 'One on each line: dns:NAME, ip:ADDRESS, uri:URI or email:ADDRESS. Most people need none.', error: wrong.get('names') ?? null, value: names, changed: (next) => filling.set({ names: next }) })}
          ${lifetimeFields({ lifetime, wrong, standard: 'A year', changed: (edit) => filling.set({ lifetime: edit(filling.draft.lifetime) }) })}
          ${fileFields({ files, wrong, changed: (edit) => filling.set({ files: edit(filling.draft.files) }) })}
        </div>
      </div>
      <p class="form-actions">${filling.submitButton('Generate and download', 'download')}</p>
    </form>`
  }
}

function wrongIn({ rights, lifetime, files }: Draft): Wrong {
  return new Map([...wrongRights(rights), ...wrongLifetime(lifetime), ...wrongFiles(files)])
}

async function generate({ rights, names, lifetime, files }: Draft, signal: AbortSignal): Promise<MadeFiles> {
  const body = { ...rightsBody(rights), names: namesBody(names), ...lifetimeBody(lifetime), ...filesBody(files), format: 'zip' }
  return make('POST /api/v1/certificates', body, rights.name, passwordIn(files), signal)
}
