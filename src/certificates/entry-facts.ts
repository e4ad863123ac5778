import { X509Certificate } from 'node:crypto'
import type { NewEntry } from '../store/types.ts'
import { type Leaf, readLeaf } from '../tls/leaf.ts'
import { sanText } from '../tls/name-digest.ts'
import { type Issuer, issuerKeyId } from './issuer.ts'

/** Throws UnreadableCertificateError for what our reader does not interpret. */
export function leafOf(der: Uint8Array): Leaf {
  const bytes = Buffer.from(der)
  return readLeaf(new X509Certificate(bytes), bytes)
}

export type EntryFacts = Pick<NewEntry, 'der' | 'subjectDn' | 'issuerDn' | 'serial' | 'pin' | 'sans' | 'notBefore' | 'notAfter'>

/** What the registry keeps of a certificate itself. */
export function entryFacts({ certificate, facts, pin }: Leaf): EntryFacts {
  const { dn, issuerDn, serial, sans, notBefore, notAfter } = facts
  return {
    der: Buffer.from(certificate.derBase64, 'base64'),
    subjectDn: dn,
    issuerDn,
    serial,
    pin,
    sans: sans.map(sanText),
    notBefore,
    notAfter,
  }
}

/** The same of one that an issuer of ours has signed: its serial is then answered for by CRL and OCSP. */
export function issuedFacts(issuer: Issuer, leaf: Leaf): EntryFacts & Required<Pick<NewEntry, 'issuerKey' | 'issuerKeyId'>> {
  return { ...entryFacts(leaf), issuerKey: issuer.publicKeyInfo, issuerKeyId: issuerKeyId(issuer) }
}
