import { hash, X509Certificate } from 'node:crypto'
import type { PublishedCrl } from '../../certificates/crl-publisher.ts'
import { crlPem } from '../../certificates/crl-write.ts'
import { endingRoots, isMadeByCertgate } from '../../certificates/ending-roots.ts'
import { type Issuer, issuerKeyId } from '../../certificates/issuer.ts'
import { KEY_TYPES, type KeyType } from '../../certificates/key.ts'
import { readCertificate } from '../../identity/certificate.ts'
import { unboundByRotation } from '../../policy/mapping-issuer.ts'
import type { AuthorityNode } from '../../tls/authority-node.ts'
import { json } from '../answers.ts'
import { type AuthorityService, keyTypeOf, type RotateRequest } from '../authority-service.ts'
import { Fields } from '../fields.ts'
import { ownAuthorityOf } from '../mapping/own-authority.ts'
import { type Judging, mayDo, mayRead } from '../permission.ts'
import { AdminProblem, malformed, notFound } from '../problem.ts'
import { type RoutedHandler, routeTable } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { QueryParameters } from './parameters.ts'

/** `/api/v1/ca`: what signs, what is trusted, revocation lists, and the rotation. */
export function authorityHandler(service: AuthorityService, context: Judging): RoutedHandler {
  return routeTable(
    [
      {
        method: 'GET',
        path: '/api/v1/ca',
        answer({ caller }) {
          mayRead(caller)
          return json(200, authorityView(service))
        },
      },
      {
        method: 'GET',
        path: '/api/v1/ca/crl',
        readsQuery: true,
        answer({ caller, query }) {
          mayRead(caller)
          return crlAnswer(service, new QueryParameters(query, ['issuer']).text('issuer') ?? null)
        },
      },
      { method: 'POST', path: '/api/v1/ca/rotate', answer: (request) => rotateAnswer(service, context, request) },
    ],
    { strict: true },
  )
}

/** What `GET /api/v1/ca` answers. */
export function authorityView(service: AuthorityService) {
  const { authority, overlapUntil } = service.loaded
  const { issuing } = authority
  const ending = new Map(endingRoots(authority).map((node) => [node.fingerprint, node]))
  return {
    issuing: issuing === null ? null : { subject: issuing.facts.dn, not_after: iso(issuing.facts.notAfter), key_type: keyTypeOf(issuing) },
    problem: authority.problem,
    issuers: authority.issuers.map((issuer) => issuerView(service, issuer)),
    roots: authority.roots.map((pem) => rootView(pem, ending)),
    root_lists: service.rootLists.map((crl) => ({ subject: crl.issuer, key_id: crl.keyId, crl: crlView(crl) })),
    rotation: overlapUntil === null ? null : { overlap_until: iso(overlapUntil) },
  }
}

function issuerView(service: AuthorityService, issuer: Issuer) {
  const keyId = issuerKeyId(issuer)
  const crl = service.crlOf(keyId)
  return {
    subject: issuer.facts.dn,
    key_id: keyId,
    not_after: iso(issuer.facts.notAfter),
    crl: crl === null ? null : crlView(crl),
    signs: issuer === service.authority().issuing,
  }
}

const crlView = ({ number, thisUpdate, nextUpdate, revoked }: PublishedCrl) => ({
  number,
  this_update: iso(thisUpdate),
  next_update: iso(nextUpdate),
  revoked,
})

function rootView(pem: string, ending: ReadonlyMap<string, AuthorityNode>) {
  const { raw } = new X509Certificate(pem)
  const { dn, notAfter } = readCertificate(raw)
  const fingerprint = hash('sha256', raw, 'hex')
  const node = ending.get(fingerprint)
  return {
    subject: dn,
    not_after: iso(notAfter),
    fingerprint,
    ends_by_rotation: node !== undefined,
    own: node !== undefined && !isMadeByCertgate(node),
  }
}

/** The list of the issuer that signs, where none is named. Signed first where that is due: it may be asked of a stopped gateway. */
function crlAnswer(service: AuthorityService, keyId: string | null): ApiResponse {
  const { issuing, problem } = service.authority()
  if (keyId === null && issuing === null) throw new AdminProblem(409, 'no_authority', problem)
  service.publishCrls()
  const crl = service.crlOf(keyId?.toLowerCase() ?? (issuing === null ? '' : issuerKeyId(issuing)))
  if (crl === null) throw notFound('there is no issuer with this key id')
  return { status: 200, headers: { 'Content-Type': 'application/x-pem-file' }, body: crlPem(crl.der) }
}

async function rotateAnswer(service: AuthorityService, context: Judging, { caller, body }: ApiRequest): Promise<ApiResponse> {
  const permit = () => mayDo(context, caller, 'policy', { action: 'authority.rotate', target: null })
  permit()
  const { overlapUntil, crossCertificate } = await service.rotate(readRotation(body), caller.actor, permit)
  service.publishCrls()
  const made = { overlap_until: iso(overlapUntil), cross_certificate: crossCertificate !== null }
  return json(201, { ...authorityView(service), ...made, ...leftBehind(service, context) })
}

/** Roles that are bound to what was replaced alone: nobody gets them with a new certificate until somebody says so. */
function leftBehind(service: AuthorityService, context: Judging) {
  const own = ownAuthorityOf(service.authority())
  const { mapping } = context.inForce()
  const roles = own === null ? [] : unboundByRotation(mapping, own)
  return {
    issuer: own?.root ? { subject: own.root.dn, key: own.root.key } : null,
    unbound_roles: roles.map(({ role, issuers, line }) => ({ role, file: mapping.file, line: issuers[0]?.line ?? line })),
  }
}

function readRotation(body: Buffer): RotateRequest {
  const fields = Fields.ofAny(body, ['days', 'overlap_days', 'key_type', 'new_root'])
  const [days, overlapDays] = [fields.number('days'), fields.number('overlap_days')]
  if (days !== undefined && days <= 0) throw malformed('days is not above zero')
  if (overlapDays !== undefined && overlapDays < 0) throw malformed('overlap_days is below zero')
  const keyType = fields.word('key_type', KEY_TYPES) as KeyType | undefined
  return {
    ...(days === undefined ? {} : { days }),
    ...(overlapDays === undefined ? {} : { overlapDays }),
    ...(keyType === undefined ? {} : { keyType }),
    newRoot: fields.flag('new_root'),
  }
}

const iso = (moment: number): string => new Date(moment).toISOString()
