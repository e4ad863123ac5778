import { loadOwnRoot, type OwnRoot } from '../certificates/authority-below.ts'
import { IssuanceError } from '../certificates/issuance-error.ts'
import { readPfxCertificates } from '../certificates/pkcs12-read.ts'
import { InputError } from '../errors.ts'
import { isPfx } from './certificate-file.ts'
import { readNamedFile } from './named-file.ts'

/** A file as the user calls it, read or uploaded. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Buffer
}

/** A CA of the user's own: a PFX, or PEM whose key may stand in a file of its own. */
export interface CaFiles {
  readonly certificate: NamedBytes
  readonly key: NamedBytes | null
}

/** Larger than any chain with its key. */
export const LARGEST_CA_FILE = 256 * 1024

/** Throws InputError. */
export function readNamed(name: string, cwd: string): NamedBytes {
  return { name, bytes: readNamedFile(name, cwd, LARGEST_CA_FILE) }
}

/** Whether its private key has to be given in another file. */
export function lacksKey({ bytes }: NamedBytes): boolean {
  return !isPfx(bytes) && !/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(bytes.toString('latin1'))
}

/** Whether it takes a password to read the private key. */
export function isLocked({ certificate, key }: CaFiles): boolean {
  if (!isPfx(certificate.bytes))
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4, *ENCRYPTED/.test((key ?? certificate).bytes.toString('latin1'))
  try {
    readPfxCertificates(certificate.bytes, null)
    return false
  } catch (error) {
    return error instanceof IssuanceError && error.field === 'password'
  }
}

/** Throws InputError where parts are missing or too many, MaterialError for what cannot issue. */
export function readOwnCa(files: CaFiles, password: string | null): OwnRoot {
  const { certificate, key } = files
  const locked = isLocked(files)
  if (locked && password === null) throw new InputError(`${(key ?? certificate).name} has a password, and none is given`)
  if (!locked && password !== null) throw new InputError(`${(key ?? certificate).name} has no password, and one is given`)
  const none = { cert: null, key: null, passphrase: null, pfx: null, password: null }
  if (isPfx(certificate.bytes)) {
    if (key !== null) throw new InputError(`${certificate.name} is a PFX, which has its key inside`, { hint: `leave out ${key.name}` })
    return loadOwnRoot({ ...none, pfx: certificate.name, password }, { read: () => certificate.bytes })
  }
  if (key === null && lacksKey(certificate))
    throw new InputError(`${certificate.name} holds no private key`, { hint: 'give the file that has it, too: the CA has to sign' })
  const keyName = key === null ? null : key.name === certificate.name ? `${key.name} (the key)` : key.name
  return loadOwnRoot(
    { ...none, cert: certificate.name, key: keyName, passphrase: password },
    { read: (name) => (key !== null && name === keyName ? key : certificate).bytes },
  )
}

/** What whoever brings an own CA has to know; it surprises them later otherwise. */
export function ownCaNotes({ own, signsItself }: OwnRoot, administrator: string): string[] {
  const { dn } = own.issuer.facts
  return [
    `every client certificate under the root of ${dn} is trusted: whoever else has '${administrator}' as its common name has the role admin too`,
    ...(signsItself
      ? [`${dn} may have no CA below it (its path length is 0): its own key is written to ca/issuing.key, and signs from now on`]
      : []),
    ...own.warnings,
  ]
}
