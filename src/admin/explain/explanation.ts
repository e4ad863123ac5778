import { secretNames } from '../../gateway/headers/conflicts.ts'
import { fold } from '../../gateway/headers/fold.ts'
import { refusalRow, toldReason } from '../../gateway/refusal/table.ts'
import type { Identity } from '../../identity/types.ts'
import { allowText } from '../../policy/decide.ts'
import { reorderedEntries } from '../../policy/mapping-checks.ts'
import { ORDINARY_METHODS } from '../../policy/methods.ts'
import type { Policy, RoleSet, Route } from '../../policy/types.ts'
import type { Peer } from '../../tls/types.ts'
import { NOT_CHECKED } from './claimant.ts'
import { ConfigLines } from './config-lines.ts'
import { place } from './place.ts'
import type { Question } from './question.ts'
import type { RevocationLines } from './revocation.ts'
import { type Step, stepsOf } from './steps.ts'
import type { Snapshot, Verdict } from './verdict.ts'

/** One way in which the mapping gives a role. */
export interface RoleLine {
  readonly role: string
  readonly by: string
  readonly pattern: string
  readonly file: string
  readonly line: number
}

/** The whole answer of explain, as printed with --json. Queries and secrets are never in it: it is made to be pasted. */
export interface Explanation {
  readonly allowed: boolean
  readonly status: number | null
  readonly reason: string | null
  /** What the client is told, which is not the reason where routes are hidden. */
  readonly told: string | null
  readonly detail: string | null
  /** The way of the decision, always all of it: what it came past, where it ended, what was not asked any more. */
  readonly steps: readonly Step[]
  readonly request: {
    readonly method: string
    readonly path: string | null
    readonly host: string
    readonly listener: string
    readonly address: string
  }
  readonly certificate: CertificateLines | null
  /** What says whether it was revoked, and those above it; null: no real certificate was looked at. */
  readonly revocation: RevocationLines | null
  readonly identity: {
    readonly name: string
    readonly dn: string | null
    readonly domain: string
    readonly backend_roles: readonly string[]
    /** From the registry, or admin_dn; null: none. */
    readonly clearance: string | null
    readonly permissions: Readonly<Record<string, string>>
  } | null
  readonly roles: readonly RoleLine[]
  readonly route: RouteLines | null
  /** What each of the route's rules about databases says. */
  readonly databases: readonly DatabaseLine[]
  readonly forwarded: ForwardedLines | null
  readonly notes: readonly string[]
}

export interface CertificateLines {
  readonly subject: string
  readonly issuer: string
  /** null: made up from a name. */
  readonly sha256: string | null
  readonly not_after: string | null
  readonly trusted: boolean
  readonly detail: string | null
  readonly not_checked: string
}

export interface DatabaseLine {
  readonly rule: string
  readonly granted: boolean
  readonly detail: string
}

export interface RouteLines {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly path: string
  readonly methods: readonly string[]
  readonly allow: readonly string[]
  readonly captures: Readonly<Record<string, string>>
}

export interface ForwardedLines {
  readonly upstream: string
  readonly targets: readonly string[]
  readonly path: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

export interface Evidence {
  readonly peer: Peer | null
  /** The certificate was made up from a name. */
  readonly imagined: boolean
  /** The registry refuses it, whatever the configuration says. */
  readonly byRegistry: boolean
  readonly revocation: RevocationLines | null
  readonly notes: readonly string[]
  readonly cwd: string
}

/** Puts what was found out into words, with every file relative to where the user stands. */
export function describe(snapshot: Snapshot, policy: Policy, question: Question, verdict: Verdict, evidence: Evidence): Explanation {
  const { refused, identity, route } = verdict
  const told = refused === null ? null : toldReason(refused.reason, snapshot.settings.hideRoutes)
  const found = route === null || typeof route === 'string' ? null : route
  const lines = new ConfigLines(snapshot, evidence.cwd)
  const steps = stepsOf({ policy, question, verdict, evidence, lines })
  return {
    allowed: refused === null,
    status: told === null ? null : refusalRow(told).status,
    reason: refused?.reason ?? null,
    told,
    detail: refused?.detail ?? null,
    steps,
    request: {
      method: question.method,
      path: verdict.path?.path ?? null,
      host: question.host,
      listener: question.listener.name,
      address: question.remoteAddress,
    },
    certificate: certificateLines(evidence),
    revocation: evidence.revocation,
    identity: identity === null ? null : identityLines(identity),
    roles: roleLines(verdict.roles, snapshot, evidence.cwd),
    route: found === null ? null : routeLines(found, policy, verdict.path?.path ?? '', snapshot, evidence.cwd),
    databases: verdict.databases.map(({ rule, granted, detail }) => ({ rule: allowText({ kind: 'database', ...rule }), granted, detail })),
    forwarded: found === null || verdict.forwardedPath === null ? null : forwardedLines(found, verdict, verdict.forwardedPath, snapshot),
    notes: [
      ...evidence.notes,
      ...question.assumptions.map((assumption) => `supposed: ${assumption}`),
      ...verdict.dropped.map((item) => `not sent upstream, because a header cannot express it: ${item}`),
      ...reversedNotes(verdict, snapshot, evidence.cwd),
      ...(ORDINARY_METHODS.has(question.method) ? [] : [`${question.method} passes only where a route names it in 'methods'`]),
      ...lines.notes,
      ...(told === null || told === refused?.reason ? [] : [`the client is told ${told}, because hide_routes is on`]),
    ],
  }
}

function certificateLines({ peer, imagined }: Evidence): CertificateLines | null {
  const certificate = peer?.certificate ?? null
  if (peer === null || certificate === null) return null
  return {
    subject: certificate.dn,
    issuer: certificate.issuerDn,
    sha256: imagined ? null : certificate.fingerprint,
    not_after: imagined ? null : new Date(certificate.notAfter).toISOString(),
    trusted: peer.refusal === null,
    detail: peer.refusal === null ? null : peer.detail,
    not_checked: imagined ? 'anything: only a name was given, and no certificate' : NOT_CHECKED,
  }
}

/** Grants by role and then by line, each at its place in the mapping. */
export function roleLines({ grants }: RoleSet, { mapping }: Snapshot, cwd: string): RoleLine[] {
  return grants
    .map(({ role, by, pattern, line }) => ({ role, by, pattern, file: place(mapping.file, cwd), line }))
    .sort((a, b) => (a.role === b.role ? a.line - b.line : a.role < b.role ? -1 : 1))
}

function routeLines(route: Route, policy: Policy, path: string, { settings }: Snapshot, cwd: string): RouteLines {
  const { name, line, path: pattern, methods, allow } = route.settings
  const captures = Object.fromEntries(policy.captures(route, path))
  return { name, file: place(settings.file, cwd), line, path: pattern, methods, allow: allow.map(allowText), captures }
}

function identityLines({ name, dn, domain, backendRoles, clearance, permissions }: Identity): Explanation['identity'] {
  const rights = { clearance: clearance ?? null, permissions: Object.fromEntries(permissions ?? []) }
  return { name, dn, domain, backend_roles: backendRoles, ...rights }
}

/** Secrets among the headers by what they are called, beside those by origin: whoever reads the ticket could use them. */
const SECRET_HEADERS = /token|secret|password|authorization/i

function forwardedLines({ settings }: Route, { headers }: Verdict, path: string, snapshot: Snapshot): ForwardedLines {
  const targets = snapshot.settings.upstreams.get(settings.upstream)?.targets.map(({ url }) => url) ?? []
  const secrets = secretNames(snapshot.settings.identityHeaders)
  const isSecret = (name: string): boolean => SECRET_HEADERS.test(name) || secrets.has(fold(name))
  return {
    upstream: settings.upstream,
    targets,
    path,
    headers: headers.map(([name, value]) => ({ name, value: isSecret(name) ? '(hidden)' : value })),
  }
}

function reversedNotes({ identity }: Verdict, { mapping }: Snapshot, cwd: string): string[] {
  if (identity?.certificate == null) return []
  return reorderedEntries(mapping, identity.certificate.subject).map(
    ({ message, line }) => `${place(mapping.file, cwd)}:${line}: ${message}`,
  )
}
