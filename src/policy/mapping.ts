import { canonicalDn } from '../identity/name-parse.ts'
import { attributeOid } from '../identity/oids.ts'
import { isExact } from '../identity/pattern.ts'
import { PatternSet } from '../identity/pattern-set.ts'
import { ANONYMOUS_NAME, type Identity } from '../identity/types.ts'
import { HostIndex } from './mapping-host.ts'
import { type Authority, bindIssuers, type IssuerBinding, isUnder } from './mapping-issuer.ts'
import { backendRolesOf } from './rights.ts'
import type { MappedValue, MappingEntry, RoleGrant, RoleMapping, RoleSet } from './types.ts'

/** A grant as indexed: what it gives, and whom its entry is bound to. */
interface Candidate extends RoleGrant {
  /** null: an identity under any CA, or without a certificate. */
  readonly issuers: IssuerBinding | null
}

/** All of `and_backend_roles` of one entry. */
interface Conjunction {
  readonly candidate: Candidate
  readonly size: number
}

interface ConjunctionPart {
  readonly conjunction: Conjunction
  readonly index: number
}

/** Told about a value that cannot be used; the value grants nothing. */
export type MappingProblem = (message: string, line: number) => void

/** roles_mapping.yml, indexed: immutable once built. */
export class CompiledMapping {
  /** Some entry looks at `hosts`: the same identity may have other roles from another address. */
  readonly dependsOnAddress: boolean
  readonly #names = new PatternSet<Candidate>()
  /** Exact DNs by their printed form. */
  readonly #dns = new Map<string, Candidate[]>()
  /** Wildcards and regexes that speak of a DN's attributes. */
  readonly #dnPatterns = new PatternSet<Candidate>()
  readonly #backendRoles = new PatternSet<Candidate>()
  readonly #conjunctions = new PatternSet<ConjunctionPart>()
  readonly #hosts = new HostIndex<Candidate>()

  /** `authorities`: the client CAs of all listeners, which `issuers` may name; null where they are not known. */
  constructor(mapping: RoleMapping, authorities: readonly Authority[] | null, problem: MappingProblem) {
    for (const entry of mapping.entries) this.#add(entry, bindIssuers(entry, authorities, problem), problem)
    this.dependsOnAddress = mapping.entries.some((entry) => entry.hosts.length > 0)
  }

  #add(entry: MappingEntry, issuers: IssuerBinding | null, problem: MappingProblem): void {
    const each = (by: RoleGrant['by'], values: readonly MappedValue[], add: (text: string, candidate: Candidate) => void): void => {
      for (const { value, line } of values) {
        attempt(entry, line, problem, () => add(value, { role: entry.role, by, pattern: value, line, issuers }))
      }
    }
    each('users', entry.users, (text, candidate) => this.#addUser(text, candidate))
    each('backend_roles', entry.backendRoles, (text, candidate) => this.#backendRoles.add(text, candidate))
    each('hosts', entry.hosts, (text, candidate) => this.#hosts.add(text, candidate))
    this.#addConjunction(entry, issuers, problem)
  }

  #addUser(text: string, candidate: Candidate): void {
    if (!isExact(text)) {
      const patterns = speaksOfDn(text) ? this.#dnPatterns : this.#names
      patterns.add(text, candidate)
      return
    }
    const dn = text.includes('=') ? canonicalDn(text) : null
    if (dn === null) {
      this.#names.add(text, candidate)
      return
    }
    const same = this.#dns.get(dn)
    if (same === undefined) this.#dns.set(dn, [candidate])
    else same.push(candidate)
  }

  /** A list with a blank or unusable value is never whole, so it grants nothing. */
  #addConjunction(entry: MappingEntry, issuers: IssuerBinding | null, problem: MappingProblem): void {
    const [first] = entry.andBackendRoles
    if (first === undefined) return
    const pattern = entry.andBackendRoles.map(({ value }) => value).join(', ')
    const candidate: Candidate = { role: entry.role, by: 'and_backend_roles', pattern, line: first.line, issuers }
    const conjunction: Conjunction = { candidate, size: entry.andBackendRoles.length }
    entry.andBackendRoles.forEach(({ value, line }, index) => {
      attempt(entry, line, problem, () => this.#conjunctions.add(value, { conjunction, index }))
    })
  }

  /** Roles of an identity that speaks from an address, with every grant that gives one. Constant time in the number of exact users. */
  rolesOf(identity: Identity, remoteAddress: string): RoleSet {
    const names = new Set<string>()
    const grants: RoleGrant[] = []
    for (const candidate of this.#candidates(identity, remoteAddress)) {
      if (candidate.issuers !== null && !isUnder(candidate.issuers, identity)) continue
      names.add(candidate.role)
      grants.push(candidate)
    }
    return { names, grants }
  }

  #candidates(identity: Identity, remoteAddress: string): readonly Candidate[] {
    // Neither a pattern nor an address is meant for nobody in particular, and nobody else may go by that name.
    if (identity.source === 'anonymous') return this.#names.exactly(ANONYMOUS_NAME)
    const backendRoles = backendRolesOf(identity)
    const found = [
      ...(identity.name === ANONYMOUS_NAME ? [] : this.#names.match(identity.name)),
      ...this.#byDn(identity),
      ...backendRoles.flatMap((role) => this.#backendRoles.match(role)),
      ...this.#wholeConjunctions(backendRoles),
    ]
    if (this.dependsOnAddress) found.push(...this.#hosts.match(remoteAddress))
    return found
  }

  /**
   * What is written as a DN is compared with DNs that the certificate really has and never with a name taken out of one: a common
   * name may read `CN=admin,O=Acme`, and that is not the DN `CN=admin,O=Acme`. Without a certificate the text alone counts.
   */
  #byDn(identity: Identity): readonly Candidate[] {
    if (identity.dn === null) {
      const written = canonicalDn(identity.name)
      const sameText = (written === null ? undefined : this.#dns.get(written))?.filter(({ pattern }) => pattern === identity.name)
      return [...(sameText ?? []), ...this.#dnPatterns.match(identity.name)]
    }
    const found = [...(this.#dns.get(identity.dn) ?? []), ...this.#dnPatterns.match(identity.dn)]
    if (isDirectoryName(identity)) found.push(...(this.#dns.get(identity.name) ?? []), ...this.#dnPatterns.match(identity.name))
    return found
  }

  #wholeConjunctions(backendRoles: readonly string[]): Candidate[] {
    const met = new Map<Conjunction, Set<number>>()
    for (const role of backendRoles) {
      for (const { conjunction, index } of this.#conjunctions.match(role)) {
        met.set(conjunction, (met.get(conjunction) ?? new Set()).add(index))
      }
    }
    return [...met].filter(([conjunction, parts]) => parts.size === conjunction.size).map(([{ candidate }]) => candidate)
  }
}

/** Throws an Error that names role and line of the first value that cannot be used. */
export function compileMapping(mapping: RoleMapping, authorities: readonly Authority[] | null = null): CompiledMapping {
  return new CompiledMapping(mapping, authorities, (message, line) => {
    throw new Error(`${mapping.file}:${line}: ${message}`)
  })
}

function attempt(entry: MappingEntry, line: number, problem: MappingProblem, add: () => void): void {
  try {
    add()
  } catch (error) {
    problem(`role '${entry.role}': ${(error as Error).message}`, line)
  }
}

/** The user name is a whole directoryName among the certificate's SANs, and not the subject. */
function isDirectoryName({ name, dn, certificate }: Identity): boolean {
  return name !== dn && (certificate?.sans.some((san) => san.type === 'directoryName' && san.value === name) ?? false)
}

/** Whether a pattern holds `TYPE=` with a type that DNs have. */
function speaksOfDn(pattern: string): boolean {
  for (const [, type] of pattern.matchAll(/(?<![A-Za-z0-9._-])([A-Za-z0-9][A-Za-z0-9.-]*) *=/g)) {
    if (attributeOid(type as string) !== null) return true
  }
  return false
}
