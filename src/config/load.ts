import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { ConfigError, type Problem } from '../errors.ts'
import { readRegularText, unreadable } from '../regular-file.ts'
import { type Located, YamlDocument } from './document.ts'
import { deepFreeze } from './freeze.ts'
import { interpolate } from './interpolate.ts'
import { withoutMisspelt } from './issues.ts'
import { keyIndex } from './key-index.ts'
import { Paths } from './paths.ts'
import { prototypeKeys, Reader } from './reader.ts'
import { jsonSchema, scalarShape, topSchema } from './root.ts'
import { readAdmin } from './sections/admin.ts'
import { readAuth } from './sections/auth.ts'
import { readIdentityHeaders } from './sections/identity-headers.ts'
import { readLimits } from './sections/limits.ts'
import { readListeners } from './sections/listeners.ts'
import { readAuthority, readPki } from './sections/pki.ts'
import { readRevocation } from './sections/revocation.ts'
import { readRoutes } from './sections/routes.ts'
import { readStore } from './sections/store.ts'
import { readTelemetry } from './sections/telemetry.ts'
import { readUpstreams } from './sections/upstreams.ts'
import type { Settings } from './settings.ts'
import { refuseSharedAddresses } from './shared-addresses.ts'
import { UNWIRED, type UnwiredKey, withUnwired } from './unwired.ts'
import { warnings } from './warnings.ts'

export interface LoadedConfig {
  readonly settings: Settings
  readonly document: Located
  /** What is allowed but probably not meant; errors were thrown. */
  readonly warnings: readonly Problem[]
}

export interface LoadOptions {
  /** Where `${env:NAME}` looks; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What is refused because control cannot act on it yet; UNWIRED by default. */
  readonly unwired?: readonly UnwiredKey[]
}

/** What could be read of a configuration, beside everything that is wrong with it. */
export interface InspectedConfig {
  /** Whole only where no problem is an error: otherwise to be looked into, never to be served. */
  readonly settings: Settings
  readonly document: Located
  readonly problems: readonly Problem[]
  /** As it was read. */
  readonly text: string
}

/**
 * Reads certgate.yml into frozen, complete settings. Throws ConfigError with every problem at once; nothing of the
 * file is used then. Reads the files of `${file:...}` placeholders, and of no other more than whether it is there: a registry, an authority.
 */
export function loadConfig(file: string, options: LoadOptions = {}): LoadedConfig {
  return accepted(inspectConfig(file, options))
}

/** Like loadConfig, for text that is already at hand; `file` gives the folder and the name in problems. */
export function parseConfig(text: string, file: string, options: LoadOptions = {}): LoadedConfig {
  return accepted(inspectText(text, file, options))
}

/**
 * Like loadConfig, but with problems still gives what was right: the files it names can then be judged in the same run.
 * Throws ConfigError only where there is nothing to give: no file, no YAML, no mapping.
 */
export function inspectConfig(file: string, options: LoadOptions = {}): InspectedConfig {
  const absolute = resolve(file)
  return inspectText(readConfigText(absolute), absolute, options)
}

function accepted({ settings, document, problems }: InspectedConfig): LoadedConfig {
  if (problems.some((problem) => problem.severity === 'error')) throw new ConfigError(problems)
  return { settings, document, warnings: problems }
}

function inspectText(text: string, file: string, options: LoadOptions): InspectedConfig {
  const document = new YamlDocument(file, text)
  if (document.root.kind !== 'mapping') {
    const empty = document.root.kind === 'scalar' && document.root.value === null
    const message = empty ? 'the file is empty' : 'expected a mapping: `listeners:`, `upstreams:` and `routes:` at least'
    throw new ConfigError([document.problem([], message, empty ? { hint: "'certgate init' writes one to begin with" } : {})])
  }
  const directory = dirname(file)
  const placeholders = interpolate(document, directory, options.env ?? process.env)
  const reader = new Reader(document, keyPlaces)
  reader.problems.push(...document.parseProblems, ...placeholders.problems, ...prototypeKeys(document))
  const settings = readSettings(reader, new Paths(directory), placeholders.files)
  refuseSharedAddresses(reader, settings)
  reader.problems.push(...warnings(settings, document))
  const problems = withUnwired(withoutMisspelt(reader.problems), document, options.unwired ?? UNWIRED)
  return { settings: deepFreeze(settings), document, problems: inFileOrder(problems), text }
}

let placesOfKeys: ReturnType<typeof keyIndex> | undefined

/** Made at the first unknown key: a file without one does not pay for it. */
function keyPlaces(key: string): readonly string[] {
  placesOfKeys ??= keyIndex(jsonSchema())
  return placesOfKeys(key)
}

function readSettings(reader: Reader, paths: Paths, placeholderFiles: readonly string[]): Settings {
  reader.require(topSchema, [])
  const watched = (file: string | undefined) => (file === undefined ? null : paths.watched(file))
  const listeners = readListeners(reader, paths)
  const auth = readAuth(reader, reader.has(['internal_users']))
  const upstreams = readUpstreams(reader, paths)
  const store = readStore(reader, paths)
  const routes = readRoutes(reader, { listeners: reader.names(['listeners']), upstreams: reader.names(['upstreams']) })
  return {
    file: reader.document.file,
    directory: paths.directory,
    listeners,
    auth,
    rolesMapping: watched(reader.parse(scalarShape.roles_mapping, ['roles_mapping'])),
    internalUsers: watched(reader.parse(scalarShape.internal_users, ['internal_users'])),
    upstreams,
    routes,
    identityHeaders: readIdentityHeaders(reader),
    admin: readAdmin(reader, paths, store),
    pki: readPki(reader),
    authority: readAuthority(reader, paths, store),
    store,
    revocation: readRevocation(reader),
    telemetry: readTelemetry(reader, paths),
    workers: reader.parse(scalarShape.workers, ['workers']) ?? 'auto',
    errors: reader.parse(scalarShape.errors, ['errors']) ?? 'problem',
    hideRoutes: reader.parse(scalarShape.hide_routes, ['hide_routes']) ?? false,
    contact: reader.parse(scalarShape.contact, ['contact']) ?? null,
    limits: readLimits(reader),
    watchedFiles: [...new Set([...paths.watchedFiles, ...placeholderFiles])],
  }
}

/** The text of a configuration file; throws ConfigError where it is no regular file, cannot be read or is not UTF-8. */
export function readConfigText(file: string): string {
  try {
    return readRegularText(file)
  } catch (error) {
    const problem = { severity: 'error' as const, path: '', file, line: 1, column: 1, snippet: '' }
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const hint = missing ? { hint: whereElse(file) } : {}
    throw new ConfigError([{ ...problem, message: `cannot read the file: ${unreadable(error)}`, ...hint }])
  }
}

/** `init` and `start` make a folder: many run commands beside it. */
function whereElse(file: string): string {
  const beside = join(dirname(file), 'data', basename(file))
  if (!existsSync(beside)) return "name it with --config FILE, or make one with 'certgate init'"
  const short = relative(process.cwd(), beside)
  return `did you mean --config ${short.startsWith('..') ? beside : short}?`
}

/** As a person reads the file, each problem once. */
function inFileOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [`${problem.file}:${problem.line}:${problem.column}:${problem.message}`, problem]))
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}
