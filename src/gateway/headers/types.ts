import type { Identity, PeerCertificate } from '../../identity/types.ts'

/** What the identity headers of one connection are made from. Changes only with the snapshot or the identity. */
export interface HeaderSubject {
  /** null: nobody was authenticated; the styles that say so explicitly (nginx: NONE) still do. */
  readonly identity: Identity | null
  /** Sorted. */
  readonly roles: readonly string[]
  /** The certificate the client presented and that was trusted; may be set without an identity. */
  readonly certificate: PeerCertificate | null
  readonly remoteAddress: string
  readonly scheme: 'https' | 'http'
}

/** What the request itself brought and a trusted hop or xfcc mode may continue; read before the head is stripped. */
export interface InboundHeaders {
  /** X-Forwarded-For, copies joined by `, `; null: none. */
  readonly forwardedFor: string | null
  readonly forwardedProto: string | null
  /** X-Forwarded-Client-Cert, copies joined by `,`. */
  readonly clientCert: string | null
}

/** The gateway's own headers for a subject: whole lines, each `Name: value\r\n`, every value already encoded. */
export interface HeaderBlock {
  readonly lines: string
  /** Items that a dialect without an escape could not express: dropped, counted, audited. */
  readonly dropped: readonly string[]
}

/** The user name itself cannot be expressed in a configured dialect: 403 `identity_unusable`. */
export interface HeaderUnusable {
  readonly unusable: string
}

/** Compiled once per snapshot from `identity_headers`. */
export interface IdentityHeaders {
  block(subject: HeaderSubject): HeaderBlock | HeaderUnusable
  /**
   * The lines that depend on the request: X-Forwarded-Host, Forwarded where configured and, where `readsInbound`, those
   * that continue what a trusted hop or an mTLS peer sent. Without `inbound` they are set as if nothing had come in.
   */
  hostLines(subject: HeaderSubject, host: string, inbound?: InboundHeaders): string
  /** hostLines wants `inbound` for this subject. False: its lines depend on the host only, and may be kept with it. */
  readsInbound(subject: HeaderSubject): boolean
  /** Names whose inbound copies are removed everywhere. */
  readonly strip: StripNames
  /** rfc9440 is on: a response with `Vary: Client-Cert` becomes `Vary: *`. */
  readonly rewritesVary: boolean
  /** The connection's address is a trusted hop: its X-Forwarded-For is appended to, not replaced. */
  trustsHop(remoteAddress: string): boolean
}

/** Folded names: lower case, every byte outside [a-z0-9] read as `-`. */
export interface StripNames {
  readonly exact: readonly string[]
  /** A folded name that starts with one of these is removed. */
  readonly prefixes: readonly string[]
}
