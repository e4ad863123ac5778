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

/** What is known of one certificate by one source, without asking anybody. Times in milliseconds since the epoch. */
export interface KnownStatus {
  /** What decides as long as nobody gives a newer answer. */
  readonly status: CertificateStatus['status']
  readonly detail: string
  /** When the source said so, and until when by its own words; null: it never said anything. */
  readonly saidAt: number | null
  readonly endsAt: number | null
  /** Its time is over, and it counts all the same, as nothing newer can be had. */
  readonly stale: boolean
  /** Whether a handshake of now has it asked for: not yet again, or beside being decided, or before. */
  readonly asked: 'no' | 'meanwhile' | 'first'
  /** Where it is asked for. */
  readonly urls: readonly string[]
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
