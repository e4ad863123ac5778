import type { HeaderStyle } from '../../config/settings.ts'
import type { StyleOptions } from './dialect.ts'

/** How an option's text is checked. `header`: a field name, or empty for "do not send". */
type OptionKind = 'header' | 'separator' | 'text' | readonly string[] | { readonly listOf: readonly string[] }

interface OptionRule {
  readonly kind: OptionKind
  /** undefined: the option has no value unless it is given. */
  readonly default?: string
}

const ROLES_FROM = ['roles', 'backend_roles', 'both'] as const
const SWITCH = ['true', 'false'] as const

const header = (name: string): OptionRule => ({ kind: 'header', default: name })
const rolesFrom = (from: (typeof ROLES_FROM)[number]): OptionRule => ({ kind: ROLES_FROM, default: from })
const on: OptionRule = { kind: SWITCH, default: 'true' }
const comma: OptionRule = { kind: 'separator', default: ',' }

/** Every option of every style with its default: `identity_headers.styles: [{ plain: { user: X-User } }]`. */
export const STYLE_OPTIONS: Readonly<Record<HeaderStyle, Readonly<Record<string, OptionRule>>>> = {
  plain: {
    user: header('X-Forwarded-User'),
    groups: header('X-Forwarded-Groups'),
    roles: header('X-Forwarded-Roles'),
    dn: header('X-Client-Cert-DN'),
    fingerprint: header('X-Client-Cert-Fingerprint'),
    separator: comma,
  },
  xfcc: {
    mode: { kind: ['sanitize_set', 'append_forward', 'forward_only', 'sanitize'], default: 'sanitize_set' },
    by: { kind: 'text' },
    set: { kind: { listOf: ['subject', 'uri', 'dns', 'cert', 'chain'] }, default: 'subject,uri,dns' },
  },
  rfc9440: { chain: on },
  nginx: { certificate: on },
  traefik: { pem: on, info: on },
  opensearch: { user: header('x-proxy-user'), roles: header('x-proxy-roles'), separator: comma, roles_from: rolesFrom('roles') },
  kube: {
    user: header('X-Remote-User'),
    group: header('X-Remote-Group'),
    groups_from: rolesFrom('roles'),
    extra: { kind: { listOf: ['fingerprint', 'serial', 'email'] }, default: 'fingerprint' },
  },
  oauth2: {
    user: header('X-Forwarded-User'),
    groups: header('X-Forwarded-Groups'),
    email: header('X-Forwarded-Email'),
    groups_from: rolesFrom('backend_roles'),
  },
  couchdb: {
    user: header('X-Auth-CouchDB-UserName'),
    roles: header('X-Auth-CouchDB-Roles'),
    token: header('X-Auth-CouchDB-Token'),
    roles_from: rolesFrom('roles'),
    secret: { kind: 'text' },
    hash: { kind: ['sha256', 'sha1'], default: 'sha256' },
  },
  grafana: {
    user: header('X-WEBAUTH-USER'),
    email: { kind: 'header', default: '' },
    groups: { kind: 'header', default: '' },
    groups_from: rolesFrom('roles'),
  },
}

/** Names certgate or the framing decides; no style and no custom header may write them. */
const RESERVED = new Set(
  [
    'host connection content-length transfer-encoding te trailer upgrade expect keep-alive proxy-connection',
    'x-request-id x-forwarded-for x-forwarded-proto x-forwarded-host forwarded',
  ].flatMap((names) => names.split(' ')),
)

/** Why this cannot be the name of a header we write; null: it can. */
export function headerNameProblem(name: string): string | null {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name)) return `${JSON.stringify(name)} is not a header name: letters, digits, "-", "_" and "." only`
  return RESERVED.has(name.toLowerCase()) ? `${name} is written by certgate itself and cannot be an identity header` : null
}

function valueProblem(kind: OptionKind, value: string): string | null {
  if (kind === 'header') return value === '' ? null : headerNameProblem(value)
  if (kind === 'separator') {
    return /^[!-/:-@[-`{-~]$/.test(value) && value !== '%' ? null : 'must be one punctuation character other than "%"'
  }
  if (kind === 'text') return value !== '' && !/[\p{Cc}]/u.test(value) ? null : 'must be text without control characters'
  const choices: readonly string[] = 'listOf' in kind ? kind.listOf : kind
  const given = 'listOf' in kind ? value.split(',').filter((item) => item !== '') : [value]
  const unknown = given.find((item) => !choices.includes(item))
  return unknown === undefined ? null : `${JSON.stringify(unknown)} is not one of ${choices.join(', ')}`
}

/** Everything wrong with one style's options, each with the option's name in front; empty: fine. */
export function optionProblems(style: HeaderStyle, options: StyleOptions): readonly string[] {
  const rules = new Map(Object.entries(STYLE_OPTIONS[style]))
  return Object.entries(options).flatMap(([option, value]) => {
    const rule = rules.get(option)
    if (rule === undefined) return [`${style} has no option ${JSON.stringify(option)}; it has ${[...rules.keys()].join(', ')}`]
    const problem = valueProblem(rule.kind, value)
    return problem === null ? [] : [`${style}.${option}: ${problem}`]
  })
}

/** The options with their defaults filled in, as a lookup that gives '' for what has neither. */
export function withDefaults(style: HeaderStyle, options: StyleOptions): (option: string) => string {
  const given = new Map(Object.entries(options))
  const rules = new Map(Object.entries(STYLE_OPTIONS[style]))
  return (option) => given.get(option) ?? rules.get(option)?.default ?? ''
}
