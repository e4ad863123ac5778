import type { Path } from '../../config/document.ts'
import type { ListenerTlsSettings } from '../../config/settings.ts'
import { hostName } from '../../gateway/client-head.ts'
import { allowText } from '../../policy/decide.ts'
import type { Policy, Reason, Route } from '../../policy/types.ts'
import { trustFor, UNNAMED } from '../../tls/handshake-server.ts'
import type { Peer } from '../../tls/types.ts'
import type { ConfigLine, ConfigLines } from './config-lines.ts'
import type { Evidence } from './explanation.ts'
import type { Question } from './question.ts'
import { revocationTexts } from './revocation.ts'
import type { Verdict } from './verdict.ts'

export const STEPS = ['request', 'chain', 'revocation', 'identity', 'roles', 'route'] as const
export type StepName = (typeof STEPS)[number]

/** One step of a decision, in the gateway's own order. */
export interface Step {
  readonly step: StepName
  readonly outcome: 'passed' | 'stopped' | 'not_reached'
  /** false: nothing was examined, so that `passed` says only that it stopped nobody. */
  readonly checked: boolean
  /** One clause; empty where it was not reached. */
  readonly summary: string
  /** What decided it: empty where the certificate itself, the registry or a default did. */
  readonly lines: readonly ConfigLine[]
}

interface Decided {
  readonly policy: Policy
  readonly question: Question
  readonly verdict: Verdict
  readonly evidence: Evidence
  readonly lines: ConfigLines
}

type Told = Pick<Step, 'summary' | 'lines'>

/** Which step ends with a reason; that of a certificate is the chain's, or where lists and responders say it, revocation's. */
const STOPS: ReadonlyMap<Reason, StepName> = new Map([
  ['malformed_request', 'request'],
  ['malformed_path', 'request'],
  ['misdirected_request', 'request'],
  ['certificate_revoked', 'revocation'],
  ['certificate_status_unknown', 'revocation'],
  ['credentials_required', 'identity'],
  ['credentials_invalid', 'identity'],
  ['identity_unusable', 'identity'],
  ['identity_mismatch', 'identity'],
  ['route_missing', 'route'],
  ['method_not_allowed', 'route'],
  ['role_missing', 'route'],
])

/** Steps that may be passed without a look at anything; what is only supposed was not looked at. */
const CHECKED: Partial<Readonly<Record<StepName, (evidence: Evidence) => boolean>>> = {
  chain: ({ peer, imagined }) => peer !== null && peer.certificate !== null && !imagined,
  revocation: ({ revocation }) => revocation?.on === true && revocation.checks.some(({ answers }) => answers.length > 0),
}

const TELL: Readonly<Record<StepName, (decided: Decided) => Told>> = {
  request: aboutRequest,
  chain: aboutChain,
  revocation: aboutRevocation,
  identity: aboutIdentity,
  roles: aboutRoles,
  route: aboutRoute,
}

/** All steps of a decision: those before the one that refused were passed, those behind it were not reached. */
export function stepsOf(decided: Decided): Step[] {
  const { refused } = decided.verdict
  const end = refused === null ? STEPS.length : STEPS.indexOf(stopOf(refused.reason, decided.evidence))
  return STEPS.map((step, index) => {
    if (index > end) return { step, outcome: 'not_reached', checked: false, summary: '', lines: [] }
    const { summary, lines } = TELL[step](decided)
    if (index === end && refused !== null) return { step, outcome: 'stopped', checked: true, summary: refused.detail, lines }
    return { step, outcome: 'passed', checked: CHECKED[step]?.(decided.evidence) ?? true, summary, lines }
  })
}

/** The registry is asked before anything else about a certificate. */
function stopOf(reason: Reason, { byRegistry }: Evidence): StepName {
  return byRegistry ? 'chain' : (STOPS.get(reason) ?? 'chain')
}

function aboutRequest({ question, verdict, lines }: Decided): Told {
  const { listener, method, host, remoteAddress } = question
  const summary = `${method} ${verdict.path?.path ?? question.target} on listener ${listener.name}, Host ${host}, from ${remoteAddress}`
  return { summary, lines: found(lines.firstOf(['listeners', listener.name])) }
}

function aboutChain({ question, verdict: { refused }, evidence: { peer, imagined, byRegistry }, lines }: Decided): Told {
  const { listener } = question
  if (listener.tls === null || peer === null)
    return { summary: 'no certificate is asked for', lines: found(lines.firstOf(['listeners', listener.name, 'tls'])) }
  const { certificate, refusal } = peer
  const base: Path = ['listeners', listener.name, 'tls']
  if (certificate === null) return { summary: 'no certificate was presented', lines: found(lines.firstOf([...base, 'clientauth_mode'])) }
  const passed = `issued by ${certificate.issuerDn}, and trusted`
  if (byRegistry) return { summary: passed, lines: [] }
  if (refusal !== null) return { summary: passed, lines: trustLines(DECIDING_KEYS.get(refused?.reason ?? refusal) ?? [], question, lines) }
  const { summary, keys } = imagined
    ? { summary: `a good chain from ${certificate.issuerDn} is supposed`, keys: ['client_ca', 'trust'] }
    : trustGround(peer, listener.tls, question.serverName)
  return { summary, lines: trustLines(keys, question, lines) }
}

/** What let a certificate in, and only that: a CA that did not vouch for it is not cited. */
function trustGround(peer: Peer, tls: ListenerTlsSettings, serverName: string | null) {
  const issuer = peer.certificate?.issuerDn ?? ''
  if (peer.isServerCertificate) return { summary: "the gateway's own server certificate, which may come in", keys: ['certificate'] }
  const name = trustFor(tls, serverName)
  const { trust } = (name === null || name === UNNAMED ? undefined : tls.names.get(name)) ?? tls
  const byChain = peer.evidence?.byChain === true
  const how = peer.renews === undefined ? 'it is registered itself' : 'it renews one that is registered'
  if (trust === 'both') return { summary: `issued by ${issuer}, a chain that is trusted; and ${how}`, keys: ['client_ca', 'trust'] }
  if (trust !== 'registry' && byChain) return { summary: `issued by ${issuer}, and trusted`, keys: ['client_ca', 'trust'] }
  const unasked = byChain ? 'whose chain does not count here' : 'which is no client CA here'
  return { summary: `trusted by the registry: ${how}; issued by ${issuer}, ${unasked}`, keys: ['trust'] }
}

function aboutRevocation({ question, evidence: { peer, imagined, revocation }, lines }: Decided): Told {
  if (peer === null || question.listener.tls === null) return { summary: 'no certificate is asked for', lines: [] }
  if (peer.certificate === null) return { summary: 'no certificate was presented', lines: [] }
  if (imagined || revocation === null) return { summary: 'not checked: only a name was given, and no certificate', lines: [] }
  const sources = new Set(revocation.checks.flatMap(({ answers }) => answers.map(({ source }) => (source === 'ocsp' ? 'ocsp' : 'crl'))))
  return { summary: revocationTexts(revocation).join('; '), lines: trustLines([...sources], question, lines) }
}

function trustLines(keys: readonly string[], { listener, serverName }: Question, lines: ConfigLines): ConfigLine[] {
  const base: Path = ['listeners', listener.name, 'tls']
  return keys.flatMap((key) => found(lines.firstOf(...trustPaths(listener.tls, base, serverName, key))))
}

/** What in the configuration a refusal of a certificate comes of; of the others in the certificate itself. */
const DECIDING_KEYS: ReadonlyMap<Reason, readonly string[]> = new Map([
  ['certificate_unknown_issuer', ['client_ca', 'trust']],
  ['certificate_not_registered', ['trust']],
  ['certificate_revoked', ['client_ca', 'trust']],
  ['certificate_status_unknown', ['client_ca', 'trust']],
])

/** A name's own key goes before that of its listener. */
function trustPaths(tls: ListenerTlsSettings | null, base: Path, serverName: string | null, key: string): Path[] {
  const name = tls === null ? null : trustFor(tls, serverName)
  return name === null || name === UNNAMED
    ? [[...base, key]]
    : [
        [...base, 'names', name, key],
        [...base, key],
      ]
}

function aboutIdentity({ verdict: { identity }, lines }: Decided): Told {
  if (identity === null) return { summary: 'nobody: the route asks for no identity', lines: found(lines.firstOf(['auth'])) }
  const domain: Path = ['auth', 'domains', identity.domain]
  const naming = identity.source === 'clientcert' ? [[...domain, 'http_authenticator', 'config', 'username_attribute']] : []
  return { summary: `'${identity.name}', by ${identity.domain}`, lines: found(lines.firstOf(...naming, domain)) }
}

function aboutRoles({ verdict: { roles }, lines }: Decided): Told {
  const names = [...roles.names].sort()
  const granted = new Set(roles.grants.map(({ line }) => line))
  return {
    summary: names.length === 0 ? 'no role' : names.join(', '),
    lines: [...granted].sort((a, b) => a - b).map((line) => lines.onMappingLine(line)),
  }
}

function aboutRoute(decided: Decided): Told {
  const { policy, question, verdict, lines } = decided
  const { route, path } = verdict
  if (route === null || typeof route === 'string') {
    const others = route === 'method_not_allowed' && path !== null ? routesOfOtherMethods(policy, question, path.path) : []
    const near = others.flatMap(({ index, settings }) => [
      lines.onConfigLine(settings.line),
      ...found(lines.firstOf(['routes', index, 'methods'])),
    ])
    return { summary: '', lines: near.length === 0 ? found(lines.firstOf(['routes'])) : distinct(near) }
  }
  const word = decidingWord(route, verdict)
  const allow: Path = ['routes', route.index, 'allow']
  const written = route.settings.allow[word ?? -1]
  const summary = `route '${route.settings.name}' allows ${written === undefined ? 'nobody' : allowText(written)}`
  const at = word === null ? lines.firstOf(allow) : lines.firstOf([...allow, word], allow)
  return { summary, lines: distinct([lines.onConfigLine(route.settings.line), ...found(at)]) }
}

/** The first word of the route's `allow` that grants, in the order in which decide looks; null: none does. */
function decidingWord({ settings, allowsAnonymous }: Route, { identity, roles, databases }: Verdict): number | null {
  const index = settings.allow.findIndex((word) => {
    if (allowsAnonymous) return word.kind === 'anonymous'
    if (word.kind === 'role') return roles.names.has(word.role)
    return word.kind === 'authenticated' && identity !== null && identity.source !== 'anonymous'
  })
  if (index !== -1) return index
  const granting = databases.find(({ granted }) => granted)
  const rule = settings.allow.findIndex(
    (word) => word.kind === 'database' && word.capture === granting?.rule.capture && word.access === granting.rule.access,
  )
  return rule === -1 ? null : rule
}

function routesOfOtherMethods(policy: Policy, { listener, host }: Question, path: string): Route[] {
  const name = hostName(host) ?? ''
  return policy.routes.filter((route) =>
    route.settings.methods.some((method) => policy.findRoute(listener.name, name, path, method) === route),
  )
}

const found = (line: ConfigLine | null): ConfigLine[] => (line === null ? [] : [line])

function distinct(lines: readonly ConfigLine[]): ConfigLine[] {
  return [...new Map(lines.map((line) => [`${line.file}:${line.line}`, line])).values()]
}
