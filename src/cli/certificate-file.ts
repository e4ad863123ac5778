import { createHash } from 'node:crypto'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import { readCertificate } from '../identity/certificate.ts'
import { DerReader, INTEGER, SEQUENCE } from '../identity/der.ts'
import type { PeerCertificate } from '../identity/types.ts'
import { readRegularFile, unreadable } from '../regular-file.ts'

const PEM_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])
const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g

/**
 * DER of every certificate in a PEM file or bundle, in its order, or of the one in a DER file; at least one.
 * Throws MaterialError where there is none or nothing can be read, with the path as the user wrote it.
 */
export function readCertificateFile(path: string, file = path): readonly Uint8Array[] {
  const bytes = contentOf(path, file)
  const text = bytes.toString('latin1')
  const blocks = [...text.matchAll(BEGIN)]
  if (blocks.length === 0) return [derCertificate(file, bytes)]
  const certificates = blocks.filter(([, label = '']) => PEM_LABELS.has(label)).map((block) => pemBlock(file, text, block))
  if (certificates.length === 0) {
    const labels = [...new Set(blocks.map(([, label]) => label))].join(', ')
    throw new MaterialError(file, `${file} holds no certificate but ${labels}`, {
      hint: 'give the file that has -----BEGIN CERTIFICATE-----',
    })
  }
  return certificates
}

function contentOf(path: string, file: string): Buffer {
  try {
    return readRegularFile(path)
  } catch (error) {
    throw new MaterialError(file, `cannot read ${file}: ${unreadable(error)}`, { cause: error })
  }
}

/** The certificate as the gateway would see it presented, without a chain. Throws MaterialError where it is not readable. */
export function presented(der: Uint8Array, file: string): PeerCertificate {
  try {
    return {
      ...readCertificate(der),
      fingerprint: digest('sha256', der),
      fingerprintSha1: digest('sha1', der),
      derBase64: Buffer.from(der).toString('base64'),
      chainBase64: [],
      caKeys: [],
    }
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new MaterialError(file, `the certificate in ${file} is refused: ${error.message}`, { cause: error })
  }
}

/** Lower-case hex. */
export function digest(algorithm: 'sha256' | 'sha1', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex')
}

function pemBlock(file: string, text: string, block: RegExpExecArray): Uint8Array {
  const start = block.index + block[0].length
  const end = text.indexOf(`-----END ${block[1]}-----`, start)
  const line = text.slice(0, block.index).split('\n').length
  if (end < 0) throw new MaterialError(file, `the certificate at line ${line} of ${file} has no end`)
  const base64 = text.slice(start, end).replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new MaterialError(file, `the certificate at line ${line} of ${file} is not base64`)
  return Buffer.from(base64, 'base64')
}

function derCertificate(file: string, bytes: Uint8Array): Uint8Array {
  if (isPfx(bytes)) {
    throw new MaterialError(file, `${file} is a PKCS#12 (PFX) file`, {
      hint: `take the certificate out: openssl pkcs12 -in ${file} -nokeys -clcerts`,
    })
  }
  if (bytes[0] !== SEQUENCE) throw new MaterialError(file, `${file} is neither a PEM nor a DER certificate`)
  return bytes
}

/** A PFX begins with its version, 3; a certificate with another SEQUENCE. */
export function isPfx(bytes: Uint8Array): boolean {
  try {
    return new DerReader(bytes).open(SEQUENCE, 'the file').next('the version').tag === INTEGER
  } catch {
    return false
  }
}
