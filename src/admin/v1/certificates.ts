import type { SignedCertificate } from '../../certificates/issue.ts'
import { KEY_TYPES, type KeyType } from '../../certificates/key.ts'
import { REVOCATION_REASONS } from '../../certificates/revocation-reason.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { sanText } from '../../tls/name-digest.ts'
import { file, json, nothing, warningHeader } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import type { Changed } from '../certificates/changes.ts'
import { bundleOf, looseFiles } from '../certificates/files.ts'
import type { Generated, Signed } from '../certificates/issuing.ts'
import type { Withdrawn } from '../certificates/lineage-change.ts'
import { Fields } from '../fields.ts'
import { certificateBytes } from '../given-certificate.ts'
import { checkPreconditions } from '../mapping/entity-tag.ts'
import { malformed } from '../problem.ts'
import { changedRights, rightsOf } from '../rights-fields.ts'
import { type Parameters, type RoutedHandler, type RouteEntry, routeTable } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { accessRoutes } from './certificate-access.ts'
import { entryQuery } from './query.ts'
import { certificateShape, certificateTag, detailsShape, named } from './shapes.ts'

const ROOT = '/api/v1/certificates'
const RIGHTS = { clearance: 'clearance', permissions: 'permissions' }
const FILES = ['key_type', 'password', 'legacy', 'format']
const LIFETIME = ['days', 'not_after']

/** Certificates under /api/v1. */
export function certificatesV1(certificates: Certificates): RoutedHandler {
  const api = new CertificatesV1(certificates)
  const routes: readonly RouteEntry[] = [
    { method: 'GET', path: ROOT, answer: (request) => api.list(request) },
    { method: 'POST', path: ROOT, answer: (request) => api.generate(request) },
    { method: 'POST', path: `${ROOT}/sign`, answer: (request) => api.sign(request) },
    { method: 'POST', path: `${ROOT}/trust`, answer: (request) => api.trust(request) },
    { method: 'POST', path: `${ROOT}/purge`, answer: (request) => api.purge(request) },
    { method: 'GET', path: `${ROOT}/export`, answer: (request) => api.export(request) },
    { method: 'GET', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.details(request, parameters) },
    { method: 'PATCH', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.edit(request, parameters) },
    { method: 'DELETE', path: `${ROOT}/{ref}`, answer: (request, parameters) => api.remove(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/revoke`, answer: (request, parameters) => api.revoke(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/disable`, answer: (request, parameters) => api.disable(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/enable`, answer: (request, parameters) => api.enable(request, parameters) },
    { method: 'POST', path: `${ROOT}/{ref}/renew`, answer: (request, parameters) => api.renew(request, parameters) },
    ...accessRoutes(certificates),
  ]
  return routeTable(routes)
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
    const pfx = await this.#certificates.reading.export(caller, query.get('password') ?? '')
    return file(200, 'application/x-pkcs12', 'certificates.pfx', pfx)
  }

  async generate({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['name', 'clearance', 'permissions', 'names', ...LIFETIME, ...FILES])
    const order = { name: fields.text('name'), rights: rightsOf(fields, RIGHTS), names: fields.texts('names') }
    const chosen = keyOrder(fields)
    return this.#generated(await this.#certificates.issuing.generate(caller, { ...order, ...lifetimeIn(fields), ...chosen }), chosen)
  }

  async sign({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['csr', 'name', 'clearance', 'permissions', 'names', ...LIFETIME])
    const order = { request: fields.text('csr'), name: fields.optionalText('name'), names: fields.texts('names') }
    return this.#signed(
      await this.#certificates.issuing.sign(caller, { ...order, rights: rightsOf(fields, RIGHTS), ...lifetimeIn(fields) }),
    )
  }

  async trust({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['certificate', 'password', 'name', 'clearance', 'permissions'])
    const bytes = certificateBytes(fields.text('certificate'))
    const password = fields.optionalText('password') ?? null
    const order = { bytes, password, name: fields.text('name'), rights: rightsOf(fields, RIGHTS) }
    const entries = await this.#certificates.trust(caller, order)
    return json(201, { certificates: entries.map((entry) => this.#shape(entry)) })
  }

  async renew({ caller, body }: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    const fields = fieldsOrNone(body, ['csr', ...LIFETIME, ...FILES])
    const request = fields.optionalText('csr')
    const chosen = keyOrder(fields)
    const order = { request, ...lifetimeIn(fields), ...chosen }
    const made = await this.#certificates.issuing.renew(caller, referenceIn(parameters), order)
    return 'issued' in made ? this.#generated(made, chosen) : this.#signed(made)
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
    const reason = fieldsOrNone(body, ['reason']).word('reason', REVOCATION_REASONS) ?? 'unspecified'
    return this.#withdrawn(await this.#certificates.changes.revoke(caller, referenceIn(parameters), reason, seenIn(request)))
  }

  async disable(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    return this.#withdrawn(await this.#certificates.changes.disable(request.caller, referenceIn(parameters), seenIn(request)))
  }

  async enable(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    return this.#changed(await this.#certificates.changes.enable(request.caller, referenceIn(parameters), seenIn(request)))
  }

  async remove(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    await this.#certificates.changes.remove(request.caller, referenceIn(parameters), seenIn(request))
    return nothing()
  }

  async purge({ caller }: ApiRequest): Promise<ApiResponse> {
    return json(200, { removed: await this.#certificates.changes.purge(caller) })
  }

  async #generated(made: Generated, chosen: ReturnType<typeof keyOrder>): Promise<ApiResponse> {
    const warnings = warningsOf(made.issued)
    const headers = { 'Certgate-Fingerprint': made.entry.fingerprint, ...warningHeader(warnings) }
    if (chosen.format === 'json') {
      return json(201, { certificate: this.#shape(made.entry), ...(await looseFiles(made, chosen)), warnings }, headers)
    }
    const { fileName, zip } = await bundleOf(this.#certificates.desk.context, made, chosen)
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

  #signed({ entry, signed, dropped, sameKey }: Signed): ApiResponse {
    const warnings = [...warningsOf(signed), ...(sameKey.length === 0 ? [] : [sameKeyWarning(sameKey)])]
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

function sameKeyWarning(others: readonly RegistryEntry[]): string {
  const names = others.slice(0, 5).map(({ name }) => JSON.stringify(name))
  const more = others.length > names.length ? ` and ${others.length - names.length} more` : ''
  return `this key has a certificate already: ${names.join(', ')}${more}; whoever revokes or disables one of them refuses all`
}

function warningsOf({ isCut, notAfter }: SignedCertificate): readonly string[] {
  return isCut ? [`it ends with the authority, ${notAfter.toISOString().slice(0, 10)}: before the time that was asked for`] : []
}

/** What a sender of If-Match has seen of it. */
const seenIn =
  (request: ApiRequest) =>
  (entry: RegistryEntry): void =>
    checkPreconditions(request, certificateTag(entry))

const referenceIn = (parameters: Parameters): string => parameters.get('ref') ?? ''

/** Some actions need nothing said. */
function fieldsOrNone(body: Uint8Array, known: readonly string[]): Fields {
  return body.length === 0 ? new Fields({}, known) : Fields.of(body, known)
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
