import { CertgateError, MaterialError, UsageError } from '../../errors.ts'
import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import { type CaFiles, isLocked, LARGEST_CA_FILE, lacksKey, readOwnCa } from '../own-ca.ts'
import type { Draft } from './draft.ts'
import { type Form, NO_PROBLEMS, type Problems } from './form.ts'
import { choicesHtml, fieldHtml } from './page.ts'
import type { Step } from './step.ts'

export const caStep: Step = {
  path: '/ca',
  name: 'Authority',
  title: 'Who signs the certificates',
  multipart: true,
  content(draft, entered, problems) {
    const chosen = entered?.text('ca') || (draft.own === null ? 'new' : 'own')
    return choicesHtml(
      'ca',
      'Certificate authority',
      [
        { value: 'new', label: 'A new one: a root for ten years, and an issuing CA below it' },
        { value: 'own', label: 'My own', inset: ownFields(draft, problems) },
      ],
      chosen,
    )
  },
  async submit(form, draft) {
    if (form.text('ca') === 'own') return submitOwn(form, draft)
    if (form.text('ca') !== 'new') return { draft, problems: problem('ca-new', 'choose one of the two') }
    if (form.file('certificate') !== null)
      return {
        draft,
        problems: problem('certificate', 'a file was chosen beside a new authority', 'choose your own, or take the file away'),
      }
    return { draft: { ...draft, files: null, own: null }, problems: NO_PROBLEMS }
  },
}

function ownFields({ files, own }: Draft, problems: Problems): string {
  const kept = files === null ? '' : `${files.certificate.name}${files.key === null ? '' : ` and ${files.key.name}`}`
  const state =
    kept === ''
      ? ''
      : `<p>${own === null ? 'Uploaded' : 'In use'}: <code>${escapeHtml(kept)}</code>. Choose files again to replace them.</p>`
  return (
    '<p class="hint">It certifies an issuing CA for the gateway, and its key is not kept. Where it may have no CA below it, it signs by itself, ' +
    'and its key is written into the folder.</p>' +
    state +
    fieldHtml(
      {
        name: 'certificate',
        label: 'Certificate, and those above it up to the root',
        type: 'file',
        hint: 'PEM, or a PFX that has the key too.',
        more: 'accept=".pem,.crt,.cer,.pfx,.p12"',
      },
      problems,
    ) +
    fieldHtml(
      { name: 'key', label: 'Private key', type: 'file', hint: 'PEM, where the first file has none.', more: 'accept=".pem,.key"' },
      problems,
    ) +
    fieldHtml(
      {
        name: 'ca_password',
        label: 'Password of the key or PFX',
        type: 'password',
        hint: 'Empty where it has none. It is not kept.',
        more: 'autocomplete="off"',
      },
      problems,
    )
  )
}

async function submitOwn(form: Form, draft: Draft) {
  const [certificate, key] = [form.file('certificate'), form.file('key')]
  const password = form.text('ca_password') || null
  const isKept = certificate === null && key === null && password === null && draft.own !== null
  if (isKept) return { draft, problems: NO_PROBLEMS }
  const files = chosenFiles(certificate, key, draft.files)
  if (files === null) return { draft, problems: problem('certificate', 'no file was chosen') }
  const changed = { ...draft, files, own: null, answered: without(draft.answered, '/ca') }
  const tooLarge =
    files.certificate.bytes.length > LARGEST_CA_FILE ? 'certificate' : (files.key?.bytes.length ?? 0) > LARGEST_CA_FILE ? 'key' : null
  if (tooLarge !== null) return { draft, problems: problem(tooLarge, `the file is larger than ${LARGEST_CA_FILE / 1024} KiB`) }
  if (files.key === null && lacksKey(files.certificate))
    return { draft: changed, problems: problem('key', `${files.certificate.name} holds no private key`, 'choose the file that has it') }
  if (isLocked(files) && password === null)
    return { draft: changed, problems: problem('ca_password', `${(files.key ?? files.certificate).name} has a password`, 'enter it') }
  try {
    return { draft: { ...changed, own: readOwnCa(files, password) }, problems: NO_PROBLEMS }
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    return { draft: changed, problems: new Map([[fieldOf(error, files), error]]) }
  }
}

/** A new certificate begins anew; a new key alone belongs to the certificate that is there. */
function chosenFiles(certificate: CaFiles['certificate'] | null, key: CaFiles['key'], before: CaFiles | null): CaFiles | null {
  if (certificate !== null) return { certificate, key }
  return before === null ? null : { certificate: before.certificate, key: key ?? before.key }
}

function fieldOf(error: CertgateError, { key }: CaFiles): string {
  if (/ does not open | has no password/.test(error.message)) return 'ca_password'
  return error instanceof MaterialError && key !== null && error.file === key.name ? 'key' : 'certificate'
}

function without(answered: ReadonlySet<string>, path: string): ReadonlySet<string> {
  return new Set([...answered].filter((one) => one !== path))
}

const problem = (field: string, message: string, hint?: string): Problems => new Map([[field, new UsageError(message, hint)]])
