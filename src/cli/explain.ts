import { resolve } from 'node:path'
import type { ListenerTlsSettings } from '../config/settings.ts'
import { UsageError } from '../errors.ts'
import { compileAdminDns } from '../gateway/authentication/admin-dns.ts'
import { hostName } from '../gateway/client-head.ts'
import { ExpressionError } from '../identity/expression-error.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { type Authority, readAuthorities } from '../policy/mapping-issuer.ts'
import { compilePolicy } from '../policy/policy.ts'
import { trustFor, UNNAMED } from '../tls/handshake-server.ts'
import { findName } from '../tls/server-names.ts'
import { compileTrust } from '../tls/trust-domain.ts'
import type { Peer } from '../tls/types.ts'
import { readCertificateFile } from './certificate-file.ts'
import { imaginedCertificate, imaginedSubject, presentCertificate } from './claimant.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { explanationText } from './explain-text.ts'
import { describe } from './explanation.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { type Question, readQuestion } from './question.ts'
import { registryOfKey } from './registry-of-key.ts'
import { styles } from './style.ts'
import { judge } from './verdict.ts'

const FLAGS = {
  config: { type: 'string', short: 'c' },
  cert: { type: 'string' },
  cn: { type: 'string' },
  dn: { type: 'string' },
  user: { type: 'string' },
  anonymous: { type: 'boolean' },
  address: { type: 'string' },
  listener: { type: 'string' },
  host: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Who is said to ask. */
interface Claim {
  readonly cert: string | undefined
  readonly cn: string | undefined
  readonly dn: string | undefined
  readonly user: string | undefined
}

export const explainCommand: Command = {
  name: 'explain',
  summary: 'tell who someone is, which roles they have, and whether they may',
  usage: `usage: certgate explain [--config FILE] (--cert FILE | --cn NAME | --dn DN) METHOD URL
       certgate explain [--config FILE] (--user NAME | --anonymous) METHOD URL

Answers who that is, which roles and by which line of the mapping, which route, allowed
or not and why, and what the upstream would be told; by the gateway's own code, without
a gateway running. Exit code 0: allowed, 1: denied. Safe to paste: no query, no secret.

  -c, --config FILE    default: certgate.yml
      --cert FILE      a client certificate, with its intermediates if it has any (PEM or DER)
      --cn NAME        as if a trusted certificate had only this common name
      --dn DN          as if a trusted certificate had this subject
      --user NAME      as if this internal user had given the right password; also with a certificate
      --anonymous      without any credentials
      --address IP     where the request comes from; default: 127.0.0.1
      --listener NAME  default: the first one
      --host HOST      the Host header; default: that of URL, else localhost
      --json           the same as JSON

examples:
  certgate explain --cert clients/alice.crt GET https://gate.example:8443/movies/_doc/3
  certgate explain --cn CLIENT1 DELETE /movies/_doc/3
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('explain', args, FLAGS, { min: 2, max: 2, names: 'METHOD URL' })
    const [method = '', url = ''] = positionals
    checkClaim(flags, flags.anonymous)
    const snapshot = await loadSnapshot(flags.config, terminal)
    const question = readQuestion(method, url, flags, snapshot.settings)
    const { peer, unreached, notes } = await present(snapshot, question, flags, terminal)
    const policy = compilePolicy(snapshot.settings, snapshot.mapping, snapshot.listeners.values())
    const verdict = await judge(snapshot, policy, question, { peer, user: flags.user ?? null, unreached })
    const imagined = flags.cert === undefined
    const explanation = describe(snapshot, policy, question, verdict, { peer, imagined, notes, cwd: terminal.cwd })
    terminal.out(flags.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation, styles(terminal)))
    return explanation.allowed ? 0 : 1
  },
}

function checkClaim({ cert, cn, dn, user }: Claim, anonymous: boolean): void {
  const certificates = [cert, cn, dn].filter((given) => given !== undefined).length
  const hint = 'one of --cert, --cn, --dn, --user and --anonymous says who asks'
  if (certificates > 1) throw new UsageError('only one of --cert, --cn and --dn can be given', hint)
  const somebody = certificates + (user === undefined ? 0 : 1)
  if (anonymous && somebody > 0) throw new UsageError('--anonymous is for a request without any credentials', hint)
  if (!anonymous && somebody === 0) throw new UsageError('nobody is named', hint)
  if (user?.includes(':')) throw new UsageError(`'${user}' cannot be sent: a user name has no colon (RFC 7617)`)
}

interface Presented {
  /** null: the listener asks nobody for a certificate. */
  readonly peer: Peer | null
  /** Why no request would come through at all. */
  readonly unreached: string | null
  readonly notes: readonly string[]
}

/** What the listener would make of the certificate. */
async function present(snapshot: Snapshot, question: Question, claim: Claim, terminal: Terminal): Promise<Presented> {
  const { listener, serverName } = question
  const given = claim.cert ?? claim.cn ?? claim.dn
  const material = snapshot.listeners.get(listener.name)
  const unasked = given === undefined ? [] : [`listener ${listener.name} asks nobody for a certificate, so this one is not looked at`]
  if (listener.tls === null || material === undefined) return { peer: null, unreached: null, notes: unasked }
  const nobody: Peer = { certificate: null, refusal: null, detail: '', serverName, resumed: false }
  const name = trustFor(listener.tls, serverName)
  const unreached = misdirection(listener.tls, name, question)
  if (name === null || unreached !== null) return { peer: nobody, unreached, notes: [] }
  if (listener.tls.clientauthMode === 'NONE') return { peer: nobody, unreached: null, notes: unasked }
  if (given === undefined) return { peer: nobody, unreached: null, notes: [] }
  const trust = name === UNNAMED ? material : (material.names.get(name) ?? material)
  const now = Date.now()
  if (claim.cert !== undefined) {
    const certificates = readCertificateFile(resolve(terminal.cwd, claim.cert), claim.cert)
    const domain = compileTrust(trust, listener.tls.clientauthMode)
    const registry = await registryOfKey(snapshot.settings.store?.file ?? null, certificates[0] ?? Buffer.of())
    return { peer: presentCertificate(claim.cert, certificates, domain, serverName, now, registry), unreached: null, notes: [] }
  }
  const authorities = readAuthorities([{ clientCa: trust.clientCa, names: new Map() }])
  const { certificate, notes } = imagine(claim, authorities, now)
  // As under a good chain: that is what is supposed.
  const isAdmin = compileAdminDns(snapshot.settings.admin, listener, material)(serverName).has(certificate.dn)
  const rights: Pick<Peer, 'clearance' | 'permissions'> = isAdmin ? { clearance: 'ClusterAdmin', permissions: new Map() } : {}
  return { peer: { ...nobody, certificate, ...rights }, unreached: null, notes }
}

/** Why the request ends before anybody looks at certificates: the server name, or a Host that is not under it. */
function misdirection(tls: ListenerTlsSettings, name: string | null, { host, serverName, listener }: Question): string | null {
  if (name === null) {
    const sent = serverName === null ? 'a client that sends no server name' : `the server name '${serverName}'`
    return `the TLS handshake fails: listener ${listener.name} has no certificate for ${sent}`
  }
  if (name === UNNAMED || findName(tls.names, hostName(host) ?? '') === name) return null
  return `Host ${host} is not served under the name of this TLS connection`
}

function imagine({ cn, dn = '' }: Claim, authorities: readonly Authority[], now: number) {
  const [issuer = null, ...others] = authorities.filter(({ selfSigned }) => selfSigned)
  const subject = usable(() => imaginedSubject(cn === undefined ? { dn } : { cn }))
  const notes = [
    `supposed: a certificate with the subject ${cn === undefined ? dn : `CN=${cn} and nothing else`}, issued by ${issuer?.dn ?? 'nobody'}`,
    ...(others.length === 0 ? [] : [`${others.length + 1} client CAs are trusted here: where the mapping binds issuers, ask with --cert`]),
  ]
  return { certificate: imaginedCertificate(subject, issuer, now), notes }
}

/** A DN on the command line that is none is wrong usage, not a wrong configuration. */
function usable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ExpressionError) throw new UsageError(error.message, error.hint)
    throw error
  }
}
