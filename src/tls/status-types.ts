/** Where the status of a certificate comes from: an OCSP responder, or the lists at its distribution points. */
export type StatusSource = 'ocsp' | 'crl'

/** What is asked about: a certificate and the CA that verifiably issued it, both base64 DER. */
export interface StatusQuestion {
  readonly source: StatusSource
  readonly subject: string
  readonly issuer: string
  /** The responder that the configuration names; null: those that the certificate names. */
  readonly url: string | null
}

/** What was found out about one certificate. Times in milliseconds since the epoch. */
export interface CertificateStatus {
  /** See statusKey. */
  readonly key: string
  /** `unknown`: nobody gave a usable answer, or the answer was that. */
  readonly status: 'good' | 'revoked' | 'unknown'
  /** From then on it says nothing any more. A revocation does not wear off. */
  readonly until: number
  /** From then on it is to be asked for again by whoever still needs it. */
  readonly refreshAt: number
  /** For the operator. */
  readonly detail: string
}
