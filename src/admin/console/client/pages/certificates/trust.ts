import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { Certificate } from '../../api-types.ts'
import { plural } from '../../format.ts'
import { textField } from '../../parts/field.ts'
import { fileField, NOTHING_GIVEN } from '../../parts/file-field.ts'
import { failure, notice } from '../../parts/states.ts'
import { dataTable } from '../../parts/table.ts'
import { date } from '../../parts/time.ts'
import { NO_RIGHTS, rightsBody, type Wrong, wrongRights } from './drafts.ts'
import { rightsFields } from './fields.ts'
import { Filling } from './filling.ts'
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
type Draft = typeof EMPTY

/** A certificate that somebody else issued: it may sign in here as one of ours. */
export class TrustForm {
  readonly #filling: Filling<Draft, readonly Certificate[]>

  constructor(signal: AbortSignal) {
    this.#filling = new Filling({ empty: () => EMPTY, wrong: wrongIn, send: (draft) => trust(draft, signal), shown: SHOWN, own: OWN })
  }

  view(): TemplateResult {
    const filling = this.#filling
    if (filling.result !== null)
      return html`${trustedView(filling.result)}<p class="form-actions">${filling.anotherButton('Trust another')}</p>`
    const { certificate, password, rights } = filling.draft
    const { fields: wrong, error } = filling.problems
    const isText = certificate.text === '' || certificate.text.includes('-----BEGIN')
    return html`<form class="form" novalidate @submit=${filling.submit}>
      ${error === null ? '' : failure(error)}
      <div class="columns">
        <div>
          ${fileField({ name: 'certificate', label: 'Certificate', hint: 'PEM, or base64 of DER or PFX. All leaves of one file get the same name and rights. A key in it is not kept.', placeholder: '-----BEGIN CERTIFICATE-----', accept: '.pem,.crt,.cer,.der,.pfx,.p12', error: wrong.get('certificate') ?? null, value: certificate, changed: (next) => filling.set({ certificate: next }) })}
          ${isText ? nothing : textField({ name: 'file-password', label: 'Password of the PFX', type: 'password', hint: 'Empty where it has none, or is no PFX.', error: wrong.get('file-password') ?? null, value: password, changed: (next) => filling.set({ password: next }) })}
        </div>
        <div>${rightsFields({ rights, wrong, nameHint: 'How it is called here; its subject stays as it is.', changed: (edit) => filling.set({ rights: edit(filling.draft.rights) }) })}</div>
      </div>
      <p class="form-actions">${filling.submitButton('Trust', 'check')}</p>
    </form>`
  }
}

function wrongIn({ certificate, rights }: Draft): Wrong {
  const wrong = new Map(wrongRights(rights))
  if (certificate.text.trim() === '') wrong.set('certificate', 'Paste a certificate or choose its file.')
  return wrong
}

async function trust({ certificate, password, rights }: Draft, signal: AbortSignal): Promise<readonly Certificate[]> {
  const body = { certificate: certificate.text, ...(password === '' ? {} : { password }), ...rightsBody(rights) }
  return (await ask<{ certificates: Certificate[] }>('POST /api/v1/certificates/trust', { body, signal })).value.certificates
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
