import { html, nothing, type TemplateResult } from 'lit-html'
import { askFile, type File, save } from '../../api.ts'
import type { SignedCertificate } from '../../api-types.ts'
import { button } from '../../parts/button.ts'
import { copyable } from '../../parts/copy.ts'
import { facts } from '../../parts/panel.ts'
import { notice } from '../../parts/states.ts'
import { nameLink } from './words.ts'

/** A certificate that was made here with its key: what is in no other place. */
export interface MadeFiles {
  readonly name: string
  readonly fingerprint: string
  readonly file: File
  readonly password: string
  readonly warnings: readonly string[]
}

/** Makes one and has the browser save it. */
export async function make(what: string, body: object, name: string, password: string, signal: AbortSignal): Promise<MadeFiles> {
  const { headers, ...file } = await askFile(what, { body, signal })
  save(file)
  // RFC 7234 section 5.5: code, agent and quoted text.
  const warnings = [...(headers.get('warning') ?? '').matchAll(/"([^"]*)"/g)].map(([, text = '']) => text)
  return { name, fingerprint: headers.get('certgate-fingerprint') ?? '', file, password, warnings }
}

/** What its maker has to take along: the password is in nothing that is kept. `more`: beside its button. */
export function madeView({ name, fingerprint, file, password, warnings }: MadeFiles, more: unknown = nothing): TemplateResult {
  return html`
    ${notice('good', 'The certificate is made, and its files are on their way to your downloads', html`<p>The gateway keeps neither key nor password: what is lost is made anew.</p>`)}
    ${warningNotices(warnings)}
    ${facts([
      ['Certificate', nameLink({ fingerprint, name })],
      ['File', html`<bdi>${file.name}</bdi>`],
      ['Password', html`${copyable(password, 'password')}<p class="field-hint">Shown only now. Tell it apart from the file.</p>`],
    ])}
    <p class="form-actions">${button({ label: 'Download again', icon: 'download', act: () => save(file) })}${more}</p>
  `
}

export function saveSigned({ certificate, pem }: SignedCertificate): void {
  savePem(certificate.name, pem)
}

export function savePem(name: string, pem: string): void {
  const safe = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64)
  save({ name: `${safe === '' ? 'certificate' : safe}.crt`, content: new Blob([pem], { type: 'application/x-pem-file' }) })
}

export function signedView(signed: SignedCertificate, more: unknown = nothing): TemplateResult {
  const { certificate, dropped, warnings } = signed
  return html`
    ${notice('good', 'The request is signed, and the certificate is on its way to your downloads')}
    ${warningNotices(warnings)}
    ${dropped.length === 0 ? nothing : notice('warn', 'Names of the request that are not in the certificate', html`<p>${dropped.join(', ')}</p>`)}
    ${facts([
      ['Certificate', nameLink(certificate)],
      ['Subject', certificate.subject],
      ['Names', certificate.sans.length === 0 ? 'none' : certificate.sans.join(', ')],
    ])}
    <p class="form-actions">${button({ label: 'Download again', icon: 'download', act: () => saveSigned(signed) })}${more}</p>
  `
}

const warningNotices = (warnings: readonly string[]): TemplateResult[] => warnings.map((warning) => notice('warn', sentence(warning)))

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
