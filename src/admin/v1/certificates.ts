import { KEY_TYPES, type KeyType } from '../../certificates/key.ts'
import { REVOCATION_REASONS } from '../../certificates/revocation-reason.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { sanText } from '../../tls/name-digest.ts'
import { file, json, nothing, warningHeader } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import type { Changed, Meant } from '../certificates/changes.ts'
import { bundleOf, looseFiles } from '../certificates/files.ts'
import type { Generated, Signed } from '../certificates/issuing.ts'
import type { Withdrawn } from '../certificates/lineage-change.ts'
import type { Asked } from '../certificates/turns.ts'
import { Fields } from '../fields.ts'
import { certificateBytes } from '../given-certificate.ts'
import { checkPreconditions } from '../mapping/entity-tag.ts'
import { malformed } from '../problem.ts'
import { changedRights, rightsOf } from '../rights-fields.ts'
import { type Parameters, type RoutedHandler, type RouteEntry, routeTable } from '../route-table.ts'
import type { ApiRequest, ApiResponse, Caller } from '../types.ts'
import { accessRoutes } from './certificate-access.ts'
import { QueryParameters } from './parameters.ts'
import { entryQuery } from './query.ts'
import { certificateShape, certificateTag, detailsShape, named } from './shapes.ts'
import { sameKeyWarning, sameNameWarning, trustWarnings, warningsOf } from './warnings.ts'

const ROOT = '/api/v1/certificates'
const RIGHTS = { clearance: 'clearance', permissions: 'permissions' }
const FILES = ['key_type', 'password', 'legacy', 'format']
const LIFETIME = ['days', 'not_after']

/** Certificates under /api/v1. */
export function certificatesV1(certificates: Certificates): RoutedHandler {
  const api = new CertificatesV1(certificates)
  const routes: readonly RouteEntry[] = [
    { method: 'GET', path: ROOT, readsQuery: true, answer: (request) => api.list(request) },
    { method: 'POST', path: ROOT, answer: (request) => api.generate(request) },
    { method: 'POST', path: `${ROOT}/sign`, answer: (request) => api.sign(request) },
    { method: 'POST', path: `${ROOT}/trust`, answer: (request) => api.trust(request) },
    { method: 'POST', path: `${ROOT}/purge`, answer: (request) => api.purge(request) },
    { method: 'GET', path: `${ROOT}/export`, readsQuery: true, answer: (request) => api.export(request) },
    { method: 'POST', path: `${ROOT}/export`, answer: (request) => api.exportLocked(request) },
    { method: 'GET', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.details(request, parameters) },
    { method: 'PATCH', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.edit(request, parameters) },
    { method: 'DELETE', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.remove(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/revoke`, readsQuery: true, answer: (request, parameters) => api.revoke(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/disable`, readsQuery: true, answer: (request, parameters) => api.disable(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/enable`, readsQuery: true, answer: (request, parameters) => api.enable(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/renew`, answer: (request, parameters) => api.renew(request, parameters) },
    ...accessRoutes(certificates),
  ]
  return routeTable(routes, { strict: true })
}

class CertificatesV1 {
  readonly #certificates: Certificates

  constructor(certificates: Certificates) {
    this.#certificates = certificates
  }

  list({ caller, query }: ApiRequest): ApiResponse {
    const { entries, total } = this.#certificates.reading.list(caller, entryQuery(query))
    return json(200, { total, certificates: entries.map((entry) => this.#shape(entry)) })
  }

  details({ caller }: ApiRequest, parameters: Parameters): ApiResponse {
    const details = this.#certificates.reading.details(caller, referenceIn(parameters))
    return json(200, detailsShape(details, this.#now), { ETag: certificateTag(details.entry) })
  }

  async export({ caller, query }: ApiRequest): Promise<ApiResponse> {
    return this.#exported(caller, new QueryParameters(query, ['password']).text('password') ?? '')
  }

  /** The same with its password where no log and no history has it. */
  async exportLocked({ caller, body }: ApiRequest): Promise<ApiResponse> {
    return this.#exported(caller, Fields.ofAny(body, ['password']).optionalText('password') ?? '')
  }

  async #exported(caller: Caller, password: string): Promise<ApiResponse> {
    return file(200, 'application/x-pkcs12', 'certificates.pfx', await this.#certificates.reading.export(caller, password))
  }

  async generate(request: ApiRequest): Promise<ApiResponse> {
    const { caller, body } = request
    const fields = Fields.of(body, ['name', 'clearance', 'permissions', 'names', ...LIFETIME, ...FILES])
    const order = { name: fields.text('name'), rights: rightsOf(fields, RIGHTS, 'ValidUser'), names: fields.texts('names') }
    const chosen = keyOrder(fields)
    const made = await this.#certificates.issuing.generate(caller, { ...order, ...lifetimeIn(fields), ...chosen })
    return this.#generated(request, made, chosen)
  }

  async sign({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['csr', 'name', 'clearance', 'permissions', 'names', ...LIFETIME])
    const order = { request: fields.text('csr'), name: fields.optionalText('name'), names: fields.texts('names') }
    return this.#signed(
      await this.#certificates.issuing.sign(caller, { ...order, rights: rightsOf(fields, RIGHTS, 'ValidUser'), ...lifetimeIn(fields) }),
    )
  }

  async trust({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['certificate', 'password', 'name', 'clearance', 'permissions'])
    const bytes = certificateBytes(fields.text('certificate'))
    const password = fields.optionalText('password') ?? null
    const order = { bytes, password, name: fields.text('name'), rights: rightsOf(fields, RIGHTS, 'ValidUser') }
    const { entries, roles, sameName } = await this.#certificates.trust(caller, order)
    const told = { roles, same_name: sameName.map(named), warnings: trustWarnings(roles, sameName) }
    return json(201, { certificates: entries.map((entry) => this.#shape(entry)), ...told })
  }

  async renew(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    const { caller, body } = request
    const fields = Fields.ofAny(body, ['csr', ...LIFETIME, ...FILES])
    const chosen = keyOrder(fields)
    const order = { request: fields.optionalText('csr'), ...lifetimeIn(fields), ...chosen }
    const made = await this.#certificates.issuing.renew(caller, referenceIn(parameters), order)
    return 'issued' in made ? this.#generated(request, made, chosen) : this.#signed(made)
  }

  async edit(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    const { caller, body } = request
    const fields = Fields.of(body, ['name', 'clearance', 'permissions'])
    const name = fields.optionalText('name')
    const edit = { ...(name === undefined ? {} : { name }), ...changedRights(fields, RIGHTS) }
    return this.#changed(await this.#certificates.changes.edit(caller, referenceIn(parameters), edit, seenIn(request)))
  }

  async revoke(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    const { caller, body } = request
    const reason = Fields.ofAny(body, ['reason']).word('reason', REVOCATION_REASONS) ?? 'unspecified'
    return this.#withdrawn(await this.#certificates.changes.revoke(caller, meantBy(request, parameters), reason, seenIn(request)))
  }

  async disable(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    Fields.ofAny(request.body, [])
    return this.#withdrawn(await this.#certificates.changes.disable(request.caller, meantBy(request, parameters), seenIn(request)))
  }

  async enable(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    Fields.ofAny(request.body, [])
    return this.#changed(await this.#certificates.changes.enable(request.caller, meantBy(request, parameters), seenIn(request)))
  }

  async remove(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    await this.#certificates.changes.remove(request.caller, referenceIn(parameters), seenIn(request))
    return nothing()
  }

  async purge({ caller, body }: ApiRequest): Promise<ApiResponse> {
    Fields.ofAny(body, [])
    return json(200, { removed: await this.#certificates.changes.purge(caller) })
  }

  async #generated(asked: Asked, made: Generated, chosen: ReturnType<typeof keyOrder>): Promise<ApiResponse> {
    const warnings = [...warningsOf(made.issued), ...sameNameWarning(made.sameName)]
    const headers = { 'Certgate-Fingerprint': made.entry.fingerprint, ...warningHeader(warnings) }
    if (chosen.format === 'json') {
      return json(201, { certificate: this.#shape(made.entry), ...(await looseFiles(asked, made, chosen)), warnings }, headers)
    }
    const { fileName, zip } = await bundleOf(this.#certificates.desk.context, asked, made, chosen)
    return file(201, 'application/zip', fileName, zip, headers)
  }

  /** One certificate, and the others of its name that it was done to as well. */
  #changed({ entry, others }: Changed): ApiResponse {
    return json(200, this.#changedShape({ entry, others }), { ETag: certificateTag(entry) })
  }

  #withdrawn({ alsoRefused, ...changed }: Withdrawn): ApiResponse {
    const told = { ...this.#changedShape(changed), also_refused: alsoRefused.map(named) }
    return json(200, told, { ETag: certificateTag(changed.entry) })
  }

  #changedShape({ entry, others }: Changed) {
    return { ...this.#shape(entry), others: others.map((other) => this.#shape(other)) }
  }

  #signed({ entry, signed, dropped, sameKey, sameName }: Signed): ApiResponse {
    const { commonName, droppedSubject } = signed
    const subject = `the subject ${droppedSubject} of the request is not taken over: the certificate is for the common name '${commonName}' alone`
    const warnings = [
      ...warningsOf(signed),
      ...(droppedSubject === null ? [] : [subject]),
      ...sameKeyWarning(sameKey),
      ...sameNameWarning(sameName),
    ]
    const told = { dropped: dropped.map(sanText), same_key: sameKey.map(named), warnings }
    return json(201, { certificate: this.#shape(entry), pem: signed.certificate, ...told }, warningHeader(warningsOf(signed)))
  }

  #shape(entry: RegistryEntry): ReturnType<typeof certificateShape> {
    return certificateShape(entry, this.#certificates.desk.context.store.registry.refusedBy(entry), this.#now)
  }

  get #now(): number {
    return this.#certificates.desk.context.now()
  }
}

/** What a sender of If-Match has seen of it. */
const seenIn =
  (request: ApiRequest) =>
  (entry: RegistryEntry): void =>
    checkPreconditions(request, certificateTag(entry))

const referenceIn = (parameters: Parameters): string => parameters.get('ref') ?? ''

/** With `all=true` the reference is a name, and means all that have it. */
function meantBy({ query }: ApiRequest, parameters: Parameters): Meant {
  const [all = 'false'] = new QueryParameters(query, ['all']).words('all', ['true', 'false']) ?? []
  const reference = referenceIn(parameters)
  return all === 'true' ? { allNamed: reference } : reference
}

function lifetimeIn(fields: Fields) {
  if (fields.has('days') && fields.has('not_after')) throw malformed('days and not_after are two ends', 'give one of them')
  return { days: fields.number('days'), notAfter: fields.date('not_after') }
}

function keyOrder(fields: Fields) {
  return {
    keyType: fields.word('key_type', KEY_TYPES as ReadonlySet<KeyType>),
    password: fields.optionalText('password') ?? null,
    legacy: fields.flag('legacy'),
    format: fields.word('format', ['zip', 'json']) ?? 'zip',
  }
}
