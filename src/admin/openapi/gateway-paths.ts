import { AUDIT_ACTIONS } from '../../store/audit-actions.ts'
import { ACCESS_SOURCES } from '../explain/access-matrix.ts'
import { ADDRESS, DAYS, DIGEST, KEY_TYPE, METHOD, MOMENT, TARGET } from './inputs.ts'
import { MAPPING_PATHS } from './mapping-paths.ts'
import { operation } from './operation.ts'
import type { Parameter, Paths, Schema } from './types.ts'
import {
  body,
  bodyProblems,
  changeProblems,
  given,
  list,
  object,
  orNull,
  problems,
  query,
  ref,
  several,
  text,
  told,
  whole,
  words,
} from './words.ts'

/** `mapping.*`, and every other first word. */
const ACTION_FAMILIES = [...new Set(AUDIT_ACTIONS.flatMap((action) => (action.includes('.') ? [action.replace(/\..*/, '.*')] : [])))]

const UNKNOWN: Schema = { type: 'object' }
const FILTER: readonly Parameter[] = [
  query('text', { ...text, maxLength: 200 }, 'Words that are all somewhere in the entry, in upper or lower case'),
  query('action', words(...AUDIT_ACTIONS, ...ACTION_FAMILIES), 'Exactly, or all that begin so'),
  query('actor', text),
  query('target', text),
  query('since', MOMENT),
  query('until', MOMENT),
]

const NEXT: Schema = {
  ...orNull(whole),
  description:
    'As `before` (with `after`: as `after`) it goes on from here; null: there is nothing before. With `text` also a short page may have one.',
}

const USER = { user: { ...text, description: 'As if this internal user had given the right password' } }
const QUESTION = { method: METHOD, url: TARGET, listener: text, host: text, address: ADDRESS }
const PLACE = ['listener', 'host', 'address']
/** Who asks: one certificate at most, a user, both, or nobody at all. */
const CERTIFICATES: readonly Readonly<Record<string, Schema>>[] = [
  { certificate: { ...text, description: 'PEM, with those behind it, or base64 of DER' } },
  { fingerprint: { ...text, description: 'Of a registered certificate' } },
  { cn: text },
  { dn: { ...text, description: 'A whole subject' } },
]

const EXPLAIN_BODY: Schema = {
  anyOf: [
    ...CERTIFICATES.map((one) => given({ ...one, ...USER, ...QUESTION }, ['user', ...PLACE])),
    given({ ...USER, ...QUESTION }, PLACE),
    given({ anonymous: { const: true }, ...QUESTION }, PLACE),
  ],
}

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
      { 200: told('By the gateway\u2019s own code', ref('Explanation')), ...bodyProblems(404, 409) },
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
        ...problems(429),
      },
      {
        parameters: [
          query('text', text, 'As that of /api/v1/certificates; of the others in name and subject'),
          several('source', ACCESS_SOURCES, 'Both unless given'),
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
      { 200: told('Taken up, or nothing differs', ref('Reload')), ...changeProblems(409) },
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
        ...problems(),
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
        ...problems(429),
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
      { 200: told('The first entry that is not, if any', ref('Chain')), ...problems(429) },
      { parameters: [query('head', DIGEST, 'A hash, noted earlier, that has to be in it')] },
    ),
  },
}

const OVERLAP = { type: 'number', minimum: 0, description: '0: no older authority is trusted any more, at once' } as const
const NEW_ROOT = { type: 'boolean', description: "Also where a CA of somebody's own stands above, in which trust then ends" } as const
const ROTATION = given({ overlap_days: OVERLAP, days: DAYS, key_type: KEY_TYPE, new_root: NEW_ROOT }, [
  'overlap_days',
  'days',
  'key_type',
  'new_root',
])

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
      { 201: told('It signs from now on', ref('Rotation')), ...changeProblems(409) },
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
      { 201: told('Its folder and what is in it', UNKNOWN), ...changeProblems(409) },
      {
        requestBody: body(object({ folder: { type: 'string', pattern: '^/' } })),
        'x-clearance': 'ClusterAdmin',
      },
    ),
  },
}

export const GATEWAY_PATHS: Paths = { ...MAPPING_PATHS, ...INSIGHT_PATHS, ...AUDIT_PATHS, ...AUTHORITY_PATHS }
