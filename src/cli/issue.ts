import { KEY_TYPES } from '../certificates/key.ts'
import { CertgateError, InputError, UsageError } from '../errors.ts'
import type { Administration } from './administration.ts'
import type { CertificateInfo, SignedCertificate } from './api-types.ts'
import type { Terminal } from './command.ts'
import { bundleDestination, certificateDestination, writeBundleFiles, writeCertificateFile } from './issued-files.ts'
import { readNamedText } from './named-file.ts'
import { type ChosenPassword, choosePassword, PASSWORD_FLAGS, PASSWORD_USAGE, type PasswordFlags } from './password-flags.ts'
import { oneOf } from './rights-flags.ts'

/** Flags of the commands that issue: what is made, and where it goes. */
export const ISSUE_FLAGS = {
  csr: { type: 'string' },
  'key-type': { type: 'string' },
  out: { type: 'string' },
  legacy: { type: 'boolean' },
  ...PASSWORD_FLAGS,
  'no-password': { type: 'boolean' },
} as const

export const ISSUE_USAGE = `      --csr FILE             sign this request (PEM) instead: its key stays where it was made
      --key-type ec|rsa|rsa4096|ed25519   default: ec (P-256)
${PASSWORD_USAGE}
      --no-password          neither the PFX nor the key has one; without these three one is made up and shown once
      --legacy               a PFX that old Windows and Java read too (3DES)`

export interface IssueFlags extends PasswordFlags {
  readonly csr: string | undefined
  readonly 'key-type': string | undefined
  readonly out: string | undefined
  readonly legacy: boolean
  readonly 'no-password': boolean
}

/** One certificate to be made. */
export interface Issuance {
  /** For the files. */
  readonly name: string
  /** Folder of its files where --out names none. */
  readonly folder: string
  /** Where the request goes: for a new key, and for a CSR. */
  readonly path: { readonly issue: string; readonly sign: string }
  /** What the certificate is to be. */
  readonly body: object
}

export interface Issued {
  readonly certificate: CertificateInfo
  readonly files: readonly string[]
  /** null: the key is somebody else's. */
  readonly password: ChosenPassword | null
  /** Names of the request that were left out. */
  readonly dropped: readonly string[]
  /** What whoever asked has to know of it. */
  readonly warnings: readonly string[]
}

/** Issues or signs, and writes the files. What can fail is tried before anything is issued. */
export async function issue(administration: Administration, issuance: Issuance, flags: IssueFlags, terminal: Terminal): Promise<Issued> {
  return flags.csr === undefined
    ? issueBundle(administration, issuance, flags, terminal)
    : sign(administration, issuance, flags.csr, flags, terminal)
}

async function issueBundle(administration: Administration, issuance: Issuance, flags: IssueFlags, terminal: Terminal): Promise<Issued> {
  const password = await choosePassword(flags, terminal)
  const keyType = flags['key-type'] === undefined ? {} : { key_type: oneOf(flags['key-type'], [...KEY_TYPES], '--key-type') }
  const secret = password.password === null ? {} : { password: password.password }
  const to = bundleDestination(issuance.name, flags.out, issuance.folder, terminal)
  const { headers, bytes } = await orRelease(to.reserved.release, issuance.name, () =>
    administration.download('POST', issuance.path.issue, {
      ...issuance.body,
      ...keyType,
      ...secret,
      ...(flags.legacy && { legacy: true }),
      format: 'zip',
    }),
  )
  const fingerprint = headers.get('certgate-fingerprint') ?? ''
  const files = writeBundleFiles(bytes, to, { fingerprint, name: issuance.name }, terminal)
  return {
    certificate: await administration.get(`/api/v1/certificates/${fingerprint}`),
    files,
    password,
    dropped: [],
    warnings: warningsIn(headers.get('warning')),
  }
}

async function sign(
  administration: Administration,
  issuance: Issuance,
  csrFile: string,
  flags: IssueFlags,
  terminal: Terminal,
): Promise<Issued> {
  const keyFlags = ['key-type', 'password-file', 'password-stdin', 'no-password', 'legacy'] as const
  const surplus = keyFlags.find((flag) => flags[flag] !== undefined && flags[flag] !== false)
  if (surplus !== undefined) throw new UsageError(`--${surplus} has no meaning with --csr: the key is not made here`)
  const csr = readRequest(csrFile, terminal)
  const to = certificateDestination(issuance.name, flags.out, terminal)
  const signed = await orRelease(to.reserved.release, issuance.name, () =>
    administration.send<SignedCertificate>('POST', issuance.path.sign, { ...issuance.body, csr }),
  )
  const { certificate, pem, dropped = [], warnings = [] } = signed
  const files = writeCertificateFile(pem, to, { fingerprint: certificate.fingerprint, name: certificate.name }, terminal)
  return { certificate, files, password: null, dropped, warnings }
}

/** Texts of a Warning header as the administration writes it. */
function warningsIn(header: string | undefined): readonly string[] {
  return [...(header ?? '').matchAll(/299 certgate "([^"]*)"/g)].map(([, text = '']) => text)
}

function readRequest(file: string, terminal: Terminal): string {
  const text = readNamedText(file, terminal.cwd, 1024 * 1024)
  if (/-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(text)) return text
  const hint = /PRIVATE KEY-----/.test(text)
    ? 'that is a private key; make a request of it: openssl req -new -key KEY -subj /CN=NAME'
    : 'openssl req -new makes one'
  throw new InputError(`${file} holds no certificate request in PEM`, { hint })
}

/** Nothing was issued where the administration refuses. Where it broke off, nobody knows. */
async function orRelease<T>(release: () => void, name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    release()
    if (!(error instanceof CertgateError) || error.code !== 'not_running' || error.hint !== undefined) throw error
    throw new CertgateError('not_running', error.message, {
      cause: error,
      hint: `it may have been issued all the same: look with 'certgate cert list ${name}', and revoke what you have no files of`,
    })
  }
}
