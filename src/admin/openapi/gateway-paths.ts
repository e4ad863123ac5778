import type { Operation, Parameter, Paths, Schema } from './types.ts'
import { body, byName, flag, IF_MATCH, jsonOf, list, object, orNull, problems, query, ref, TAG, text, time, told, whole } from './words.ts'

type Given = Partial<Pick<Operation, 'description' | 'parameters' | 'requestBody' | 'x-clearance'>>

function operation(tag: string, operationId: string, summary: string, responses: Operation['responses'], given: Given = {}): Operation {
  return { operationId, summary, tags: [tag], 'x-clearance': 'Operator', ...given, responses }
}

const YAML = { 'application/yaml': { schema: text } }
const UNCHANGED = { 304: told('If-None-Match names it') }
const UNKNOWN: Schema = { type: 'object' }
const FILTER: readonly Parameter[] = [
  query('text', text, 'Words that are all somewhere in the entry, in upper or lower case; 200 characters at most'),
  query('action', text, 'Exactly, or `mapping.*` for all that begin so'),
  query('actor', text),
  query('target', text),
  query('since', time),
  query('until', time),
]

const AFFECTED: Schema = { type: 'string', enum: ['true', 'false'] }
const JUDGED = {
  ok: flag,
  file: { ...text, description: 'Which of the problems are in the mapping' },
  problems: list(ref('FileProblem')),
  affected: orNull(ref('Affected')),
}

const NEXT: Schema = {
  ...orNull(whole),
  description:
    'As `before` (with `after`: as `after`) it goes on from here; null: there is nothing before. With `text` also a short page may have one.',
}

const MAPPING_PATHS: Paths = {
  '/api/v1/mapping': {
    get: operation('mapping', 'getMapping', 'Roles and who has them', {
      200: told('As in the file', object({ roles: byName(ref('Role')) }), TAG),
      ...UNCHANGED,
      ...problems(409),
    }),
  },
  '/api/v1/mapping.yml': {
    get: operation('mapping', 'getMappingFile', 'roles_mapping.yml as it stands', {
      200: { description: 'With its comments', headers: TAG, content: YAML },
      ...UNCHANGED,
      ...problems(409),
    }),
    put: operation(
      'mapping',
      'putMappingFile',
      'Write roles_mapping.yml as a whole',
      {
        200: told('In force from now on', object({ changes: list(ref('ChangedRole')), warnings: list(ref('FileProblem')) }), TAG),
        ...problems(409, 412, 413, 507),
      },
      { parameters: [IF_MATCH], requestBody: { required: true, content: YAML }, 'x-clearance': 'ClusterAdmin' },
    ),
  },
  '/api/v1/mapping/validate': {
    post: operation(
      'mapping',
      'validateMapping',
      'What would come of a roles_mapping.yml, without writing it',
      {
        200: told('As check tells it', object(JUDGED)),
        ...problems(413, 429, 503),
      },
      { parameters: [query('affected', AFFECTED, 'false: leave out who is affected')], requestBody: { required: true, content: YAML } },
    ),
  },
  '/api/v1/mapping/preview': {
    post: operation(
      'mapping',
      'previewMapping',
      'What an edit of roles would make of roles_mapping.yml, without writing it',
      {
        200: told('Send `text` to putMappingFile with this ETag', object({ text, changes: list(ref('ChangedRole')), ...JUDGED }), TAG),
        ...problems(404, 409, 412, 413, 429, 503),
      },
      { parameters: [IF_MATCH], requestBody: body(object({ roles: byName(orNull(ref('RoleEdit'))) })) },
    ),
  },
}

const EXPLAIN_BODY = object(
  {
    certificate: { ...text, description: 'PEM, with those behind it, or base64 of DER' },
    fingerprint: { ...text, description: 'Of a registered certificate' },
    cn: text,
    dn: text,
    user: { ...text, description: 'As if this internal user had given the right password' },
    anonymous: flag,
    method: text,
    url: text,
    listener: text,
    host: text,
    address: text,
  },
  ['certificate', 'fingerprint', 'cn', 'dn', 'user', 'anonymous', 'listener', 'host', 'address'],
)

const INSIGHT_PATHS: Paths = {
  '/api/v1/whoami': {
    get: operation(
      'gateway',
      'whoami',
      'Who the asker is',
      { 200: told('By their certificate', ref('Whoami')), ...problems() },
      { 'x-clearance': null },
    ),
  },
  '/api/v1/routes': {
    get: operation('gateway', 'getRoutes', 'Routes, first match first', {
      200: told('In force', object({ file: text, routes: list(ref('Route')) })),
      ...problems(),
    }),
  },
  '/api/v1/explain': {
    post: operation(
      'gateway',
      'explain',
      'Who somebody is, which roles they have, whether they may, and why',
      { 200: told('By the gateway\u2019s own code', ref('Explanation')), ...problems(404, 409) },
      { requestBody: body(EXPLAIN_BODY) },
    ),
  },
  '/api/v1/access': {
    get: operation(
      'gateway',
      'getAccess',
      'Who gets through which route',
      {
        200: told(
          'Registered certificates by name, then whom the mapping names and no certificate is registered of; and at most 100 routes in their order',
          ref('Access'),
        ),
        ...problems(429, 503),
      },
      {
        parameters: [
          query('text', text, 'As that of /api/v1/certificates; of the others in name and subject'),
          query('source', text, 'Some of registered and mapping, separated by commas; both unless given'),
          query('route', text, 'Only routes with this in their name or path'),
          query('offset', whole),
          query('limit', { ...whole, maximum: 100 }),
        ],
      },
    ),
  },
  '/api/v1/status': {
    get: operation('gateway', 'getStatus', 'How the gateway is', { 200: told('What `certgate status` shows', UNKNOWN), ...problems() }),
  },
  '/api/v1/reload': {
    post: operation(
      'gateway',
      'reload',
      'Have the configuration and all its files read again',
      { 200: told('Taken up, or nothing differs', ref('Reload')), ...problems(409) },
      { 'x-clearance': 'ClusterAdmin' },
    ),
  },
  '/api/v1/overview': {
    get: operation('gateway', 'getOverview', 'How the gateway is, and what went through it in the last ten minutes', {
      200: told('Events `metrics` bring the same every second, with the new sample alone', ref('Overview')),
      ...problems(409),
    }),
  },
  '/api/v1/events': {
    get: operation(
      'gateway',
      'events',
      'What happens, as it happens',
      {
        200: {
          description:
            'Server-sent events; a comment every 15 seconds. `page` in those of certificates and the mapping: the first 32 hex digits of the SHA-256 of the header Certgate-Page (16 to 64 letters, digits, _ or -) that came with the change; null: none did',
          content: { 'text/event-stream': { schema: text } },
        },
        ...problems(503),
      },
      { parameters: [{ name: 'Last-Event-ID', in: 'header', description: 'Go on after this one', schema: text }] },
    ),
  },
  '/api/v1/openapi.json': {
    get: operation('gateway', 'getOpenApi', 'This document', { 200: told('OpenAPI 3.1', UNKNOWN), ...problems() }, { 'x-clearance': null }),
  },
}

const AUDIT_PATHS: Paths = {
  '/api/v1/audit': {
    get: operation(
      'audit',
      'getAudit',
      'Who did what, the newest first',
      {
        200: told('A page', object({ entries: list(ref('AuditEntry')), head: object({ sequence: whole, hash: text }), next: NEXT })),
        ...problems(429, 503),
      },
      {
        parameters: [
          query('after', whole, 'What came after this entry, the oldest first'),
          query('before', whole),
          query('limit', { ...whole, maximum: 1_000 }),
          ...FILTER,
        ],
      },
    ),
  },
  '/api/v1/audit/export': {
    get: operation(
      'audit',
      'exportAudit',
      'The log as it is hashed',
      { 200: { description: 'JSON lines', content: { 'application/x-ndjson': { schema: text } } }, ...problems() },
      { parameters: [query('after', whole), ...FILTER] },
    ),
  },
  '/api/v1/audit/verify': {
    get: operation(
      'audit',
      'verifyAudit',
      'Whether the log is as it was written',
      { 200: told('The first entry that is not, if any', ref('Chain')), ...problems(429, 503) },
      { parameters: [query('head', text, 'A hash, noted earlier, that has to be in it')] },
    ),
  },
}

const OVERLAP = { type: 'number', minimum: 0, description: '0: no older authority is trusted any more, at once' } as const
const ROTATION = object({ overlap_days: OVERLAP, days: { type: 'number' }, key_type: text }, ['overlap_days', 'days', 'key_type'])

const AUTHORITY_PATHS: Paths = {
  '/api/v1/ca': {
    get: operation('authority', 'getAuthority', 'Who signs, and who is trusted', {
      200: told('As it is', ref('Authority')),
      ...problems(),
    }),
  },
  '/api/v1/ca/crl': {
    get: operation(
      'authority',
      'getRevocationList',
      'A revocation list of ours',
      { 200: { description: 'PEM', content: { 'application/x-pem-file': { schema: text } } }, ...problems(404, 409) },
      { parameters: [query('issuer', text, 'Key identifier; absent: of the issuer that signs')] },
    ),
  },
  '/api/v1/ca/rotate': {
    post: operation(
      'authority',
      'rotateAuthority',
      'A new authority, while the old one is trusted for some time',
      { 201: told('It signs from now on', ref('Rotation')), ...problems(409) },
      {
        requestBody: body(ROTATION, false),
        'x-clearance': 'ClusterAdmin',
      },
    ),
  },
  '/api/v1/backup': {
    post: operation(
      'authority',
      'backup',
      'Store, authority and configuration into a folder; on the local socket only',
      { 201: told('Its folder and what is in it', UNKNOWN), ...problems(409) },
      {
        requestBody: { required: true, content: jsonOf(object({ folder: text })) },
        'x-clearance': 'ClusterAdmin',
      },
    ),
  },
}

export const GATEWAY_PATHS: Paths = { ...MAPPING_PATHS, ...INSIGHT_PATHS, ...AUDIT_PATHS, ...AUTHORITY_PATHS }
