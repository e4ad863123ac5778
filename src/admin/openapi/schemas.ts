import { MOST_DATABASES } from '../../policy/rights.ts'
import { DECISION_STEP, EXPLANATION, REVOCATION_LINES } from './explanation-schema.ts'
import { DATABASE, ITEMS } from './inputs.ts'
import { OVERVIEW } from './overview-schema.ts'
import type { Answer, Schema } from './types.ts'
import { byName, flag, hex64, list, object, orNull, ref, text, time, whole, words } from './words.ts'

const clearance = words('ClusterAdmin', 'ClusterNode', 'Operator', 'ValidUser')
const texts = list(text)

const certificate: Readonly<Record<string, Schema>> = {
  fingerprint: { ...hex64, description: 'SHA-256 of the certificate' },
  thumbprint: { type: 'string', pattern: '^[0-9A-F]{40}$', description: 'SHA-1, as RavenDB shows it' },
  name: text,
  subject: text,
  issuer: text,
  serial: { type: 'string', pattern: '^-?[0-9A-F]+$' },
  pin: { ...hex64, description: 'SHA-256 of the public key (SubjectPublicKeyInfo)' },
  sans: texts,
  not_before: time,
  not_after: time,
  clearance,
  permissions: ref('Permissions'),
  state: words('valid', 'expiring', 'expired', 'disabled', 'revoked'),
  revoked: orNull(object({ at: time, reason: text })),
  disabled: flag,
  refused_by: {
    ...orNull(object({ fingerprint: hex64, name: text, state: words('disabled', 'revoked') })),
    description: 'Another certificate whose key this one has, and is refused for',
  },
  origin: words('issued', 'trusted', 'renewed'),
  predecessor: orNull(hex64),
  group: hex64,
  created_at: time,
  created_by: text,
  last_seen: orNull(time),
}

const problem: Readonly<Record<string, Schema>> = {
  type: { type: 'string', pattern: '^urn:certgate:(admin|refusal):' },
  title: text,
  status: whole,
  detail: text,
  code: text,
  hint: text,
  request_id: { ...text, description: 'Where it was refused before anything was looked for: its certificate, or its form' },
  problems: { ...list(ref('FileProblem')), description: 'Where a file is not taken: all that is wrong with it' },
}

const revocationList = object({ number: whole, this_update: time, next_update: time, revoked: whole })

const authority: Readonly<Record<string, Schema>> = {
  issuing: orNull(object({ subject: text, not_after: time, key_type: text })),
  problem: { ...text, description: 'Why nothing can be issued; empty where it can' },
  issuers: list(
    object({
      subject: text,
      key_id: text,
      not_after: time,
      crl: orNull(revocationList),
      signs: flag,
    }),
  ),
  roots: list(object({ subject: text, not_after: time, fingerprint: hex64, ends_by_rotation: flag, own: flag })),
  root_lists: list(object({ subject: text, key_id: hex64, crl: revocationList })),
  rotation: orNull(object({ overlap_until: time })),
}

const roleLists = { users: texts, backend_roles: texts, and_backend_roles: texts, hosts: texts, issuers: texts }
const role: Readonly<Record<string, Schema>> = { ...roleLists, reserved: flag, hidden: flag, description: orNull(text) }

const roleEdit: Readonly<Record<string, Schema>> = { ...role, ...Object.fromEntries(Object.keys(roleLists).map((name) => [name, ITEMS])) }

const others = { ...list(ref('Certificate')), description: 'Of its name: those that it was done to as well' }

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Permissions: {
    ...byName(words('Admin', 'ReadWrite', 'Read')),
    propertyNames: DATABASE,
    maxProperties: MOST_DATABASES,
    description: 'By database',
  },
  Certificate: object(certificate),
  ChangedCertificate: object({ ...certificate, others }),
  WithdrawnCertificate: object({
    ...certificate,
    others,
    also_refused: { ...list(ref('NamedCertificate')), description: 'Others with the same key: they are refused too' },
  }),
  NamedCertificate: object({ fingerprint: hex64, name: text }),
  CertificateDetails: object({
    ...certificate,
    pem: text,
    chain: {
      ...list(object({ subject: text, fingerprint: hex64, not_after: time })),
      description: 'The CAs above it, the nearest first, as far as this gateway has their certificates',
    },
    renewals: list(hex64),
    others: { ...list(ref('Certificate')), description: 'Of its name: those that it renews or that renew it, the newest first' },
    same_key: { ...list(ref('NamedCertificate')), description: 'Others with its key: what revokes or disables it refuses them too' },
    history: list(ref('AuditEntry')),
    roles: texts,
  }),
  CertificateAccess: object({
    total: whole,
    by_address: { ...flag, description: 'Some roles depend on the address that a request comes from' },
    routes: list(
      object({
        route: text,
        line: whole,
        listener: text,
        hosts: texts,
        path: text,
        methods: texts,
        access: { ...words('allowed', 'denied', 'conditional'), description: 'conditional: by the database that is asked for' },
        reason: orNull(text),
        detail: text,
        databases: { ...texts, description: 'Where conditional: those that it is let in to' },
      }),
    ),
  }),
  Token: object({
    id: text,
    name: text,
    clearance,
    permissions: ref('Permissions'),
    days: orNull({ type: 'number' }),
    created_at: time,
    created_by: text,
    expires_at: time,
    used: orNull(object({ at: time, fingerprint: orNull(hex64) })),
  }),
  Role: object(role),
  RoleEdit: { ...object(roleEdit, Object.keys(roleEdit)), description: 'What a role is to be, as a whole: what is absent is empty' },
  ChangedRole: object({ role: text, change: words('created', 'changed', 'deleted') }),
  FileProblem: object(
    { severity: words('error', 'warning'), message: text, path: text, file: text, line: whole, column: whole, snippet: text, hint: text },
    ['hint'],
  ),
  Affected: object({
    total: whole,
    certificates: list(object({ fingerprint: hex64, name: text, gained: texts, lost: texts })),
    complete: { ...flag, description: 'False: there was no time to look at all certificates' },
  }),
  Route: object({
    name: text,
    line: whole,
    listeners: texts,
    hosts: texts,
    path: text,
    methods: texts,
    allow: list({ anyOf: [text, object({ database: text, access: words('auto', 'read', 'write', 'admin') })] }),
    upstream: text,
    targets: texts,
    upgrade: texts,
    cross_site: words('refuse', 'allow'),
  }),
  Access: object({
    total: { ...whole, description: 'Of the identities that match' },
    registered: { ...whole, description: 'Of these, of a registered certificate' },
    file: text,
    routes: list(ref('Route')),
    routes_total: { ...whole, description: 'Of the routes that match' },
    by_address: { ...flag, description: 'Roles depend on the address too; these are those from 127.0.0.1' },
    identities: list(ref('AccessRow')),
  }),
  AccessRow: object({
    source: {
      ...words('registered', 'mapping'),
      description: 'mapping: named there exactly, and no registered certificate has that name; judged as explain judges a `cn` or `dn`',
    },
    fingerprint: { ...orNull(hex64), description: 'null: no certificate is registered' },
    name: text,
    subject: { ...text, description: 'Of the certificate, or of the one that is imagined' },
    state: orNull(words('valid', 'expiring', 'expired', 'disabled', 'revoked')),
    identity: { ...orNull(text), description: 'Whom the gateway makes of it; null: nobody' },
    clearance: orNull(clearance),
    roles: texts,
    cells: { ...list(ref('AccessCell')), description: 'One for each route, in their order' },
  }),
  AccessCell: object({
    access: { ...words('allowed', 'denied', 'conditional'), description: 'conditional: by the database that is asked for' },
    methods: { ...texts, description: 'Those that are allowed; empty where not denied: all that the route takes' },
    reason: orNull(text),
    detail: text,
    example: {
      ...orNull(object({ listener: text, method: text, url: text })),
      description: 'What explain says the same about; null: earlier routes take its requests',
    },
  }),
  ConfigLine: object({
    file: text,
    line: whole,
    snippet: { ...orNull(text), description: 'Without secrets; null: the file was changed since it was taken up' },
  }),
  DecisionStep: DECISION_STEP,
  RevocationLines: REVOCATION_LINES,
  Explanation: EXPLANATION,
  Overview: OVERVIEW,
  AuditEntry: object({
    sequence: whole,
    at: time,
    actor: object(
      {
        name: text,
        fingerprint: orNull(hex64),
        remote: orNull(text),
        os_user: { ...text, description: 'Which user of the machine says to have run the command; told, not proven' },
      },
      ['os_user'],
    ),
    action: text,
    target: orNull(text),
    outcome: words('done', 'refused'),
    details: { type: 'object' },
    previous: hex64,
    hash: hex64,
  }),
  Chain: {
    anyOf: [object({ ok: { const: true }, entries: whole, head: hex64 }), object({ ok: { const: false }, sequence: whole, problem: text })],
  },
  Whoami: object({
    name: text,
    dn: orNull(text),
    fingerprint: orNull(hex64),
    clearance: orNull(clearance),
    permissions: ref('Permissions'),
    roles: texts,
    via: words('socket', 'network'),
  }),
  Authority: object(authority),
  Rotation: object({
    ...authority,
    overlap_until: time,
    cross_certificate: { ...flag, description: 'The old root vouches for the new one' },
    issuer: { ...orNull(object({ subject: text, key: hex64 })), description: 'The new root, as `issuers` of a role may name it' },
    unbound_roles: {
      ...list(object({ role: text, file: text, line: whole })),
      description: 'Bound by `issuers` to the replaced authority alone: certificates that are signed now do not get them',
    },
  }),
  Reload: object({ outcome: words('loaded', 'unchanged'), message: text, problems: list(ref('FileProblem')) }),
  Problem: object(problem, ['hint', 'request_id', 'problems']),
}

export const RESPONSES: Readonly<Record<string, Answer>> = {
  Problem: {
    description: 'Nothing was changed, and why. To a browser whose certificate is refused, a page',
    content: { 'application/problem+json': { schema: ref('Problem') }, 'text/html': { schema: text } },
  },
}

/** What a new certificate is to give. */
export const RIGHTS: Readonly<Record<string, Schema>> = { clearance, permissions: ref('Permissions') }
