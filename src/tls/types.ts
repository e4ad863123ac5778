import type { PeerCertificate, TrustRefusal } from '../identity/types.ts'

/** A certificate chain and its private key, PEM, already proven to fit each other. */
export interface KeyPair {
  /** Leaf first, then its issuers: OpenSSL must never have to rebuild our own chain. */
  readonly certificate: string
  readonly key: string
}

/** What control learned from one CRL: plain data for the workers. */
export interface RevocationList {
  readonly file: string
  /** Printed and DER-hex forms of the issuer; matching is by the hex of the encoded name and the key identifier. */
  readonly issuerDn: string
  readonly issuerHex: string
  readonly authorityKeyId: string | null
  /** Milliseconds; a list past nextUpdate is as good as missing. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** Upper-case hex serials as in CertificateFacts. */
  readonly serials: ReadonlySet<string>
}

/** Whom to trust under one SNI name. */
export interface TrustMaterial {
  readonly keyPair: KeyPair
  /** PEM of every trusted CA certificate; at least one wherever client certificates are asked for. */
  readonly clientCa: readonly string[]
  readonly crl: { readonly validate: boolean; readonly onUnavailable: 'deny' | 'allow'; readonly lists: readonly RevocationList[] }
}

export interface ListenerMaterial extends TrustMaterial {
  readonly names: ReadonlyMap<string, TrustMaterial>
  /** 48 bytes shared by all workers; replaced with every trust change, so no ticket outlives one. */
  readonly ticketKeys: Uint8Array
}

export interface UpstreamMaterial {
  readonly ca: readonly string[] | null
  readonly keyPair: KeyPair | null
  readonly serverName: string | null
}

/** The verdict on one connection's certificate. `certificate` may be set beside a refusal: the log names who was refused. */
export interface Peer {
  readonly certificate: PeerCertificate | null
  readonly refusal: TrustRefusal | null
  /** For the operator: e.g. `expired 2026-01-02T00:00:00Z`; empty where nothing was refused. */
  readonly detail: string
  /** Lower case, as the client sent it; null without SNI. */
  readonly serverName: string | null
  readonly resumed: boolean
}
