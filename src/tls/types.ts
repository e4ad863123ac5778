import type { TrustMode } from '../config/settings.ts'
import type { Clearance, DatabaseAccess, PeerCertificate, TrustRefusal } from '../identity/types.ts'
import type { Chain } from './chain.ts'
import type { Leaf } from './leaf.ts'
import type { RegistryMark } from './registry.ts'

/** A certificate chain and its private key, PEM, already proven to fit each other. */
export interface KeyPair {
  /** Leaf first, then its issuers: OpenSSL must never have to rebuild our own chain. */
  readonly certificate: string
  readonly key: string
}

/** What control learned from one CRL: plain data for the workers. */
export interface RevocationList {
  readonly file: string
  /** Printed and DER-hex forms of the issuer, for people and for telling lists apart. */
  readonly issuerDn: string
  readonly issuerHex: string
  /** The issuer folded as RFC 5280 section 7.1 compares names: what the issuer of a certificate is matched by. */
  readonly issuerName: string
  readonly authorityKeyId: string | null
  /** Milliseconds; a list past nextUpdate is as good as missing. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** Upper-case hex serials as in CertificateFacts. */
  readonly serials: ReadonlySet<string>
  /** Why the list proves nobody unrevoked (a delta, an unknown critical extension, ...); null: it does. Its serials count all the same. */
  readonly unusable: string | null
  readonly scope: RevocationScope
  /** SHA-256 (lower hex) of the configured CA's key that signed it; null where none did. */
  readonly signerKey: string | null
  /** Set where no configured CA signed it: to be checked against the issuer that a client sends. Until then the list says nothing. */
  readonly signed: SignedBytes | null
}

/** Which of its issuer's certificates a CRL speaks about (RFC 5280 section 5.2.5). */
export interface RevocationScope {
  readonly covers: 'all' | 'leaves' | 'authorities' | 'none'
  /** Names of its distribution point, one of which the certificate must name too; null: it is not partitioned. */
  readonly points: readonly string[] | null
}

/** What a signature was made over. Text, because it crosses to the workers and into digests. */
export interface SignedBytes {
  /** base64. */
  readonly content: string
  readonly signature: string
  readonly algorithm: SignatureAlgorithm
}

export interface SignatureAlgorithm {
  readonly key: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'ed448'
  /** null where the algorithm has its own. */
  readonly hash: string | null
  /** Bytes; RSASSA-PSS only. */
  readonly saltLength: number
}

/** Whom to trust under one SNI name. */
export interface TrustMaterial {
  readonly keyPair: KeyPair
  /** PEM of every trusted CA certificate; at least one wherever client certificates are asked for and `trust` is not `registry`. */
  readonly clientCa: readonly string[]
  readonly crl: {
    readonly validate: boolean
    readonly onUnavailable: 'deny' | 'allow'
    readonly lists: readonly RevocationList[]
    /** Where the lists do not answer, those that certificates name are fetched. Default: no. */
    readonly fromDistributionPoints?: boolean
  }
  /** Set where responders are asked. */
  readonly ocsp?: { readonly onUnavailable: 'deny' | 'allow'; readonly url: string | null }
  /** Default: `ca`. */
  readonly trust?: TrustMode
  /** SHA-256 (lower hex) of the gateway's own server certificates, where they may be a client's: on the admin address only. Default: none. */
  readonly ownCertificates?: readonly string[]
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
  /** Lower case, as the client sent it; null without SNI, and for a session resumed in TLS 1.2 (there are none with SNI names). */
  readonly serverName: string | null
  readonly resumed: boolean
  /** From the registry entry of this certificate, or of the one that it renews; absent where there is none, and for who is refused. */
  readonly clearance?: Clearance
  readonly permissions?: ReadonlyMap<string, DatabaseAccess>
  /** Set where it is not registered itself: fingerprint of the registered certificate that it renews. Control is to record it. */
  readonly renews?: string
  /** The gateway's own server certificate: trusted, with no rights of its own. */
  readonly isServerCertificate?: true
  /** What the listener needs to judge the connection again; nobody else's to read, and absent in a peer made by hand. */
  readonly evidence?: Evidence
}

/** Why a certificate is not trusted: the code for the client, the words for the operator. */
export interface Refusal {
  readonly refusal: TrustRefusal
  readonly detail: string
}

/** What a verdict rests on. */
export interface Evidence {
  readonly leaf: Leaf
  /** Which state of the listener's trust it was made under. */
  readonly generation: number
  /** When it was made, in milliseconds: a clock that was set back makes it anew. */
  readonly since: number
  /** Milliseconds; the verdict is to be made anew after this. */
  readonly until: number
  /** True: refused, and nothing that changes later is to be considered. */
  readonly final: boolean
  /** null: resumed, and the chain could not be found again; or nobody has looked for it. */
  readonly chain: Chain | null
  /** OpenSSL's verdict on the chain, where that was no; nothing that is configured changes it. */
  readonly untrusted: Refusal | null
  /** Whether the chain was good when it was last looked at, and the certificate therefore names its CAs. */
  readonly byChain: boolean
  /** Fingerprint of the registry entry whose rights it had; null: none. */
  readonly registered: string | null
  /** The state of the registry that it was judged under. */
  readonly mark: RegistryMark
  /** The state of the status book that it was judged under. */
  readonly statusMark: number
  /** SHA-256 (hex) of the keys that chains could end in when a connection without a known chain was accepted. */
  readonly anchorKeys: readonly string[]
}
