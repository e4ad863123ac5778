import { basename, extname } from 'node:path'
import { IssuanceError } from '../certificates/issuance-error.ts'
import { readTrustedCertificates } from '../certificates/trusted-certificates.ts'
import { MaterialError } from '../errors.ts'
import { readCertificate } from '../identity/certificate.ts'
import { COMMON_NAME } from '../identity/oids.ts'
import type { Terminal } from './command.ts'
import { readNamedFile } from './named-file.ts'
import { printable } from './printable.ts'

/** What a file holds that is to be trusted. Private keys in it go nowhere. */
export interface ClientCertificates {
  /** PEM: the certificates of clients, and the authorities that stood beside them. */
  readonly pem: string
  /** The common name of the first, or that of the file. */
  readonly name: string
  /** How many clients there are. */
  readonly count: number
}

const LARGEST = 1024 * 1024

/**
 * Reads a certificate in PEM or DER, a bundle, or a PFX. Throws InputError where it cannot be read, and MaterialError, which says what is wrong with it: a wrong password, a key
 * without a certificate, the certificate of an authority.
 */
export function readClientCertificates(file: string, password: string | null, terminal: Pick<Terminal, 'cwd'>): ClientCertificates {
  const bytes = readNamedFile(file, terminal.cwd, LARGEST)
  try {
    const { leaves, authorities } = readTrustedCertificates(bytes, password, Date.now())
    const pem = [...leaves, ...authorities].map((certificate) => certificate.toString()).join('')
    return { pem, name: commonName(leaves[0]?.raw) ?? basename(file, extname(file)), count: leaves.length }
  } catch (error) {
    if (!(error instanceof IssuanceError)) throw error
    throw new MaterialError(file, `${file}: ${printable(error.message)}`, { cause: error, hint: hintFor(error, bytes, password) })
  }
}

function hintFor(error: IssuanceError, bytes: Buffer, password: string | null): string {
  if (error.field === 'password') {
    return password === null ? 'give it with --password-file or --password-stdin' : 'is it the password of this file?'
  }
  const hasKey = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(bytes.toString('latin1'))
  if (hasKey) return 'that is a private key: name the file with -----BEGIN CERTIFICATE-----'
  if (error.field === 'lifetime') return 'ask whoever issued it for a new one'
  return error.hint ?? 'give a certificate in PEM or DER, or a PFX file'
}

function commonName(der: Uint8Array | undefined): string | null {
  if (der === undefined) return null
  const { subject } = readCertificate(der)
  const names = subject.flat().filter(({ oid }) => oid === COMMON_NAME)
  return names.at(-1)?.value ?? null
}
