import { html, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { SignedCertificate } from '../../api-types.ts'
import { textField } from '../../parts/field.ts'
import { fileField, NOTHING_GIVEN } from '../../parts/file-field.ts'
import { failure } from '../../parts/states.ts'
import { DEFAULT_LIFETIME, lifetimeBody, NO_RIGHTS, namesBody, permissionsBody, type Wrong, wrongLifetime, wrongRights } from './drafts.ts'
import { lifetimeFields, rightsFields } from './fields.ts'
import { Filling } from './filling.ts'
import { saveSigned, signedView } from './made.ts'

const SHOWN = ['request', 'name', 'clearance', 'permissions', 'names', 'lifetime']
const OWN = new Map([
  ['invalid_request', 'request'],
  ['invalid_key', 'request'],
])

const EMPTY = { request: NOTHING_GIVEN, rights: NO_RIGHTS, names: '', lifetime: DEFAULT_LIFETIME }
type Draft = typeof EMPTY

/** A request (PKCS#10) whose key stays where it is. */
export class SignForm {
  readonly #filling: Filling<Draft, SignedCertificate>

  constructor(signal: AbortSignal) {
    this.#filling = new Filling({ empty: () => EMPTY, wrong: wrongIn, send: (draft) => sign(draft, signal), shown: SHOWN, own: OWN })
  }

  view(): TemplateResult {
    const filling = this.#filling
    if (filling.result !== null) return signedView(filling.result, filling.anotherButton('Sign another'))
    const { request, rights, names, lifetime } = filling.draft
    const { fields: wrong, error } = filling.problems
    return html`<form class="form" novalidate @submit=${filling.submit}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>${fileField({ name: 'request', label: 'Signing request', hint: 'PEM, as openssl req makes it. The key is never sent.', placeholder: '-----BEGIN CERTIFICATE REQUEST-----', accept: '.csr,.pem,.req,.p10,.txt', error: wrong.get('request') ?? null, value: request, changed: (next) => filling.set({ request: next }) })}</div>
        <div>
          ${rightsFields({ rights, wrong, isNameRequired: false, nameHint: 'Empty: the common name of the request.', changed: (edit) => filling.set({ rights: edit(filling.draft.rights) }) })}
          ${textField({ name: 'names', label: 'Alternative names', rows: 2, monospaced: true, hint: 'Empty: those of the request.', error: wrong.get('names') ?? null, value: names, changed: (next) => filling.set({ names: next }) })}
          ${lifetimeFields({ lifetime, wrong, standard: 'A year', changed: (edit) => filling.set({ lifetime: edit(filling.draft.lifetime) }) })}
        </div>
      </div>
      <p class="form-actions">${filling.submitButton('Sign and download', 'download')}</p>
    </form>`
  }
}

function wrongIn({ request, rights, lifetime }: Draft): Wrong {
  const wrong = new Map([...wrongRights(rights), ...wrongLifetime(lifetime)])
  wrong.delete('name')
  if (request.text.trim() === '') wrong.set('request', 'Paste a request or choose its file.')
  return wrong
}

async function sign({ request, rights, names, lifetime }: Draft, signal: AbortSignal): Promise<SignedCertificate> {
  const alternatives = namesBody(names)
  const body = {
    csr: request.text,
    ...(rights.name.trim() === '' ? {} : { name: rights.name }),
    clearance: rights.clearance,
    permissions: permissionsBody(rights.permissions),
    ...(alternatives.length === 0 ? {} : { names: alternatives }),
    ...lifetimeBody(lifetime),
  }
  const { value } = await ask<SignedCertificate>('POST /api/v1/certificates/sign', { body, signal })
  saveSigned(value)
  return value
}
