import { CLIENT_AUTH, NAME_CONSTRAINTS } from '../identity/oids.ts'
import { type AuthorityNode, inForce, signsCertificates } from './authority-node.ts'
import { findExtension } from './extension.ts'
import type { Leaf } from './leaf.ts'
import type { Refusal } from './types.ts'

/**
 * What OpenSSL's error means for a leaf whose own dates are in order. The error is only the last of several, so it never makes a
 * certificate good; it only chooses the words. `above` is everything that could stand over the leaf.
 */
export function explainOpenSsl(code: string | null, leaf: Leaf, above: readonly AuthorityNode[], now: number): Refusal {
  const { issuerDn } = leaf.facts
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return outOfForce(code, above, now)
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return unknownIssuer('it is self-signed, and not by a trusted CA')
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return unknownIssuer(`its chain (issuer ${issuerDn}) ends in a CA that is not trusted here`)
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return unknownIssuer(missingIssuer(leaf, above))
    case 'CERT_SIGNATURE_FAILURE':
      return unknownIssuer(`a signature in its chain (issuer ${issuerDn}) does not verify: made by another key of the same name`)
    case 'INVALID_PURPOSE':
      return muteAbove(leaf, above) ?? { refusal: 'certificate_wrong_purpose', detail: wrongPurposeAbove(above) }
    case 'INVALID_CA':
      return (
        muteAbove(leaf, above) ?? { refusal: 'certificate_invalid', detail: `a certificate in its chain (issuer ${issuerDn}) is not a CA` }
      )
    case 'PATH_LENGTH_EXCEEDED':
      return { refusal: 'certificate_invalid', detail: 'a CA in its chain allows fewer CAs below itself (path length)' }
    default:
      return explainUnspecified(code, leaf, above)
  }
}

/** Node has no name for most errors of OpenSSL: what we can see in the chain ourselves is the likely cause. */
function explainUnspecified(code: string | null, leaf: Leaf, above: readonly AuthorityNode[]): Refusal {
  const chain = ancestors(leaf.issuerName, above)
  for (const { facts, weakness } of chain) {
    if (weakness !== null) return { refusal: 'certificate_weak', detail: `${facts.dn} in its chain has ${weakness}` }
    const [unknown] = facts.unknownCritical
    if (unknown !== undefined)
      return { refusal: 'certificate_invalid', detail: `${facts.dn} in its chain has the unknown critical extension ${unknown}` }
  }
  const constrained = chain.find(({ x509 }) => findExtension(x509.raw, NAME_CONSTRAINTS) !== null)
  if (constrained !== undefined) {
    return { refusal: 'certificate_invalid', detail: `the name constraints of ${constrained.facts.dn} do not allow its names` }
  }
  return muteAbove(leaf, above) ?? { refusal: 'certificate_invalid', detail: `OpenSSL refused its chain: ${code ?? 'no verdict'}` }
}

function muteAbove(leaf: Leaf, above: readonly AuthorityNode[]): Refusal | null {
  const mute = ancestors(leaf.issuerName, above).find((node) => !signsCertificates(node))
  if (mute === undefined) return null
  const { dn, isCa } = mute.facts
  return { refusal: 'certificate_invalid', detail: `${dn} in its chain ${isCa ? 'may not sign certificates' : 'is not a CA'}` }
}

/** By name only: good enough to explain, never to decide. */
function ancestors(issuerName: string, above: readonly AuthorityNode[]): AuthorityNode[] {
  const found = new Set<AuthorityNode>()
  const names = [issuerName]
  for (const name of names) {
    for (const node of above) {
      if (node.subjectName !== name || found.has(node)) continue
      found.add(node)
      if (!names.includes(node.issuerName)) names.push(node.issuerName)
    }
  }
  return [...found]
}

function missingIssuer(leaf: Leaf, above: readonly AuthorityNode[]): string {
  const chain = ancestors(leaf.issuerName, above)
  const names = new Set(above.map(({ subjectName }) => subjectName))
  const last = chain.find(({ issuerName }) => !names.has(issuerName))
  if (chain.length === 0)
    return `its issuer ${leaf.facts.issuerDn} is not a trusted CA, and the client sent no intermediate certificate for it`
  if (last !== undefined) return `${last.facts.issuerDn}, which issued ${last.facts.dn} in its chain, is not a trusted CA`
  return `no key of ${leaf.facts.issuerDn} that is known here made its signature`
}

function wrongPurposeAbove(above: readonly AuthorityNode[]): string {
  const narrow = above.find(({ facts }) => facts.extendedKeyUsages !== null && !facts.extendedKeyUsages.includes(CLIENT_AUTH))
  return narrow === undefined
    ? 'it must not be used by clients'
    : `${narrow.facts.dn} in its chain must not issue certificates for clients (extended key usage)`
}

function outOfForce(code: string, above: readonly AuthorityNode[], now: number): Refusal {
  const node = above.find((one) => !inForce(one, now))
  const expired = code === 'CERT_HAS_EXPIRED'
  const when = node && new Date(expired ? node.facts.notAfter : node.facts.notBefore).toISOString()
  const detail =
    node === undefined
      ? `a CA in its chain ${expired ? 'has expired' : 'is not valid yet'}`
      : `${node.facts.dn} in its chain ${expired ? 'expired' : 'is not valid before'} ${when}`
  return { refusal: expired ? 'certificate_expired' : 'certificate_not_yet_valid', detail }
}

const unknownIssuer = (detail: string): Refusal => ({ refusal: 'certificate_unknown_issuer', detail })
