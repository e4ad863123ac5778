import { profileOf } from '../../certificates/profile.ts'
import { checkName } from '../../certificates/subject-name.ts'
import { grantProblem, managementProblem } from '../../policy/granting.ts'
import { json, nothing } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import { type Attempt, throwRefusal } from '../certificates/desk.ts'
import { Fields } from '../fields.ts'
import { imaginedCertificate, imaginedSubject } from '../imagined-certificate.ts'
import { mayRead } from '../permission.ts'
import { malformed } from '../problem.ts'
import { rightsOf } from '../rights-fields.ts'
import { type Parameters, type RoutedHandler, type RouteEntry, routeTable } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { QueryParameters } from './parameters.ts'
import { pageOf } from './query.ts'
import { tokenShape } from './shapes.ts'

const ROOT = '/api/v1/tokens'
const DAY = 86_400
const DEFAULT_SECONDS = 3_600
const LONGEST_SECONDS = 30 * DAY

/** One-time tokens for enrolment: what the certificate will have is decided, and has to be the asker's to give, when the token is made. */
export function tokensV1(certificates: Certificates): RoutedHandler {
  const api = new TokensV1(certificates)
  const routes: readonly RouteEntry[] = [
    { method: 'GET', path: ROOT, readsQuery: true, answer: (request) => api.list(request) },
    { method: 'POST', path: ROOT, answer: (request) => api.create(request) },
    { method: 'DELETE', path: `${ROOT}/{id}`, answer: (request, parameters) => api.remove(request, parameters) },
  ]
  return routeTable(routes, { strict: true })
}

class TokensV1 {
  readonly #certificates: Certificates

  constructor(certificates: Certificates) {
    this.#certificates = certificates
  }

  list({ caller, query }: ApiRequest): ApiResponse {
    mayRead(caller)
    const { tokens, total } = this.#tokens.list(pageOf(new QueryParameters(query, ['offset', 'limit'])))
    return json(200, { total, tokens: tokens.map(tokenShape) })
  }

  async create({ caller, body }: ApiRequest): Promise<ApiResponse> {
    const fields = Fields.of(body, ['name', 'clearance', 'permissions', 'days', 'valid_for_seconds'])
    const name = fields.text('name')
    const rights = rightsOf(fields, { clearance: 'clearance', permissions: 'permissions' }, 'ValidUser')
    const lifetime = lifetimeIn(fields)
    const seconds = fields.number('valid_for_seconds') ?? DEFAULT_SECONDS
    if (!(seconds >= 1 && seconds <= LONGEST_SECONDS)) throw malformed(`valid_for_seconds is not from 1 to ${LONGEST_SECONDS}`)
    checkName(name)
    const attempt: Attempt = { caller, action: 'token.create', target: null, name }
    this.#desk.permit('certificates', attempt)
    await this.#desk.prepareNames(caller)
    const made = await this.#desk.change(attempt, (held) => {
      const certificate = imaginedCertificate(imaginedSubject({ cn: name }), null, this.#desk.context.now())
      throwRefusal(grantProblem(held, this.#desk.grants().grantOf({ name, certificate }, rights)))
      this.#desk.checkName(held, { name, certificate, pin: '' })
      return this.#tokens.create({ name, ...rights, lifetime }, Math.round(seconds * 1000), caller.actor)
    })
    return json(201, { secret: made.secret, token: tokenShape(made.token) })
  }

  async remove({ caller }: ApiRequest, parameters: Parameters): Promise<ApiResponse> {
    const id = parameters.get('id') ?? ''
    const attempt: Attempt = { caller, action: 'token.remove', target: id.toWellFormed().slice(0, 256) }
    this.#desk.permit('certificates', attempt)
    await this.#desk.change(attempt, (held) => {
      const token = this.#tokens.get(id)
      // As with the certificate that it would become.
      if (token !== null) throwRefusal(managementProblem(held, token))
      this.#tokens.remove(id, caller.actor)
    })
    return nothing()
  }

  get #desk() {
    return this.#certificates.desk
  }

  get #tokens() {
    return this.#certificates.desk.context.store.tokens
  }
}

/** Of the certificate, in milliseconds; null: the profile's. */
function lifetimeIn(fields: Fields): number | null {
  const days = fields.number('days')
  if (days === undefined) return null
  const { maxDays } = profileOf('client')
  const seconds = Math.round(days * DAY)
  if (!(seconds > 0 && days <= maxDays)) throw malformed(`days is not above 0 and at most ${maxDays}`)
  return seconds * 1000
}
