import { ITEMS } from './inputs.ts'
import type { Answer, Operation, PathItem, Paths, Schema } from './types.ts'
import { body, byName, failures, flag, IF_MATCH, inPath, list, object, orNull, query, ref, TAG, text, told, words } from './words.ts'

/** OpenSearch security's paths, as far as they are served, under its prefix and the one that Open Distro had. */
const PREFIXES = ['/_plugins/_security', '/_opendistro/_security']

const ROLE = inPath('name', 'A role')
const LISTS = { users: ITEMS, backend_roles: ITEMS, and_backend_roles: ITEMS, hosts: ITEMS, issuers: ITEMS }
const ROLE_BODY: Schema = {
  ...object({ ...LISTS, reserved: flag, hidden: flag, description: orNull(text) }, [
    ...Object.keys(LISTS),
    ...['reserved', 'hidden', 'description'],
  ]),
  anyOf: ['users', 'backend_roles', 'and_backend_roles', 'hosts'].map((name) => ({ required: [name] })),
}

/** RFC 6902. */
const PATCH: Schema = {
  ...list({
    type: 'object',
    properties: { op: words('add', 'replace', 'remove'), path: { type: 'string', pattern: '^(/([^~]|~[01])*)?$' }, value: {} },
    required: ['op', 'path'],
    anyOf: [{ properties: { op: words('remove') } }, { required: ['value'] }],
  }),
  minItems: 1,
  maxItems: 1_000,
}

const DONE = told('In force from now on', ref('OpenSearchMessage'))
const CHANGED = told('In force from now on', ref('OpenSearchMessage'), TAG)
const READ = { 304: told('If-None-Match names it'), ...failures('OpenSearchProblem', [409]) }
const WRITTEN = failures('OpenSearchProblem', [409, 412, 413, 415, 507])
const MISSING = failures('OpenSearchProblem', [404])

type Made = (method: string) => Operation

function made(path: string, summary: string, responses: Operation['responses'], more: Partial<Operation> = {}): Made {
  return (method) => ({
    operationId: `${method}${path.replace(/[^A-Za-z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    summary,
    tags: ['opensearch'],
    'x-clearance': null,
    ...more,
    responses: {
      ...responses,
      ...failures('OpenSearchProblem', [400, 403, 500, ...(responses[503] === undefined ? [503] : [])]),
      401: UNKNOWN,
    },
  })
}

const UNKNOWN: Answer = { description: 'No certificate was shown', content: { 'text/plain': { schema: text } } }

function item(operations: Readonly<Record<string, Made>>): PathItem {
  return Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, operation(method)]))
}

const operator = { 'x-clearance': 'Operator' } as const
const admin = { 'x-clearance': 'ClusterAdmin' } as const

function pathsUnder(prefix: string): Paths {
  const all = `${prefix}/api/rolesmapping`
  const one = `${all}/{name}`
  const roles = byName(ref('OpenSearchRole'))
  const named = { parameters: [ROLE] }
  const changing = { ...admin, parameters: [ROLE, IF_MATCH] }
  const unsupported = { 501: told('Not supported', ref('OpenSearchMessage')) }
  const both = (path: string, summary: string, responses: Operation['responses'], more: Partial<Operation> = {}) => [
    `${prefix}${path}`,
    item({ get: made(`${prefix}${path}`, summary, responses, more), post: made(`${prefix}${path}`, 'The same', responses, more) }),
  ]
  const health = ref('OpenSearchHealth')
  return {
    [all]: item({
      get: made(all, 'All roles', { 200: told('By name', roles, TAG), ...READ }, operator),
      patch: made(
        all,
        'Change several roles at once',
        { 200: DONE, ...WRITTEN },
        { ...admin, parameters: [IF_MATCH], requestBody: body(PATCH) },
      ),
      post: made(all, 'Not supported', unsupported),
    }),
    [one]: item({
      get: made(one, 'One role', { 200: told('By its name', roles, TAG), ...READ, ...MISSING }, { ...operator, ...named }),
      put: made(
        one,
        'Make a role, or replace it',
        { 200: CHANGED, 201: CHANGED, ...WRITTEN },
        { ...changing, requestBody: body(ROLE_BODY) },
      ),
      patch: made(one, 'Change a role', { 200: CHANGED, ...MISSING, ...WRITTEN }, { ...changing, requestBody: body(PATCH) }),
      delete: made(one, 'Remove a role', { 200: DONE, ...MISSING, ...WRITTEN }, changing),
      post: made(one, 'Not supported', unsupported, named),
    }),
    ...Object.fromEntries([
      both('/authinfo', 'Who the asker is, and their roles', { 200: told('By certificate alone', ref('OpenSearchAuthinfo')) }),
      both('/whoami', 'Whether the asker is an administrator', { 200: told('By certificate alone', ref('OpenSearchWhoami')) }),
      both('/api/whoami', 'Whether the asker is an administrator', { 200: told('By certificate alone', ref('OpenSearchWhoami')) }),
      both(
        '/health',
        'Whether the gateway is well',
        { 200: told('It is, or `mode` is not strict', health), 503: told('It is not', { anyOf: [health, ref('OpenSearchProblem')] }) },
        { parameters: [query('mode', text, 'strict, which is the default, or lenient')] },
      ),
    ]),
  }
}

export const OPENSEARCH_PATHS: Paths = Object.assign({}, ...PREFIXES.map(pathsUnder))
