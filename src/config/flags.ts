import { resolve } from 'node:path'
import { type Problem, UsageError } from '../errors.ts'
import { canonicalDn } from '../identity/name-parse.ts'
import type { MappedValue, RoleMapping, RouteSettings } from '../policy/types.ts'
import { parseAddress, parseTarget } from './address.ts'
import type { Located, Path, ProblemOptions } from './document.ts'
import { formatPath } from './document.ts'
import { judgePattern } from './expressions.ts'
import { deepFreeze } from './freeze.ts'
import { DEFAULT_IDENTITY_HEADERS } from './sections/identity-headers.ts'
import { DEFAULT_LIMITS } from './sections/limits.ts'
import { DEFAULT_EXPIRY_WARNING } from './sections/telemetry.ts'
import type { AuthDomain, InternalUser, Settings } from './settings.ts'
import { InvalidValue } from './shape.ts'

/** `certgate serve` without a file, in ghostunnel's manner. Paths are relative to `directory`. */
export interface QuickFlags {
  readonly directory: string
  readonly listen?: string | undefined
  readonly upstream?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly pfx?: string | undefined
  /** Of the PFX file or the key; never a flag's own value, where `ps` would show it. */
  readonly password?: string | undefined
  readonly clientCa: readonly string[]
  readonly crl?: readonly string[]
  /** Common names, DNs and organisational units, exact or patterns as in roles_mapping.yml. */
  readonly allowCn: readonly string[]
  readonly allowDn: readonly string[]
  readonly allowOu: readonly string[]
  /** Everybody whose certificate is trusted. */
  readonly allowAll?: boolean
  readonly telemetry?: string | undefined
}

export interface QuickConfig {
  readonly settings: Settings
  /** What roles_mapping.yml would hold. */
  readonly mapping: RoleMapping
  readonly users: readonly InternalUser[]
  readonly document: Located
}

const ROLE = 'allowed'
const ALLOW_HINT = 'name who may: --allow-cn NAME, --allow-dn DN, --allow-ou UNIT, or --allow-all for every certificate under the CA'

/** The settings that the flags stand for. Throws UsageError for a missing or wrong flag, and where nobody would be allowed. */
export function settingsFromFlags(flags: QuickFlags): QuickConfig {
  const document = new CommandLine()
  const address = flagValue('--listen', flags.listen, parseAddress)
  const target = flagValue('--upstream', flags.upstream, (value) => parseTarget(value, (file) => resolve(flags.directory, file)))
  if (flags.clientCa.length === 0) throw new UsageError('missing --client-ca', 'name the CA file that signed your clients')
  if (!flags.allowAll && flags.allowCn.length + flags.allowDn.length + flags.allowOu.length === 0)
    throw new UsageError('nobody is allowed', ALLOW_HINT)
  const absolute = (file: string) => resolve(flags.directory, file)
  const certificate = certificateOf(flags)
  const clientCa = flags.clientCa.map(absolute)
  const crl = { validate: (flags.crl ?? []).length > 0, files: (flags.crl ?? []).map(absolute), onUnavailable: 'deny' } as const
  const tls = {
    certificate,
    clientCa,
    trust: 'ca',
    crl,
    clientauthMode: 'REQUIRE',
    minVersion: 'TLSv1.2',
    names: new Map(),
    defaultName: null,
  } as const
  const settings: Settings = {
    file: document.file,
    directory: flags.directory,
    listeners: new Map([['main', { name: 'main', address, protocol: 'http', tls }]]),
    auth: { combine: 'first', usernameMustMatch: true, anonymous: false, domains: [domainOf(flags)] },
    rolesMapping: null,
    internalUsers: null,
    upstreams: new Map([['upstream', { name: 'upstream', targets: [target], tls: null, strip: [] }]]),
    routes: [routeOf(flags)],
    identityHeaders: DEFAULT_IDENTITY_HEADERS,
    admin: null,
    pki: null,
    authority: null,
    store: null,
    telemetry: {
      address: flags.telemetry === undefined ? null : flagValue('--telemetry', flags.telemetry, parseAddress),
      accessLog: 'on',
      log: { level: 'info', format: 'auto' },
      expiryWarning: DEFAULT_EXPIRY_WARNING,
    },
    workers: 'auto',
    errors: 'problem',
    hideRoutes: false,
    contact: null,
    limits: DEFAULT_LIMITS,
    watchedFiles: [
      ...new Set([certificate.pfx, certificate.cert, certificate.key, ...clientCa, ...crl.files].filter((file) => file !== null)),
    ],
  }
  return deepFreeze({ settings, mapping: mappingOf(flags, document.file), users: [], document })
}

function flagValue<T>(flag: string, value: string | undefined, parse: (value: string) => T): T {
  if (value === undefined) throw new UsageError(`missing ${flag}`, 'see certgate serve --help, or name a file with --config')
  try {
    return parse(value)
  } catch (error) {
    if (error instanceof InvalidValue) throw new UsageError(`${flag}: ${error.message}`, error.hint)
    throw error
  }
}

function certificateOf(flags: QuickFlags) {
  const file = (name: string | undefined) => (name === undefined ? null : resolve(flags.directory, name))
  const password = flags.password ?? null
  if (flags.pfx !== undefined) {
    if (flags.cert !== undefined || flags.key !== undefined) throw new UsageError('--pfx goes without --cert and --key')
    return { pfx: file(flags.pfx), password, cert: null, key: null, passphrase: null }
  }
  if (flags.cert === undefined) throw new UsageError('missing --cert', 'the server certificate: --cert FILE --key FILE, or --pfx FILE')
  if (flags.key === undefined) throw new UsageError('missing --key', 'the private key of the server certificate')
  return { pfx: null, password: null, cert: file(flags.cert), key: file(flags.key), passphrase: password }
}

/** By common name; certificates without one are named by their DN where DNs are allowed. */
function domainOf({ allowCn, allowDn, allowOu }: QuickFlags): AuthDomain {
  return {
    type: 'clientcert',
    name: 'clientcert',
    order: 0,
    usernameAttribute: allowDn.length > 0 && allowCn.length === 0 ? null : 'cn',
    rolesAttribute: allowOu.length > 0 ? 'dn:ou' : null,
    skipUsers: [],
    onMissing: allowDn.length > 0 || allowOu.length > 0 ? 'dn' : 'refuse',
  }
}

function routeOf({ allowAll }: QuickFlags): RouteSettings {
  return {
    name: 'everything',
    listeners: [],
    hosts: [],
    path: '/**',
    methods: [],
    allow: [allowAll ? { kind: 'authenticated' } : { kind: 'role', role: ROLE }],
    upstream: 'upstream',
    upgrade: ['websocket'],
    pathPolicy: { encodedSlash: 'refuse', semicolon: 'refuse', doubleSlash: 'merge' },
    crossSite: 'refuse',
    errors: null,
    strip: [],
    line: 1,
    index: 0,
  }
}

function mappingOf({ allowCn, allowDn, allowOu }: QuickFlags, file: string): RoleMapping {
  for (const [flag, values] of [
    ['--allow-cn', allowCn],
    ['--allow-dn', allowDn],
    ['--allow-ou', allowOu],
  ] as const) {
    for (const value of values) {
      if (value.trim() === '') throw new UsageError(`${flag} needs a value`, ALLOW_HINT)
      flagValue(flag, value, judgePattern)
    }
  }
  // In a mapping both stand under `users`: each must be what its flag says, or it would be compared with something else.
  for (const value of allowCn)
    if (/[A-Za-z0-9.]\s*=/.test(value)) throw new UsageError(`--allow-cn: '${value}' looks like a DN`, 'use --allow-dn')
  for (const value of allowDn) {
    if (!/[*?]|^\/.*\/$/.test(value) && canonicalDn(value) === null)
      throw new UsageError(`--allow-dn: '${value}' is not a DN`, "'certgate dn FILE' prints that of a certificate")
    if (!value.includes('=')) throw new UsageError(`--allow-dn: '${value}' names no attribute`, 'e.g. CN=alice,OU=ops or *,OU=ops')
  }
  const values = (texts: readonly string[]): MappedValue[] => texts.map((value) => ({ value, line: 1 }))
  const entry = {
    role: ROLE,
    users: values([...allowCn, ...allowDn]),
    backendRoles: values(allowOu),
    andBackendRoles: [],
    hosts: [],
    issuers: [],
    reserved: false,
    hidden: false,
    description: null,
    line: 1,
  }
  return { file, entries: [entry] }
}

const FLAG_OF_PATH = [
  [/\.client_ca\b/, '--client-ca'],
  [/\.crl\b/, '--crl'],
  [/\.certificate\.pfx$/, '--pfx'],
  [/\.certificate\.cert$/, '--cert'],
  [/\.certificate\.key$/, '--key'],
] as const

/** Settings from flags have no file: their problems name the command line. */
class CommandLine implements Located {
  readonly file = 'command line'

  locate(): { line: number; column: number } {
    return { line: 1, column: 1 }
  }

  problem(path: string | Path, message: string, options: ProblemOptions = {}): Problem {
    const printed = typeof path === 'string' ? path : formatPath(path)
    const flag = FLAG_OF_PATH.find(([pattern]) => pattern.test(printed))?.[1]
    const hint = options.hint ?? (flag === undefined ? undefined : `it was named by ${flag}`)
    const base = {
      severity: options.severity ?? ('error' as const),
      message,
      path: printed,
      file: this.file,
      line: 1,
      column: 1,
      snippet: '',
    }
    return hint === undefined ? base : { ...base, hint }
  }

  problemOnLine(_line: number, message: string, options: ProblemOptions = {}): Problem {
    return this.problem('', message, options)
  }
}
