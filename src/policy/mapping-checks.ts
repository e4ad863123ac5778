import { isReordered } from '../identity/name-equal.ts'
import { parseName } from '../identity/name-parse.ts'
import { printName } from '../identity/name-print.ts'
import { attributeOid } from '../identity/oids.ts'
import { isExact } from '../identity/pattern.ts'
import { ANONYMOUS_NAME, type Name } from '../identity/types.ts'
import { parseAddress, parseBlock } from './address.ts'
import { CompiledMapping } from './mapping.ts'
import { type Authority, anchorKeys, type OwnAuthority, readIssuer, unboundByRotation } from './mapping-issuer.ts'
import type { MappedValue, MappingEntry, RoleMapping, RouteSettings } from './types.ts'

/** Something to tell whoever wrote the file. `line` is in roles_mapping.yml. */
export interface Remark {
  readonly message: string
  readonly line: number
  readonly hint?: string
}

const RESERVED_WORDS: ReadonlySet<string> = new Set(['authenticated', 'anonymous'])

/** Every value that cannot be used, where compiling the policy stops at the first: regexes, blocks, issuers, reserved words. */
export function mappingErrors(mapping: RoleMapping): Remark[] {
  const remarks: Remark[] = []
  new CompiledMapping(mapping, null, (message, line) => remarks.push({ message, line }))
  for (const { role, line } of mapping.entries) {
    if (RESERVED_WORDS.has(role))
      remarks.push({ message: `'${role}' is a reserved word of 'allow' and cannot be a role`, line, hint: 'give the role another name' })
  }
  return remarks.sort((a, b) => a.line - b.line)
}

/** What is allowed and probably not meant. */
export function mappingWarnings(mapping: RoleMapping): Remark[] {
  return mapping.entries
    .flatMap((entry) => [...everyoneWarnings(entry), ...hostNameWarnings(entry), ...blankWarnings(entry), ...dnWarnings(entry)])
    .sort((a, b) => a.line - b.line)
}

function everyoneWarnings({ role, hosts }: MappingEntry): Remark[] {
  return hosts
    .filter(({ value }) => /^\*+$/.test(value) || value === '/.*/' || isWholeInternet(value))
    .map(({ value, line }) => ({
      message: `hosts: '${value}' gives the role '${role}' to everyone who is identified at all`,
      line,
      hint: "any one of users, backend_roles and hosts grants; leave 'hosts' out unless the address alone is proof enough",
    }))
}

function isWholeInternet(value: string): boolean {
  try {
    return parseBlock(value)?.prefix === 0
  } catch {
    return false
  }
}

function hostNameWarnings({ role, hosts }: MappingEntry): Remark[] {
  return hosts
    .filter(({ value }) => parseAddress(value) === null && !value.includes('/') && /[^0-9a-f.:*?\s]/i.test(value))
    .map(({ value, line }) => ({
      message: `hosts: '${value}' of the role '${role}' never matches: addresses are not looked up in DNS`,
      line,
      hint: 'write the IP address or a CIDR block',
    }))
}

function blankWarnings(entry: MappingEntry): Remark[] {
  const isBlank = ({ value }: MappedValue): boolean => value.trim() === ''
  const single = [...entry.users, ...entry.backendRoles, ...entry.hosts].filter(isBlank)
  const whole = entry.andBackendRoles.filter(isBlank)
  return [
    ...single.map(({ line }) => ({ message: `a blank value of the role '${entry.role}' matches nothing`, line })),
    ...whole.map(({ line }) => ({
      message: `a blank value keeps and_backend_roles of the role '${entry.role}' from ever being met`,
      line,
    })),
  ]
}

const MOST_SPECIFIC: ReadonlySet<string | null> = new Set(['cn', 'uid', 'emailAddress'].map(attributeOid))

function dnWarnings({ role, users }: MappingEntry): Remark[] {
  return users.flatMap(({ value, line }) => {
    const message = dnProblem(value)
    return message === null ? [] : [{ ...message, message: `users: '${value}' of the role '${role}' ${message.message}`, line }]
  })
}

function dnProblem(value: string): { readonly message: string; readonly hint: string } | null {
  if (/^\/[A-Za-z]+ ?=.*\/[A-Za-z]+ ?=/.test(value)) {
    return {
      message: "is OpenSSL's one-line form, which is only compared as text",
      hint: 'write it as `certgate dn` prints it, e.g. CN=alice,OU=ops',
    }
  }
  const meant = reversedName(value)
  return meant === null ? null : { message: 'ends in the most specific part: reversed?', hint: `probably meant: ${meant}` }
}

/** The other way round, where a DN seems to be written outermost part first; else null. */
export function reversedName(value: string): string | null {
  const name = readDn(value)
  const [outermost, innermost] = [name?.[0], name?.at(-1)]
  if (name === null || outermost === undefined || innermost === undefined || name.length < 2) return null
  const names = (rdn: Name[number]): boolean => rdn.some(({ oid }) => MOST_SPECIFIC.has(oid))
  return !names(outermost) || names(innermost) ? null : printName([...name].reverse())
}

function readDn(value: string): Name | null {
  if (!isExact(value) || !value.includes('=')) return null
  try {
    return parseName(value)
  } catch {
    return null
  }
}

/**
 * Several CAs under one mapping: each of them can issue every name that an entry without `issuers` trusts. `clientCas` are their keys; the
 * roots of the gateway's own authority, of which a rotation makes two, are one.
 */
export function sharedMappingWarnings(mapping: RoleMapping, clientCas: Iterable<string>, own: OwnAuthority | null = null): Remark[] {
  const open = mapping.entries.filter(
    (entry) => entry.issuers.length === 0 && entry.users.length + entry.backendRoles.length + entry.andBackendRoles.length > 0,
  )
  const [first] = open
  const count = new Set([...clientCas].map((key) => (own?.rootKeys.has(key) ? 'own' : key))).size
  if (first === undefined || count < 2) return []
  const roles = open.length === 1 ? `the role '${first.role}' names` : `${open.length} roles name`
  return [
    {
      message: `${count} client CAs share this mapping and ${roles} no issuers: any of these CAs can issue a certificate for anybody in it`,
      line: first.line,
      hint: "add 'issuers' with the DN or the SHA-256 of the key of the CA that is meant; 'certgate dn ca.crt' prints both",
    },
  ]
}

/** Roles that nobody gets with a certificate of after the rotation. Never widened by itself: that is for whoever bound it to decide. */
export function rotationWarnings(mapping: RoleMapping, own: OwnAuthority | null): Remark[] {
  if (own === null) return []
  return unboundByRotation(mapping, own).map(({ role, issuers, line }) => ({
    message: `issuers: the role '${role}' is bound to the authority as it was before its rotation: certificates that it signs now do not get it`,
    line: issuers[0]?.line ?? line,
    ...(own.root !== null && { hint: `where they are meant too, add '${own.root.key}', the key of ${own.root.dn}` }),
  }))
}

/** DNs in `issuers` that do not tell which CA is meant. */
export function issuerWarnings(mapping: RoleMapping, authorities: readonly Authority[]): Remark[] {
  const several = anchorKeys(authorities).size > 1
  return mapping.entries.flatMap(({ role, issuers }) =>
    issuers.flatMap(({ value, line }): Remark[] => {
      const issuer = readIssuer(value)
      if (issuer === null || 'key' in issuer) return []
      const keys = new Set(authorities.filter(({ dn }) => dn === issuer.name).map(({ key }) => key))
      if (keys.size > 1) {
        return [
          {
            message: `issuers: ${keys.size} client CAs with different keys are called '${value}'`,
            line,
            hint: 'write the SHA-256 of the key that is meant',
          },
        ]
      }
      if (keys.size === 1 || !several) return []
      return [
        {
          message: `issuers: '${value}' is none of the client CAs, so the role '${role}' is given to nobody by it`,
          line,
          hint: 'where several CAs are trusted, each may call a CA below itself anything: name a CA of client_ca, or add this one there',
        },
      ]
    }),
  )
}

/** A role that a route allows: `path` leads to it in the configuration. */
export interface AllowedRole {
  readonly role: string
  readonly route: string
  readonly path: readonly (string | number)[]
}

/** Roles that a route allows and the mapping does not even define. */
export function undefinedRoles(routes: readonly RouteSettings[], mapping: RoleMapping): AllowedRole[] {
  const defined = new Set(mapping.entries.map(({ role }) => role))
  return allowedRoles(routes).filter(({ role }) => !defined.has(role))
}

/** Roles that a route allows, and that the mapping defines and gives to nobody. */
export function ungrantedRoles(routes: readonly RouteSettings[], mapping: RoleMapping): AllowedRole[] {
  const granted = new Map<string, boolean>()
  for (const entry of mapping.entries) granted.set(entry.role, granted.get(entry.role) === true || grantsAnybody(entry))
  return allowedRoles(routes).filter(({ role }) => granted.get(role) === false)
}

export function allowedRoles(routes: readonly RouteSettings[]): AllowedRole[] {
  return routes.flatMap(({ name, allow, index }) =>
    allow.flatMap((word, place) =>
      word.kind === 'role' ? [{ role: word.role, route: name, path: ['routes', index, 'allow', place] }] : [],
    ),
  )
}

function grantsAnybody(entry: MappingEntry): boolean {
  return entry.users.length + entry.backendRoles.length + entry.andBackendRoles.length + entry.hosts.length > 0
}

/** `users` entries that hold the same parts as this DN in another order: they do not match, and were probably meant to. */
export function reorderedEntries(mapping: RoleMapping, dn: Name): Remark[] {
  return mapping.entries.flatMap(({ role, users }) =>
    users.flatMap(({ value, line }) => {
      const name = readDn(value)
      if (name === null || !isReordered(name, dn)) return []
      return [
        {
          message: `'${value}' of the role '${role}' has the same parts in another order and does not match: reversed?`,
          line,
          hint: `write ${printName(dn)}`,
        },
      ]
    }),
  )
}

/** `users` names the anonymous identity, which nobody ever is while `auth.anonymous` is off. */
export function anonymousWarnings(mapping: RoleMapping, anonymousIsOn: boolean): Remark[] {
  if (anonymousIsOn) return []
  return mapping.entries.flatMap(({ role, users }) =>
    users
      .filter(({ value }) => value === ANONYMOUS_NAME)
      .map(({ line }) => ({ message: `the role '${role}' is given to anonymous requests, but 'auth.anonymous' is off`, line })),
  )
}
