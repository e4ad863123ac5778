import { REVOCATION_REASONS } from '../../certificates/revocation-reason.ts'
import { CLEARANCES } from '../../policy/rights.ts'
import { DATE, DAYS, KEY_TYPE, NAME, PASSWORD, SANS } from './inputs.ts'
import { RIGHTS } from './schemas.ts'
import type { Answer, Operation, Parameter, Paths, Schema } from './types.ts'
import {
  body,
  bodyProblems,
  changeProblems,
  flag,
  given,
  IF_MATCH,
  inPath,
  list,
  object,
  orNull,
  problems,
  query,
  ref,
  several,
  TAG,
  text,
  told,
  whole,
  words,
} from './words.ts'

const REF = inPath(
  'ref',
  'SHA-256 or SHA-1 in hex, colons allowed: that certificate alone. Or a name: its newest certificate that is in force, and what changes ' +
    'it changes all that this one renews or that renew it. 409 where the name has several that are unrelated',
)
const FILES = {
  key_type: KEY_TYPE,
  password: { ...PASSWORD, description: `Of the PFX and the key. ${PASSWORD.description}` },
  legacy: { ...flag, description: 'A PFX that old programs read' },
  format: words('zip', 'json'),
}
const LIFETIME = { days: DAYS, not_after: DATE }
const NAMES = { names: SANS }
/** Both would be two ends. */
const ONE_END = { not: { required: Object.keys(LIFETIME) } }

const made: Schema = object({
  certificate: ref('Certificate'),
  pem: text,
  key: text,
  pfx: { ...text, contentEncoding: 'base64' },
  password: orNull(text),
  warnings: list(text),
})
const signed: Schema = object({
  certificate: ref('Certificate'),
  pem: text,
  dropped: list(text),
  same_key: { ...list(ref('NamedCertificate')), description: 'Others with this key: what revokes one refuses all' },
  warnings: list(text),
})
const trusted: Schema = object({
  certificates: list(ref('Certificate')),
  roles: { ...list(text), description: 'What the mapping in force gives the names in them' },
  same_name: { ...list(ref('NamedCertificate')), description: 'Others in force under one of these names: at most 100' },
  warnings: list(text),
})
const REQUEST: Schema = { ...text, description: 'PKCS#10 in PEM, or base64 of DER' }
const SECONDS: Schema = { type: 'number', minimum: 1, maximum: 2_592_000 }
const zip: Schema = { type: 'string', format: 'binary' }

const WARNING = {
  Warning: { description: 'Where it ends with the authority, before the time that was asked for, or its name is in use', schema: text },
}

function madeAnswer(schema: Schema): Answer {
  return {
    description: 'Recorded, and only here to be had: the key is not kept',
    headers: { 'Certgate-Fingerprint': { description: 'SHA-256 of the certificate', schema: text }, ...WARNING },
    content: { 'application/zip': { schema: zip }, 'application/json': { schema } },
  }
}

interface Given {
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Operation['requestBody']
}

function operation(operationId: string, summary: string, responses: Operation['responses'], given: Given = {}): Operation {
  return { operationId, summary, tags: ['certificates'], 'x-clearance': 'Operator', ...given, responses }
}

const ALL = query('all', words('true', 'false'), '`true`: `ref` is a name, and all that have it are meant, related or not')

/** One that changes a certificate and shows it. */
function change(
  operationId: string,
  summary: string,
  requestBody?: Operation['requestBody'],
  answer = 'ChangedCertificate',
  more: readonly Parameter[] = [],
) {
  const responses = { 200: told('As it is now', ref(answer), TAG), ...changeProblems(404, 409, 412) }
  const parameters = [REF, IF_MATCH, ...more]
  return operation(operationId, summary, responses, { parameters, ...(requestBody === undefined ? {} : { requestBody }) })
}

const LIST_PARAMETERS: readonly Parameter[] = [
  several('state', ['valid', 'expiring', 'expired', 'disabled', 'revoked']),
  several('clearance', CLEARANCES),
  query('text', text, 'Found in name, subject, SANs, serial or thumbprint'),
  query('name', text, 'Exactly this name'),
  query('thumbprint', text, 'SHA-1 or SHA-256'),
  query('sort', words('name', 'not_after', 'not_before', 'created_at', 'last_seen')),
  query('order', words('asc', 'desc')),
  query('offset', whole),
  query('limit', { ...whole, maximum: 1_000 }),
]

export const CERTIFICATE_PATHS: Paths = {
  '/api/v1/certificates': {
    get: operation(
      'listCertificates',
      'Certificates that were issued or trusted here',
      { 200: told('A page', object({ total: whole, certificates: list(ref('Certificate')) })), ...problems() },
      { parameters: LIST_PARAMETERS },
    ),
    post: operation(
      'issueCertificate',
      'Make a key and a certificate',
      { 201: madeAnswer(made), ...changeProblems(409, 429) },
      {
        requestBody: body({
          ...given({ name: NAME, ...RIGHTS, ...NAMES, ...LIFETIME, ...FILES }, [
            ...Object.keys(RIGHTS),
            'names',
            ...Object.keys({ ...LIFETIME, ...FILES }),
          ]),
          ...ONE_END,
        }),
      },
    ),
  },
  '/api/v1/certificates/sign': {
    post: operation(
      'signRequest',
      'Sign a certificate request: the key stays where it is',
      { 201: told('Recorded', signed), ...changeProblems(409) },
      {
        requestBody: body({
          ...given({ csr: REQUEST, name: NAME, ...RIGHTS, ...NAMES, ...LIFETIME }, [
            'name',
            ...Object.keys(RIGHTS),
            'names',
            ...Object.keys(LIFETIME),
          ]),
          ...ONE_END,
        }),
      },
    ),
  },
  '/api/v1/certificates/trust': {
    post: operation(
      'trustCertificate',
      'Trust a certificate that somebody else issued',
      { 201: told('Recorded', trusted), ...changeProblems(409, 429) },
      {
        requestBody: body(
          given({ certificate: { ...text, description: 'PEM, or base64 of DER or PFX' }, password: text, name: NAME, ...RIGHTS }, [
            'password',
            ...Object.keys(RIGHTS),
          ]),
        ),
      },
    ),
  },
  '/api/v1/certificates/purge': {
    post: operation('purgeCertificates', 'Remove those that have expired', {
      200: told('Done', object({ removed: whole })),
      ...changeProblems(),
    }),
  },
  '/api/v1/certificates/export': {
    get: operation(
      'exportCertificates',
      'All certificates, without keys, as PKCS#12',
      { 200: { description: 'A file', content: { 'application/x-pkcs12': { schema: zip } } }, ...problems(409) },
      { parameters: [query('password', PASSWORD)] },
    ),
    post: operation(
      'exportCertificatesLocked',
      'The same, with its password in the body',
      { 200: { description: 'A file', content: { 'application/x-pkcs12': { schema: zip } } }, ...bodyProblems(409) },
      { requestBody: body(given({ password: PASSWORD }, ['password']), false) },
    ),
  },
  '/api/v1/certificates/{ref}': {
    get: operation(
      'getCertificate',
      'One certificate',
      { 200: told('With what happened to it', ref('CertificateDetails'), TAG), ...problems(404, 409) },
      { parameters: [REF] },
    ),
    patch: change(
      'editCertificate',
      'Change its name or what it gives',
      body(given({ name: NAME, ...RIGHTS }, ['name', ...Object.keys(RIGHTS)])),
    ),
    delete: operation(
      'deleteCertificate',
      'Remove it from the registry',
      { 204: told('Done'), ...changeProblems(404, 409, 412) },
      { parameters: [REF, IF_MATCH] },
    ),
  },
  '/api/v1/certificates/{ref}/access': {
    get: operation(
      'getCertificateAccess',
      'What its holder may do on each route, from the address of the gateway itself',
      { 200: told('A page of routes, each on each of its listeners', ref('CertificateAccess')), ...problems(404, 409) },
      { parameters: [REF, query('offset', whole), query('limit', { ...whole, maximum: 1_000 })] },
    ),
  },
  '/api/v1/certificates/{ref}/revoke': {
    post: change(
      'revokeCertificate',
      'Refuse it for good',
      body(given({ reason: words(...REVOCATION_REASONS) }, ['reason']), false),
      'WithdrawnCertificate',
      [ALL],
    ),
  },
  '/api/v1/certificates/{ref}/disable': {
    post: change('disableCertificate', 'Refuse it until it is enabled', undefined, 'WithdrawnCertificate', [ALL]),
  },
  '/api/v1/certificates/{ref}/enable': {
    post: change('enableCertificate', 'Take a disabling back', undefined, 'ChangedCertificate', [ALL]),
  },
  '/api/v1/certificates/{ref}/renew': {
    post: operation(
      'renewCertificate',
      'The same names and rights for longer, with a new key or for a request',
      { 201: madeAnswer({ anyOf: [made, signed] }), ...changeProblems(404, 409, 429) },
      {
        parameters: [REF],
        requestBody: body(
          { ...given({ csr: REQUEST, ...LIFETIME, ...FILES }, ['csr', ...Object.keys({ ...LIFETIME, ...FILES })]), ...ONE_END },
          false,
        ),
      },
    ),
  },
  '/api/v1/tokens': {
    get: operation(
      'listTokens',
      'One-time tokens for enrolment',
      { 200: told('A page', object({ total: whole, tokens: list(ref('Token')) })), ...problems() },
      { parameters: [query('offset', whole), query('limit', { ...whole, maximum: 1_000 })] },
    ),
    post: operation(
      'createToken',
      'Let somebody enrol once',
      { 201: told('The secret is told only now', object({ secret: text, token: ref('Token') })), ...changeProblems(409) },
      {
        requestBody: body(
          given({ name: NAME, ...RIGHTS, days: { ...DAYS, maximum: 3_660 }, valid_for_seconds: SECONDS }, [
            ...Object.keys(RIGHTS),
            'days',
            'valid_for_seconds',
          ]),
        ),
      },
    ),
  },
  '/api/v1/tokens/{id}': {
    delete: operation(
      'deleteToken',
      'Take a token back',
      { 204: told('Done'), ...changeProblems(404, 409) },
      { parameters: [inPath('id', 'As listed')] },
    ),
  },
}
