import * as z from 'zod'
import type { Path } from '../document.ts'
import { attributeSelector, namePattern } from '../expressions.ts'
import type { Reader } from '../reader.ts'
import type { AuthDomain, AuthSettings } from '../settings.ts'
import { InvalidValue, integer, namedMap, nameSchema, parsed, section, text, toggle, word } from '../shape.ts'

const clientcert = section({
  type: z.literal('clientcert'),
  challenge: toggle().prefault(false).describe('tolerated: a certificate is never asked for again'),
  config: section({
    username_attribute: attributeSelector()
      .optional()
      .describe('cn, dn:ATTRIBUTE or san:TYPE[:GLOB]; absent: the full DN is the user name'),
    roles_attribute: attributeSelector().optional().describe('the same syntax; every match becomes a backend role'),
    skip_users: z.array(namePattern()).optional().describe('patterns on the DN; a match counts as no credentials'),
    on_missing: word(['refuse', 'dn']).prefault('refuse').describe('when the certificate lacks the username attribute'),
  }).optional(),
})

const basic = section({
  type: z.literal('basic'),
  challenge: toggle().prefault(true).describe('answer 401 with WWW-Authenticate where no password came'),
  config: section({
    realm: parsed(text('a realm'), (realm) => {
      if (!/^[ !#-[\]-~]*$/.test(realm)) throw new InvalidValue('a realm holds printable ASCII without `"` and `\\`')
      return realm
    })
      .prefault('certgate')
      .describe('what browsers show when they ask for the password'),
  }).optional(),
})

const OTHERS = ['jwt', 'kerberos', 'ldap', 'openid', 'proxy', 'extended-proxy', 'saml', 'host']

const authenticator = z.discriminatedUnion('type', [clientcert, basic], {
  error: (issue) => {
    const type = (issue.input as { type?: unknown } | undefined)?.type
    const named = typeof type === 'string' && OTHERS.includes(type) ? `there is no authenticator \`${type}\`` : 'unknown authenticator type'
    return `${named}: expected \`clientcert\` or \`basic\``
  },
})

const domain = section({
  description: z.string().optional(),
  http_enabled: toggle().prefault(true),
  transport_enabled: toggle().prefault(true).describe('tolerated: there is no transport layer here'),
  order: integer(-1_000_000, 1_000_000).prefault(0).describe('ascending; the first domain that accepts gives the identity'),
  http_authenticator: authenticator,
  authentication_backend: section({
    type: word(['noop', 'internal', 'intern']).optional().describe('clientcert: noop; basic: internal'),
    config: section({}).optional(),
  }).optional(),
})

const head = {
  combine: word(['first', 'all']).prefault('first').describe('first: the first domain that accepts; all: every domain must accept'),
  username_must_match: toggle().prefault(true).describe('with all: the names must agree'),
  anonymous: toggle().prefault(false).describe('a request without any credentials is opendistro_security_anonymous'),
}

export const authSchema = section({ ...head, domains: namedMap(domain).optional() })

/** What applies without an `auth` block, and in the quick form. */
export const DEFAULT_DOMAIN: AuthDomain = {
  type: 'clientcert',
  name: 'clientcert',
  order: 0,
  usernameAttribute: 'cn',
  rolesAttribute: null,
  skipUsers: [],
  onMissing: 'refuse',
}

/** Reads the domain chain, sorted; only domains with http_enabled are in it. */
export function readAuth(reader: Reader, hasInternalUsers: boolean): AuthSettings {
  const withDomains = section({ ...head, domains: z.record(nameSchema, z.unknown()).optional() })
  const input = reader.require(withDomains.prefault({}), ['auth'])
  if (!reader.has(['auth', 'domains'])) {
    return {
      combine: input?.combine ?? 'first',
      usernameMustMatch: input?.username_must_match ?? true,
      anonymous: input?.anonymous ?? false,
      domains: [DEFAULT_DOMAIN],
    }
  }
  const domains: AuthDomain[] = []
  for (const name of reader.names(['auth', 'domains'])) {
    const path = ['auth', 'domains', name]
    const read = reader.require(domain, path)
    if (read === undefined) continue
    checkBackend(reader, path, read, hasInternalUsers)
    if (read.http_enabled) domains.push(toDomain(name, read))
  }
  // Stable: domains of one order are reported, and stay as written until then.
  domains.sort((a, b) => a.order - b.order)
  checkChain(reader, domains, input?.combine ?? 'first', input?.anonymous ?? false)
  return {
    combine: input?.combine ?? 'first',
    usernameMustMatch: input?.username_must_match ?? true,
    anonymous: input?.anonymous ?? false,
    domains,
  }
}

type DomainInput = z.output<typeof domain>

function toDomain(name: string, input: DomainInput): AuthDomain {
  const { order, http_authenticator: authenticator } = input
  if (authenticator.type === 'basic') {
    return { type: 'basic', name, order, challenge: authenticator.challenge, realm: authenticator.config?.realm ?? 'certgate' }
  }
  const config = authenticator.config
  return {
    type: 'clientcert',
    name,
    order,
    usernameAttribute: config?.username_attribute ?? null,
    rolesAttribute: config?.roles_attribute ?? null,
    skipUsers: config?.skip_users ?? [],
    onMissing: config?.on_missing ?? 'refuse',
  }
}

function checkBackend(reader: Reader, path: Path, input: DomainInput, hasInternalUsers: boolean): void {
  const { type } = input.http_authenticator
  const backend = input.authentication_backend?.type
  const where = [...path, 'authentication_backend', 'type']
  if (type === 'clientcert' && backend !== undefined && backend !== 'noop') {
    reader.problem(where, `clientcert takes the backend \`noop\`, not \`${backend}\``, {
      hint: 'the certificate itself is the proof; to ask for a password too, set combine: all',
    })
  }
  if (type !== 'basic') return
  // noop would accept any password.
  if (backend === 'noop')
    reader.problem(where, 'basic takes the backend `internal`, not `noop`', { hint: '`noop` would accept any password' })
  else if (!hasInternalUsers && input.http_enabled) {
    reader.problem(path, `domain \`${path.at(-1)}\` checks passwords, but \`internal_users\` is missing`, {
      at: 'key',
      hint: 'add internal_users: internal_users.yml',
    })
  }
}

function checkChain(reader: Reader, domains: readonly AuthDomain[], combine: 'first' | 'all', anonymous: boolean): void {
  if (domains.length === 0 && !anonymous && reader.problems.length === 0) {
    reader.problem(['auth', 'domains'], 'no domain is enabled: everybody would be refused')
  }
  let challenging: string | null = null
  for (const [index, domain] of domains.entries()) {
    const path = ['auth', 'domains', domain.name]
    const previous = domains[index - 1]
    if (previous !== undefined && previous.order === domain.order) {
      reader.problem(
        reader.has([...path, 'order']) ? [...path, 'order'] : path,
        `domains \`${previous.name}\` and \`${domain.name}\` have the same order ${domain.order}`,
        {
          hint: 'give each its own: the lowest comes first',
        },
      )
    }
    if (domain.type === 'basic' && domain.challenge) challenging ??= domain.name
    if (domain.type === 'clientcert' && challenging !== null && combine === 'first') {
      reader.problem(path, `\`${domain.name}\` never runs for a client without a password: \`${challenging}\` comes first and challenges`, {
        severity: 'warning',
        at: 'key',
        hint: `give \`${domain.name}\` the lower order, or \`${challenging}\` challenge: false`,
      })
    }
  }
}
