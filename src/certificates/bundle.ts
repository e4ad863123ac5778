import { createPrivateKey } from 'node:crypto'
import { type BundleText, bundleReadme } from './bundle-readme.ts'
import { IssuanceError } from './issuance-error.ts'
import type { IssuedCertificate } from './issue.ts'
import { encryptedKeyPem } from './key.ts'
import { writePfx } from './pkcs12-write.ts'
import { safeFileName } from './safe-file-name.ts'
import { writeZip, type ZipEntry } from './zip.ts'

export interface BundleRequest {
  readonly issued: IssuedCertificate
  /** As the certificate is called; file names are made safe from it. */
  readonly name: string
  /** null: the PFX has an empty password and the key is not encrypted. */
  readonly password: string | null
  /** PEM of the root that signs the gateway's own certificate, put in as `ca.crt` (`server-ca.crt` where the
   * certificate itself has that name); null where clients know it already. */
  readonly serverAuthority: string | null
  /** Where the gateway is reached, e.g. `https://gate.example:8443`. */
  readonly url: string
  /** For PFX readers that know nothing newer than 3DES. */
  readonly legacy?: boolean
  /** Milliseconds; default: the clock. */
  readonly now?: number
}

export interface Bundle {
  /** `<name>.zip`, safe. */
  readonly fileName: string
  readonly zip: Buffer
}

const PRIVATE = 0o600
/** OpenSSL takes no longer one at its prompt, nor does Node. */
const LONGEST_PASSWORD = 1_023

/**
 * The zip that RavenDB answers POST /admin/certificates with: `<name>.pfx` (leaf, key, chain), `<name>.crt`, `<name>.key`, and README.txt
 * with the lines to use them. Throws IssuanceError for a password that other tools could not type.
 */
export function writeBundle(request: BundleRequest): Bundle {
  const { issued } = request
  const password = checkedPassword(request.password)
  const base = safeFileName(request.name)
  // Whatever its case: some file systems do not tell them apart.
  const authorityFile = base.toLowerCase() === 'ca' ? 'server-ca.crt' : 'ca.crt'
  const key = password === null ? issued.key : encryptedKeyPem(createPrivateKey(issued.key), password)
  const pfx = writePfx(issued, password ?? '', request.name, { legacy: request.legacy === true })
  const text: BundleText = {
    name: request.name,
    base,
    url: request.url,
    notAfter: issued.notAfter,
    hasPassword: password !== null,
    authorityFile: request.serverAuthority === null ? null : authorityFile,
  }
  const entry = (name: string, content: string | Uint8Array): ZipEntry => ({ name, content: Buffer.from(content), mode: PRIVATE })
  const entries = [
    entry(`${base}.pfx`, pfx),
    entry(`${base}.crt`, issued.certificate),
    entry(`${base}.key`, key),
    ...(request.serverAuthority === null ? [] : [entry(authorityFile, request.serverAuthority)]),
    entry('README.txt', bundleReadme(text)),
  ]
  return { fileName: `${base}.zip`, zip: writeZip(entries, request.now ?? Date.now()) }
}

/** An empty password is none, as in RavenDB. Throws IssuanceError. */
export function checkedPassword(password: string | null): string | null {
  if (password === null || password === '') return null
  if (!password.isWellFormed() || /\p{Cc}/u.test(password))
    throw new IssuanceError('password', 'the password has control characters', 'leave them out: other tools could not open the file')
  if (Buffer.byteLength(password) > LONGEST_PASSWORD)
    throw new IssuanceError('password', `the password is longer than ${LONGEST_PASSWORD} bytes`)
  return password
}
