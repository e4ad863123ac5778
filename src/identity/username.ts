import { type AttributeSelector, parseAttributeSelector } from './attribute-selector.ts'
import { canonicalDn } from './name-parse.ts'
import { printsUnprintable } from './name-print.ts'
import { isExact } from './pattern.ts'
import { PatternSet } from './pattern-set.ts'
import { selectAll, selectOne } from './selection.ts'
import { ANONYMOUS_NAME, type CertificateFacts, type Identity, type PeerCertificate } from './types.ts'
import { hasUnprintable } from './unprintable.ts'

/** A name goes into headers, percent-encoded: up to three bytes each for what an upstream reads in one line. */
export const MAX_USERNAME_BYTES = 4_096

/** A clientcert domain as far as identity looks at it. */
export interface IdentityRuleSettings {
  /** The domain's own name. */
  readonly name: string
  /** `cn`, `dn:ATTRIBUTE`, `san:TYPE[:GLOB]`; null: the full DN is the user name. */
  readonly usernameAttribute: string | null
  readonly rolesAttribute: string | null
  /** Patterns on the printed DN; a match counts as no certificate. */
  readonly skipUsers: readonly string[]
  readonly onMissing: 'refuse' | 'dn'
}

export type IdentityOutcome =
  | {
      readonly kind: 'identity'
      readonly identity: Identity /** Reserved backend roles that were left out, for the audit. */
      readonly droppedRoles: readonly string[]
    }
  /** Counts as absent; `pattern` is the skip_users entry that matched. */
  | { readonly kind: 'skipped'; readonly pattern: string }
  /** 403 identity_unusable; the reason is for the operator and holds no raw certificate text. */
  | { readonly kind: 'unusable'; readonly reason: string }

export interface IdentityRule {
  /** Who holds a certificate that was already trusted. Pure, and the same for the same certificate. */
  identify(certificate: PeerCertificate): IdentityOutcome
}

/** Backend roles that only the registry and `admin_dn` may give (ASCII case-insensitive); a certificate that claims one claims clearance it was not given. */
const RESERVED_ROLE = /^(?:clearance|db):/i

export function isReservedRole(role: string): boolean {
  return RESERVED_ROLE.test(role)
}

/** Compiles one domain's rule. Throws ExpressionError for an unknown attribute, SAN type or a bad pattern. */
export function compileIdentityRule(settings: IdentityRuleSettings): IdentityRule {
  const username = settings.usernameAttribute === null ? null : parseAttributeSelector(settings.usernameAttribute)
  const roles = settings.rolesAttribute === null ? null : parseAttributeSelector(settings.rolesAttribute)
  const skip = new PatternSet<string>()
  for (const pattern of settings.skipUsers) skip.add(asPrinted(pattern), pattern)
  return {
    identify(certificate) {
      const [pattern] = skip.match(certificate.dn)
      if (pattern !== undefined) return { kind: 'skipped', pattern }
      const named = nameOf(certificate, username, settings.onMissing)
      if ('reason' in named) return { kind: 'unusable', reason: named.reason }
      const [backendRoles, droppedRoles] = rolesOf(certificate, roles)
      const { name } = named
      const identity: Identity = { name, dn: certificate.dn, source: 'clientcert', domain: settings.name, backendRoles, certificate }
      return { kind: 'identity', identity, droppedRoles }
    },
  }
}

/** A whole DN may be written in any of its spellings; the certificate's is always the printed one. */
function asPrinted(pattern: string): string {
  return isExact(pattern) ? (canonicalDn(pattern) ?? pattern) : pattern
}

type Named = { readonly name: string } | { readonly reason: string }

function nameOf(certificate: CertificateFacts, selector: AttributeSelector | null, onMissing: 'refuse' | 'dn'): Named {
  const problem = certificateProblem(certificate)
  if (problem !== null) return { reason: problem }
  if (selector === null) return usable(certificate.dn)
  const selected = selectOne(certificate, selector)
  if (selected.kind === 'unusable') return { reason: selected.reason }
  if (selected.kind === 'missing') {
    return onMissing === 'dn' ? usable(certificate.dn) : { reason: `the certificate has nothing that '${selector.text}' names` }
  }
  if (looksLikeStructure(selected.value, selector)) {
    return { reason: `the value of '${selector.text}' reads as a distinguished name, which is not the certificate's own` }
  }
  return usable(selected.value)
}

/** What makes a certificate nobody's, whichever part of it is asked for: the rest of it goes into headers and logs too. */
function certificateProblem(certificate: CertificateFacts): string | null {
  if (certificate.subject.length === 0) return 'the subject is empty'
  if (printsUnprintable(certificate.dn)) return 'the subject holds control characters'
  const san = certificate.sans.find(({ type, value }) => hasUnprintable(value) || (type === 'directoryName' && printsUnprintable(value)))
  return san === undefined ? null : `a ${san.type} among the subject alternative names holds control characters`
}

/** One attribute with the text `CN=bob,OU=admins` must not meet a mapping entry that means two: only real structure is a DN. */
function looksLikeStructure(value: string, selector: AttributeSelector): boolean {
  const structured = selector.kind === 'san' && selector.type === 'directoryName'
  return !structured && canonicalDn(value) !== null
}

function usable(name: string): Named {
  if (name.trim() === '') return { reason: 'the name is blank' }
  const size = Buffer.byteLength(name)
  if (size > MAX_USERNAME_BYTES) return { reason: `the name is ${size} bytes long, at most ${MAX_USERNAME_BYTES} are taken` }
  if (name === ANONYMOUS_NAME) return { reason: `the name '${ANONYMOUS_NAME}' is kept for requests without credentials` }
  return { name }
}

function rolesOf(certificate: CertificateFacts, selector: AttributeSelector | null): readonly [kept: string[], dropped: string[]] {
  const all = selector === null ? [] : selectAll(certificate, selector).filter((role) => role.trim() !== '')
  return [all.filter((role) => !isReservedRole(role)), all.filter(isReservedRole)]
}
