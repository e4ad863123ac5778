import { TOLERATED } from '../raven/definition.ts'
import { DATE, NAME, PASSWORD } from './inputs.ts'
import { RIGHTS } from './schemas.ts'
import type { Answer, Operation, Parameter, Paths, Schema } from './types.ts'
import { body, failures, given, list, object, orNull, query, ref, text, told, whole, words } from './words.ts'

/** RavenDB's paths, as far as they are served; its clients send more members than count here. */
const IGNORED: Readonly<Record<string, Schema>> = Object.fromEntries(TOLERATED.map((name) => [name, {}]))
const { clearance = {}, permissions = {} } = RIGHTS
const RIGHTS_THERE = { SecurityClearance: clearance, Permissions: permissions }
const THUMBPRINT: Schema = {
  type: 'string',
  pattern: '^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$',
  description: 'SHA-1 or SHA-256; colons and blanks are left out',
}
/** Members that some calls do not read: whatever they hold. */
const UNREAD: Schema = {}

function definition(members: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  const all = { ...members, ...IGNORED }
  return given(
    all,
    Object.keys(all).filter((name) => !required.includes(name)),
  )
}

function operation(operationId: string, summary: string, done: Operation['responses'], more: Partial<Operation> = {}): Operation {
  const statuses = operationId.startsWith('get') ? [] : [404, 409, 413, 415, 507]
  const wrong = failures('RavenProblem', [400, 401, 403, 500, 503, ...statuses])
  return { operationId, summary, tags: ['ravendb'], 'x-clearance': 'Operator', ...more, responses: { ...done, ...wrong } }
}

const FILE: Answer['content'] = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
const MADE = { 'Certgate-Fingerprint': { description: 'SHA-256 of the certificate', schema: text } }

const PAGE: readonly Parameter[] = [
  query('thumbprint', text, 'That one alone; 404 where there is none'),
  query('name', text, 'Exactly this name'),
  query('start', whole),
  query('pageSize', whole, 'At most 10,000'),
  query('metadataOnly', words('true', 'false'), 'true: without the certificates themselves'),
]

export const RAVEN_PATHS: Paths = {
  '/admin/certificates': {
    get: operation(
      'getAdminCertificates',
      'Certificates',
      {
        200: told(
          'A page',
          object({
            Results: list(ref('RavenCertificate')),
            LoadedServerCert: orNull(text),
            WellKnownAdminCerts: list(text),
            WellKnownIssuers: list(text),
          }),
        ),
        ...failures('RavenProblem', [404]),
      },
      { parameters: PAGE },
    ),
    post: operation(
      'postAdminCertificates',
      'Make a certificate',
      { 200: { description: 'A zip, and only here to be had: the key is not kept', headers: MADE, content: FILE } },
      { requestBody: body(definition({ Name: NAME, ...RIGHTS_THERE, Password: PASSWORD, NotAfter: DATE }, ['Name', 'SecurityClearance'])) },
    ),
    put: operation(
      'putAdminCertificates',
      'Trust a certificate',
      { 201: told('Recorded') },
      {
        requestBody: body(
          definition(
            {
              ...{ Name: NAME, ...RIGHTS_THERE, Password: text, Certificate: { ...text, description: 'PEM, or base64 of DER or PFX' } },
              ...{ NotAfter: UNREAD, Thumbprint: UNREAD },
            },
            ['Name', 'SecurityClearance', 'Certificate'],
          ),
        ),
      },
    ),
    delete: operation(
      'deleteAdminCertificates',
      'Remove a certificate',
      { 204: told('Done') },
      { parameters: [{ ...query('thumbprint', THUMBPRINT), required: true }] },
    ),
  },
  '/admin/certificates/purge': {
    delete: operation('deleteAdminCertificatesPurge', 'Remove those that have expired', { 204: told('Done') }),
  },
  '/admin/certificates/edit': {
    post: operation(
      'postAdminCertificatesEdit',
      'Change a certificate',
      { 201: told('Changed') },
      {
        requestBody: body(
          definition({ Thumbprint: THUMBPRINT, Name: NAME, ...RIGHTS_THERE, NotAfter: UNREAD, Certificate: UNREAD, Password: UNREAD }, [
            'Thumbprint',
          ]),
        ),
      },
    ),
  },
  '/admin/certificates/export': {
    get: operation(
      'getAdminCertificatesExport',
      'All certificates as PKCS#12',
      { 200: { description: 'Without keys', content: FILE }, ...failures('RavenProblem', [409]) },
      { parameters: [query('password', PASSWORD)] },
    ),
  },
  '/certificates/whoami': {
    get: operation(
      'getCertificatesWhoami',
      'The asker\u2019s own certificate',
      { 200: told('As it is registered, or as it is', ref('RavenCertificate')), 204: told('None was shown: on the local socket') },
      { 'x-clearance': null },
    ),
  },
}
