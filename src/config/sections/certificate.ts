import type * as z from 'zod'
import type { Paths } from '../paths.ts'
import type { CertificateSource, CrlSettings, OcspSettings } from '../settings.ts'
import { FILE_PLACEHOLDER, InvalidValue, list, oneOrMore, parsed, section, text, toggle, word } from '../shape.ts'

/** One file or a list of files; never an empty list, which would trust nobody or, worse, fall back to others' CAs. */
export function files(what: string) {
  return oneOrMore(text(what), 'name at least one file')
}

export const certificateParts = {
  pfx: text('a file').optional().describe('PKCS#12 file'),
  password: text('a password').optional().describe(`of the PKCS#12 file; better ${FILE_PLACEHOLDER} than here`),
  cert: text('a file').optional().describe('PEM file: the certificate, then its issuers'),
  key: text('a file').optional().describe('PEM file: the private key'),
  passphrase: text('a passphrase').optional().describe(`of the private key; better ${FILE_PLACEHOLDER} than here`),
}

/** What of these parts does not go together. */
export function judgeCertificate(value: CertificateInput, context: { addIssue(issue: z.core.$ZodRawIssue): void }): void {
  const problem = (path: string[], message: string, hint?: string) =>
    context.addIssue({ code: 'custom', input: value, path, message, params: { hint } })
  if (value.pfx !== undefined) {
    if (value.cert !== undefined || value.key !== undefined) problem(['pfx'], 'both a PFX file and PEM files are named', 'keep one')
    if (value.passphrase !== undefined) problem(['passphrase'], "`passphrase` belongs to a PEM key; a PFX file's is `password`")
    return
  }
  if (value.cert === undefined && value.key === undefined)
    problem([], 'no certificate is named', 'write { cert: FILE, key: FILE } or { pfx: FILE, password: ... }')
  else if (value.cert === undefined) problem([], '`cert` is missing beside `key`')
  else if (value.key === undefined) problem([], '`key` is missing beside `cert`')
  if (value.password !== undefined) problem(['password'], "`password` belongs to a PFX file; a PEM key's is `passphrase`")
}

/** A certificate with its private key: `{ pfx, password }`, or PEM `{ cert, key, passphrase }`. */
export const certificate = section(certificateParts).superRefine(judgeCertificate)

export interface CertificateInput {
  readonly pfx?: string | undefined
  readonly password?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly passphrase?: string | undefined
  readonly names?: readonly string[] | undefined
}

export function certificateSource(paths: Paths, input: CertificateInput): CertificateSource {
  const file = (name: string | undefined) => (name === undefined ? null : paths.watched(name))
  return {
    pfx: file(input.pfx),
    password: input.password ?? null,
    cert: file(input.cert),
    key: file(input.key),
    passphrase: input.passphrase ?? null,
    ...(input.names !== undefined && { names: input.names }),
  }
}

export const crl = section({
  validate: toggle().prefault(false).describe('check client certificates against the lists'),
  files: list(text('a CRL file'), 'name at least one file, or leave `files` out')
    .optional()
    .describe('CRL files, PEM or DER, one per CA; read again when they change'),
  from_distribution_points: toggle().prefault(false).describe('where no file answers, fetch the lists that certificates name'),
  on_unavailable: word(['deny', 'allow']).prefault('deny').describe('when a list is missing or past its next update'),
}).superRefine((value, context) => {
  if (value.validate && value.files === undefined && !value.from_distribution_points) {
    context.addIssue({
      code: 'custom',
      path: ['validate'],
      message: 'there is no list to validate against',
      params: { hint: 'name one per CA under `files`, or set `from_distribution_points: true`' },
    })
  }
})

export type CrlInput = z.output<typeof crl>

export function crlSettings(paths: Paths, input: CrlInput | undefined): CrlSettings {
  return {
    validate: input?.validate ?? false,
    files: (input?.files ?? []).map((file) => paths.watched(file)),
    fromDistributionPoints: input?.from_distribution_points ?? false,
    onUnavailable: input?.on_unavailable ?? 'deny',
  }
}

export const ocsp = section({
  validate: toggle().prefault(false).describe('ask the responders that certificates name'),
  url: parsed(text('a URL'), responderUrl)
    .optional()
    .describe('the responder to ask about client certificates instead of those that they name; it may be anywhere'),
  on_unavailable: word(['deny', 'allow']).prefault('deny').describe('when no responder gives a usable answer'),
})

function responderUrl(value: string): string {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidValue(`\`${value}\` is not an http or https URL`, 'write http://HOST/ or https://HOST/')
  if (url.username !== '' || url.password !== '') throw new InvalidValue('a responder is asked without user name or password')
  return url.href
}

export type OcspInput = z.output<typeof ocsp>

export function ocspSettings(input: OcspInput | undefined): OcspSettings {
  const url = input?.url === undefined ? {} : { url: input.url }
  return { validate: input?.validate ?? false, onUnavailable: input?.on_unavailable ?? 'deny', ...url }
}
