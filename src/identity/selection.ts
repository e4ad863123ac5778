import type { AttributeSelector } from './attribute-selector.ts'
import type { CertificateFacts } from './types.ts'

/** What a selector found where one value is wanted. */
export type Selected =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly reason: string }

/** The one value that names the holder: of the most specific RDN, or the first SAN. Never the next best where that one is unfit. */
export function selectOne(certificate: CertificateFacts, selector: AttributeSelector): Selected {
  if (selector.kind === 'dn') return selectAttribute(certificate, selector)
  if (selector.type === 'uniformResourceIdentifier' && countSpiffeIds(certificate) > 1) {
    return { kind: 'unusable', reason: 'the certificate holds more than one SPIFFE URI, and an identity is one' }
  }
  const [value] = selectSans(certificate, selector)
  return value === undefined ? { kind: 'missing' } : { kind: 'value', value }
}

/** Every value, most specific RDN first or in SAN order, each once. Values that are not strings are left out. */
export function selectAll(certificate: CertificateFacts, selector: AttributeSelector): string[] {
  if (selector.kind === 'san') return [...new Set(selectSans(certificate, selector))]
  const attributes = certificate.subject.toReversed().flatMap((rdn) => rdn.filter((attribute) => attribute.oid === selector.oid))
  return [...new Set(attributes.filter((attribute) => !attribute.encoded).map((attribute) => attribute.value))]
}

function selectAttribute(certificate: CertificateFacts, selector: AttributeSelector & { kind: 'dn' }): Selected {
  const rdn = certificate.subject.findLast((candidate) => candidate.some((attribute) => attribute.oid === selector.oid)) ?? []
  const [attribute, ...others] = rdn.filter((candidate) => candidate.oid === selector.oid)
  if (attribute === undefined) return { kind: 'missing' }
  if (others.length > 0) return { kind: 'unusable', reason: `one RDN holds '${selector.text}' more than once, and neither comes first` }
  if (attribute.encoded) return { kind: 'unusable', reason: `the value of '${selector.text}' is not a character string` }
  return { kind: 'value', value: attribute.value }
}

function selectSans(certificate: CertificateFacts, selector: AttributeSelector & { kind: 'san' }): string[] {
  const values = certificate.sans.filter((san) => san.type === selector.type).map((san) => san.value)
  return selector.glob === null ? values : values.filter((value) => selector.glob?.matches(value))
}

/** An X.509-SVID has exactly one SPIFFE URI (SPIFFE X.509-SVID section 2); schemes ignore case (RFC 3986 section 3.1). */
function countSpiffeIds(certificate: CertificateFacts): number {
  return certificate.sans.filter((san) => san.type === 'uniformResourceIdentifier' && /^spiffe:/i.test(san.value)).length
}
