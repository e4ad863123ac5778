import type { KeyObject, X509Certificate } from 'node:crypto'
import { bearsSignatureOf, publicKeyOf } from '../tls/authority-node.ts'
import { IssuanceError } from './issuance-error.ts'

/** Signatures that are checked for all certificates of one file: some 200 ms of the slowest keys. */
const MOST_CHECKS = 128
const MOST_RSA_BITS = 8192
/** Everybody has 65537, or 3; with more each signature is checked many times as long. */
const MOST_RSA_EXPONENT = 2n ** 32n

/** Why checking signatures of a key that a stranger gave would take long; null: it would not. */
export function slowness({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | null {
  const { modulusLength = 0, publicExponent = 3n } = details ?? {}
  if (type === 'ec' && details?.namedCurve === undefined) return 'a key on a curve of explicit parameters'
  if (type === 'dsa' || type === 'dh') return `a key of kind ${type}, which is not read`
  if (modulusLength > MOST_RSA_BITS) return `an RSA key of ${modulusLength} bits, and ${MOST_RSA_BITS} are the most`
  return publicExponent > MOST_RSA_EXPONENT ? 'an RSA key with an exponent of more than 32 bits' : null
}

/** Who signed certificates that were handed in, among others: by name and key identifier first, as any number of them may be made up. */
export class SignerSearch<T extends { readonly x509: X509Certificate }> {
  readonly #candidates: readonly T[]
  #checks = 0

  constructor(candidates: readonly T[]) {
    this.#candidates = candidates
  }

  /** The first that is another certificate and made its signature. Throws IssuanceError where there were too many to try. */
  find(certificate: X509Certificate): T | null {
    for (const candidate of this.#candidates) {
      const { x509 } = candidate
      if (x509.raw.equals(certificate.raw) || !certificate.checkIssued(x509)) continue
      if (++this.#checks > MOST_CHECKS)
        throw new IssuanceError(
          'request',
          `more than ${MOST_CHECKS} signatures would have to be checked`,
          'leave out the certificates of authorities',
        )
      const publicKey = publicKeyOf(x509)
      if (publicKey !== null && slowness(publicKey) === null && bearsSignatureOf(certificate, { publicKey })) return candidate
    }
    return null
  }
}
