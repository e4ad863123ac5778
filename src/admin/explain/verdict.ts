import { rememberByObject } from '../../config/remember.ts'
import { compileAdminDns } from '../../gateway/authentication/admin-dns.ts'
import { createAuthenticator } from '../../gateway/authentication/authenticator.ts'
import type { Authentication } from '../../gateway/authentication/types.ts'
import { hostName } from '../../gateway/client-head.ts'
import { compileIdentityHeaders } from '../../gateway/headers/identity-headers.ts'
import type { HeaderBlock, HeaderUnusable } from '../../gateway/headers/types.ts'
import type { Identity } from '../../identity/types.ts'
import { decide, judgeDatabases } from '../../policy/decide.ts'
import { type CanonicalPath, canonicalise, DEFAULT_PATH_POLICY } from '../../policy/path.ts'
import type { DatabaseVerdict, Policy, Reason, RoleSet, Route, RouteMiss } from '../../policy/types.ts'
import type { Peer } from '../../tls/types.ts'
import type { InForce } from '../context.ts'
import type { Question } from './question.ts'

/** What is, or would be, in force. */
export type Snapshot = Pick<InForce, 'settings' | 'mapping' | 'users' | 'listeners'>

/** Why a request is refused; the first that applies, in the gateway's own order. */
export interface Refused {
  readonly reason: Reason
  readonly detail: string
}

/** All that the gateway would find out about one request, also beyond the point where it refuses. */
export interface Verdict {
  /** null: the request is forwarded. */
  readonly refused: Refused | null
  /** null: the target could not be understood. */
  readonly path: CanonicalPath | null
  readonly route: Route | RouteMiss | null
  readonly identity: Identity | null
  readonly roles: RoleSet
  /** What each rule of the route about databases says of this request; empty where it has none, or nobody is identified. */
  readonly databases: readonly DatabaseVerdict[]
  /** The path as it is sent upstream; null unless forwarded. */
  readonly forwardedPath: string | null
  /** The gateway's own header lines as name and value; empty unless forwarded. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Items that a header dialect cannot express. */
  readonly dropped: readonly string[]
}

const NO_ROLES: RoleSet = { names: new Set(), grants: [] }

/**
 * Judges a request by the gateway's own parts, in the order of its session: Host, path, route, certificate, credentials, roles.
 * `user` stands for a right password of that internal user. `unreached`: the handshake itself would fail.
 */
export async function judge(
  snapshot: Snapshot,
  policy: Policy,
  question: Question,
  claim: { readonly peer: Peer | null; readonly user: string | null; readonly unreached: string | null },
): Promise<Verdict> {
  const { peer } = claim
  const name = hostName(question.host)
  const target = canonicalise(question.target, question.method)
  const path = target.problem === null ? target : null
  const route = path === null || name === null ? null : policy.findRoute(question.listener.name, name, path.path, question.method)
  const forwardedPath =
    path?.forwardPath(route === null || typeof route === 'string' ? DEFAULT_PATH_POLICY : route.settings.pathPolicy) ?? null
  const standing = await standingOf(snapshot, policy, question, { peer, user: claim.user })
  const { identity, roles } = standing
  const asked = { method: question.method, path: path?.path ?? '', forwarded: typeof forwardedPath === 'string' ? forwardedPath : '' }
  const databases = identity === null || route === null || typeof route === 'string' ? [] : judgeDatabases(route, identity, asked)
  const found = { path, route, identity, roles, databases }
  const refusedEarly =
    (claim.unreached === null ? null : refuse('misdirected_request', claim.unreached)) ??
    (name === null ? refuse('malformed_request', 'Host is not a name or an address') : null) ??
    (target.problem === null ? null : refuse('malformed_path', target.problem)) ??
    (forwardedPath === null || typeof forwardedPath === 'string' ? null : refuse('malformed_path', forwardedPath.problem)) ??
    standing.refused
  if (refusedEarly !== null) return { ...found, refused: refusedEarly, ...NOT_FORWARDED }
  const outcome = forwardOrRefuse(question, standing, { path, route, forwardedPath: String(forwardedPath) })
  return 'reason' in outcome ? { ...found, refused: outcome, ...NOT_FORWARDED } : { ...found, refused: null, ...outcome }
}

const NOT_FORWARDED = { forwardedPath: null, headers: [], dropped: [] }

function refuse(reason: Reason, detail: string): Refused {
  return { reason, detail }
}

/** A password that is right whatever it is: explain asks what would be allowed, not whether somebody knows the password. */
async function authenticate(snapshot: Snapshot, question: Question, peer: Peer | null, user: string | null): Promise<Authentication> {
  const authenticator = createAuthenticator(snapshot.settings.auth, snapshot.users, { verify: async () => true })
  const authorization = user === null ? null : `Basic ${Buffer.from(`${user}:explained`).toString('base64')}`
  const { listener, remoteAddress, serverName } = question
  const adminDns = compileAdminDns(snapshot.settings.admin, listener, snapshot.listeners.get(listener.name))(serverName)
  return authenticator.authenticate(peer, authorization, remoteAddress, adminDns)
}

function refusedCertificate({ listener }: Question, peer: Peer | null): Refused | null {
  if (peer === null) return null
  if (peer.refusal !== null) return refuse(peer.refusal, peer.detail)
  if (peer.certificate === null && listener.tls?.clientauthMode === 'REQUIRE') {
    return refuse('certificate_required', 'no client certificate was presented')
  }
  return null
}

/** What somebody is to the gateway at one place, whatever they ask for. */
export interface Standing {
  /** Their certificate is. */
  readonly refused: Refused | null
  readonly authentication: Authentication
  readonly identity: Identity | null
  readonly roles: RoleSet
  readonly headers: HeaderBlock | HeaderUnusable
  /** The lines that depend on the Host. */
  hostLines(host: string): string
}

/** Who somebody is by the listener and the address of a question, and what the upstream would be told of them. */
export async function standingOf(
  snapshot: Snapshot,
  policy: Policy,
  question: Question,
  { peer, user }: { readonly peer: Peer | null; readonly user: string | null },
): Promise<Standing> {
  const authentication = await authenticate(snapshot, question, peer, user)
  const { identity } = authentication
  const roles = identity === null ? NO_ROLES : policy.rolesOf(identity, question.remoteAddress)
  const headers = identityHeaders(snapshot.settings.identityHeaders)
  const subject = {
    identity,
    roles: [...roles.names].sort(),
    certificate: peer?.certificate ?? null,
    remoteAddress: question.remoteAddress,
    scheme: question.listener.tls === null ? ('http' as const) : ('https' as const),
  }
  const hostLines = (host: string): string => headers.hostLines(subject, host)
  const refused = refusedCertificate(question, peer)
  return { refused, authentication, identity, roles, headers: headers.block(subject), hostLines }
}

const identityHeaders = rememberByObject(compileIdentityHeaders)

/** What refuses before the roles are asked; null: nothing. */
export function refusedBeforeRoles({ refused, authentication, headers }: Standing, route: Route | null): Refused | null {
  if (refused !== null) return refused
  if (authentication.identity === null && !(authentication.absent && route?.allowsAnonymous === true))
    return refuse(authentication.reason, authentication.detail)
  return 'unusable' in headers ? refuse('identity_unusable', headers.unusable) : null
}

interface Target {
  readonly path: CanonicalPath | null
  readonly route: Route | RouteMiss | null
  readonly forwardedPath: string
}

function forwardOrRefuse(
  question: Question,
  standing: Standing,
  { path, route, forwardedPath }: Target,
): Refused | Pick<Verdict, 'forwardedPath' | 'headers' | 'dropped'> {
  const { identity, roles, headers } = standing
  const found = route === null || typeof route === 'string' ? null : route
  const refused = refusedBeforeRoles(standing, found)
  if (refused !== null) return refused
  if (path === null || found === null) {
    const reason = route === 'method_not_allowed' ? route : 'route_missing'
    return refuse(reason, `${question.method} ${path?.path ?? question.target} matches no route`)
  }
  const request = { method: question.method, path: path.path, forwarded: forwardedPath }
  const decision = decide({ route: found, identity, roles, request })
  if (!decision.allowed) return refuse(decision.reason, decision.detail)
  const { lines, dropped } = headers as HeaderBlock
  return { forwardedPath, headers: headerPairs(lines + standing.hostLines(question.host)), dropped }
}

function headerPairs(lines: string): (readonly [string, string])[] {
  return lines
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
    })
}
