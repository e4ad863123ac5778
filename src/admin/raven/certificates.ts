import type { RegistryEntry } from '../../store/types.ts'
import { file, json, nothing } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import { bundleOf } from '../certificates/files.ts'
import { Fields } from '../fields.ts'
import { certificateBytes } from '../given-certificate.ts'
import { isRecord } from '../is-record.ts'
import { entryOf } from '../permission.ts'
import { malformed, notFound } from '../problem.ts'
import { changedRights, rightsOf } from '../rights-fields.ts'
import { type RoutedHandler, type RouteEntry, routeTable } from '../route-table.ts'
import { parseStrictJson } from '../strict-json.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { wholeNumber } from '../v1/parameters.ts'
import { definitionOf, TOLERATED, thumbprintOfPem, unregistered } from './definition.ts'

const RIGHTS = { clearance: 'SecurityClearance', permissions: 'Permissions' }
const MOST_LISTED = 10_000

/** RavenDB's family for certificates on the admin address, in its own shapes and statuses. */
export function ravenCertificates(certificates: Certificates): RoutedHandler {
  const api = new RavenCertificates(certificates)
  const routes: readonly RouteEntry[] = [
    { method: 'GET', path: '/admin/certificates', answer: (request) => api.list(request) },
    { method: 'POST', path: '/admin/certificates', answer: (request) => api.generate(request) },
    { method: 'PUT', path: '/admin/certificates', answer: (request) => api.trust(request) },
    { method: 'DELETE', path: '/admin/certificates', answer: (request) => api.remove(request) },
    { method: 'DELETE', path: '/admin/certificates/purge', answer: (request) => api.purge(request) },
    { method: 'POST', path: '/admin/certificates/edit', answer: (request) => api.edit(request) },
    { method: 'GET', path: '/admin/certificates/export', answer: (request) => api.export(request) },
    { method: 'GET', path: '/certificates/whoami', answer: (request) => api.whoami(request) },
  ]
  return routeTable(routes, { fold: true })
}

class RavenCertificates {
  readonly #certificates: Certificates

  constructor(certificates: Certificates) {
    this.#certificates = certificates
  }

  async generate(request: ApiRequest): Promise<ApiResponse> {
    const { caller, body } = request
    const fields = definitionIn(body, ['Name', 'SecurityClearance', 'Permissions', 'Password', 'NotAfter'])
    const password = fields.optionalText('Password') ?? null
    const order = { name: fields.text('Name'), rights: rightsOf(fields, RIGHTS), password, notAfter: fields.date('NotAfter') }
    const made = await this.#certificates.issuing.generate(caller, order)
    const { fileName, zip } = await bundleOf(this.#certificates.desk.context, request, made, { password, legacy: false })
    return file(200, 'application/octet-stream', fileName, zip, { 'Certgate-Fingerprint': made.entry.fingerprint })
  }

  async trust({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = definitionIn(body, ['Name', 'SecurityClearance', 'Permissions', 'Password', 'Certificate', 'NotAfter', 'Thumbprint'])
    const bytes = certificateBytes(fields.text('Certificate'))
    const password = fields.optionalText('Password') ?? null
    await this.#certificates.trust(caller, { bytes, password, name: fields.text('Name'), rights: rightsOf(fields, RIGHTS) })
    return nothing(201)
  }

  async edit({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = definitionIn(body, ['Name', 'SecurityClearance', 'Permissions', 'Thumbprint', 'NotAfter', 'Certificate', 'Password'])
    const name = fields.optionalText('Name')
    const edit = { ...(name === undefined ? {} : { name }), ...changedRights(fields, RIGHTS) }
    await this.#certificates.changes.edit(caller, thumbprint(fields.text('Thumbprint')), edit)
    return nothing(201)
  }

  async remove({ caller, query }: ApiRequest): Promise<ApiResponse> {
    await this.#certificates.changes.remove(caller, thumbprint(query.get('thumbprint') ?? ''))
    return nothing()
  }

  async purge({ caller }: ApiRequest): Promise<ApiResponse> {
    await this.#certificates.changes.purge(caller)
    return nothing()
  }

  async export({ caller, query }: ApiRequest): Promise<ApiResponse> {
    const pfx = await this.#certificates.reading.export(caller, query.get('password') ?? '')
    return file(200, 'application/octet-stream', 'certificates.pfx', pfx)
  }

  async list({ caller, query }: ApiRequest): Promise<ApiResponse> {
    const { reading, desk } = this.#certificates
    const wanted = query.get('thumbprint')
    const withCertificate = !isTrue('metadataOnly', query.get('metadataOnly') ?? 'false')
    const name = query.get('name')
    const start = wholeNumber('start', query.get('start') ?? '0')
    const most = Math.min(wholeNumber('pageSize', query.get('pageSize') ?? String(MOST_LISTED)), MOST_LISTED)
    // The leaves of one PFX are one certificate to RavenDB, also where pages are counted; each is found by its thumbprint.
    const filter = { ...(wanted === null ? { leaders: true } : { thumbprint: wanted }), ...(name === null ? {} : { name }) }
    const shown: object[] = []
    for await (const entry of reading.all(caller, { ...filter, offset: start }, most))
      shown.push(definitionOf(entry, this.#groupOf(entry), withCertificate))
    if (wanted !== null && shown.length === 0) throw notFound('no certificate with this thumbprint is registered')
    const [server] = [...desk.context.inForce().listeners.values()]
    return json(200, {
      Results: shown,
      LoadedServerCert: server === undefined ? null : thumbprintOfPem(server.keyPair.certificate),
      WellKnownAdminCerts: [],
      WellKnownIssuers: [],
    })
  }

  /** The asker's own definition; 204 where nobody showed a certificate, as on the local socket. */
  whoami({ caller: { peer, rights } }: ApiRequest): ApiResponse {
    if (peer === null || peer.certificate === null) return nothing()
    const entry = entryOf(this.#certificates.desk.context.store.registry, peer)
    return json(200, entry === null ? unregistered(peer.certificate, rights.clearance) : definitionOf(entry, this.#groupOf(entry), true))
  }

  #groupOf({ group }: RegistryEntry): readonly RegistryEntry[] {
    return this.#certificates.desk.context.store.registry.byGroup(group)
  }
}

/** As .NET prints and reads them. */
function isTrue(name: string, text: string): boolean {
  const word = text.toLowerCase()
  if (word !== 'true' && word !== 'false') throw malformed(`${name} is neither true nor false`)
  return word === 'true'
}

/** What counts, without what is tolerated beside it. */
function definitionIn(body: Uint8Array, known: readonly string[]): Fields {
  const value = parseStrictJson(body)
  if (!isRecord(value)) throw malformed('the body is not a JSON object')
  const counting = Object.entries(value).filter(([name]) => known.includes(name) || !TOLERATED.includes(name))
  return new Fields(Object.fromEntries(counting), known)
}

/** A name is not enough here, as in RavenDB. */
function thumbprint(text: string): string {
  const hex = text.replace(/[\s:]/g, '')
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(hex)) throw malformed('the thumbprint is missing, or no SHA-1 or SHA-256 in hex')
  return hex
}
