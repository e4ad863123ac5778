import { createHash, X509Certificate } from 'node:crypto'
import type { Issuer } from '../../certificates/issuer.ts'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import { certificateParts } from '../../identity/certificate.ts'
import type { PeerCertificate } from '../../identity/types.ts'
import type { RenewedEntry } from '../../store/registry.ts'
import { readLeaf } from '../../tls/leaf.ts'
import { sanText } from '../../tls/name-digest.ts'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** How the registry is to hold a certificate that this issuer has signed; whoever records it adds rights and origin. */
export function issuedEntry(der: Buffer, name: string, issuer: Issuer): RenewedEntry {
  const { facts, pin } = readLeaf(new X509Certificate(der), der)
  return {
    der,
    name,
    subjectDn: facts.dn,
    issuerDn: facts.issuerDn,
    serial: facts.serial,
    pin,
    issuerKey: issuer.publicKeyInfo,
    sans: facts.sans.map(sanText),
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    issuerKeyId: sha256(issuer.publicKeyInfo),
  }
}

/** A certificate as a listener would see it that trusts our roots: with the keys of all CAs of ours that may stand above it. */
export function asPresented(der: Buffer, authority: OperatingAuthority): PeerCertificate {
  const { certificate } = readLeaf(new X509Certificate(der), der)
  return { ...certificate, caKeys: keysOf(authority) }
}

/** PEM certificates of a text, as DER. */
export function certificatesIn(pem: string): Buffer[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => Buffer.from(new X509Certificate(block).raw))
}

function keysOf({ issuers, roots }: OperatingAuthority): string[] {
  const certificates = [...issuers.map(({ chain }) => chain), ...roots].flatMap(certificatesIn)
  const keys = certificates.map((der) => sha256(certificateParts(der).subjectPublicKeyInfo))
  return [...new Set([...issuers.map(({ publicKeyInfo }) => sha256(publicKeyInfo)), ...keys])]
}
