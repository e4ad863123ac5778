import type { Method, Operation, PathItem, Paths } from './types.ts'
import { inPath, told } from './words.ts'

type Clearance = Operation['x-clearance']

/** Paths of the two systems that are served as they are there, and described there. */
function item(
  tag: string,
  path: string,
  operations: Readonly<Partial<Record<Method, readonly [summary: string, clearance: Clearance]>>>,
): PathItem {
  const parameters = path.includes('{name}') ? { parameters: [inPath('name', 'A role')] } : {}
  const made = Object.entries(operations).map(([method, [summary, clearance]]) => {
    const operationId = `${method}${path.replace(/[^A-Za-z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`
    const operation: Operation = {
      operationId,
      summary,
      tags: [tag],
      ...parameters,
      responses: { default: told(`As in ${SYSTEMS.get(tag)}`) },
      'x-clearance': clearance,
    }
    return [method, operation] as const
  })
  return Object.fromEntries(made)
}

const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['ravendb', 'RavenDB'],
  ['opensearch', 'OpenSearch security'],
])

const NONE = null
const UNSUPPORTED = ['Not supported: 501', NONE] as const

const OPENSEARCH = {
  '/api/rolesmapping': { get: ['All roles', 'Operator'], patch: ['Change several roles at once', 'ClusterAdmin'], post: UNSUPPORTED },
  '/api/rolesmapping/{name}': {
    get: ['One role', 'Operator'],
    put: ['Make a role, or replace it', 'ClusterAdmin'],
    patch: ['Change a role', 'ClusterAdmin'],
    delete: ['Remove a role', 'ClusterAdmin'],
    post: UNSUPPORTED,
  },
  '/authinfo': { get: ['Who the asker is, and their roles', NONE], post: ['The same', NONE] },
  '/whoami': { get: ['Whether the asker is an administrator', NONE], post: ['The same', NONE] },
  '/api/whoami': { get: ['Whether the asker is an administrator', NONE], post: ['The same', NONE] },
  '/health': { get: ['Whether the gateway is well', NONE], post: ['The same', NONE] },
} as const

const RAVENDB = {
  '/admin/certificates': {
    get: ['Certificates', 'Operator'],
    post: ['Make a certificate', 'Operator'],
    put: ['Trust a certificate', 'Operator'],
    delete: ['Remove a certificate', 'Operator'],
  },
  '/admin/certificates/purge': { delete: ['Remove those that have expired', 'Operator'] },
  '/admin/certificates/edit': { post: ['Change a certificate', 'Operator'] },
  '/admin/certificates/export': { get: ['All certificates as PKCS#12', 'Operator'] },
  '/certificates/whoami': { get: ['The asker\u2019s own certificate', NONE] },
} as const

export const FAMILY_PATHS: Paths = Object.fromEntries([
  ...Object.entries(RAVENDB).map(([path, operations]) => [path, item('ravendb', path, operations)] as const),
  ...['/_plugins/_security', '/_opendistro/_security'].flatMap((prefix) =>
    Object.entries(OPENSEARCH).map(
      ([path, operations]) => [`${prefix}${path}`, item('opensearch', `${prefix}${path}`, operations)] as const,
    ),
  ),
])
