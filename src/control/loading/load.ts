import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ownAuthorityOf } from '../../admin/mapping/own-authority.ts'
import { readAuthority } from '../../certificates/authority-folder.ts'
import { readPfx } from '../../certificates/pkcs12-read.ts'
import type { Located } from '../../config/document.ts'
import { firstProblems } from '../../config/first-problems.ts'
import type { QuickConfig } from '../../config/flags.ts'
import { parseInternalUsers } from '../../config/internal-users.ts'
import { inspectConfig } from '../../config/load.ts'
import { mappingRemarks, unknownRoles } from '../../config/remarks.ts'
import { rememberByText } from '../../config/remember.ts'
import { mappingErrorsOnce, parseMappingOnce } from '../../config/roles-mapping.ts'
import type { InternalUser, Settings } from '../../config/settings.ts'
import { ConfigError, type Problem } from '../../errors.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import { WRITABLE, whyNotAppendable } from '../../observability/descriptor.ts'
import { allowedRoles, undefinedRoles } from '../../policy/mapping-checks.ts'
import { type OwnAuthority, readAuthorities } from '../../policy/mapping-issuer.ts'
import { compilePolicy } from '../../policy/policy.ts'
import type { Policy, RoleMapping } from '../../policy/types.ts'
import { readRegularText, unreadable } from '../../regular-file.ts'
import { contentDigest } from './digest.ts'
import { loadMaterial, type Material } from './material.ts'

/** A file, or what the flags of the command line stand for. */
export type ConfigurationSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'flags'; readonly config: QuickConfig }

/** Hex SHA-256 of the text of the files, without a byte order mark; null: there is none. */
export interface ReadDigests {
  readonly configuration: string | null
  readonly rolesMapping: string | null
}

export type LoadResult =
  | {
      readonly ok: true
      /** One number above the previous snapshot if anything in it differs, else the previous one itself. */
      readonly snapshot: Snapshot
      readonly changed: boolean
      readonly warnings: readonly Problem[]
      readonly digests: ReadDigests
    }
  | {
      readonly ok: false
      /** Errors and warnings. */
      readonly problems: readonly Problem[]
      /** What was to be read, as far as it is known: a change there may make the next load succeed. */
      readonly watchedFiles: readonly string[]
    }

/** What is read before anything is judged together. */
interface Parts {
  readonly settings: Settings
  readonly document: Located
  readonly mapping: RoleMapping | null
  readonly mappingDocument: Located | null
  readonly users: readonly InternalUser[]
  readonly digests: ReadDigests
}

/**
 * Reads and judges everything that decides something: configuration, mapping, users, certificates, keys, CAs and CRLs, compiles the
 * policy for a trial, and sees that the access log can be opened. Never rejects for what is in those files: all problems come back at once, and nothing of them is used then.
 */
export async function loadConfiguration(source: ConfigurationSource, previous: Snapshot | null = null): Promise<LoadResult> {
  const problems: Problem[] = []
  const parts = readParts(source, problems)
  const failed = (watchedFiles: readonly string[]): LoadResult => ({ ok: false, problems, watchedFiles })
  if (parts === null) return failed([])
  const { settings, document, mapping, users } = parts
  const material = loadMaterial(settings, document, readPfx, problems)
  judgeAccessLog(settings, document, previous, problems)
  judgeStore(settings, document, previous, problems)
  const authority = judgeAuthority(settings, document, problems)
  if (mapping !== null) judgePolicy(parts, mapping, material, authority, previous, problems)
  if (mapping === null || material === null || problems.some(({ severity }) => severity === 'error')) return failed(settings.watchedFiles)
  const snapshot: Snapshot = { number: (previous?.number ?? 0) + 1, settings, mapping, users, ...material }
  const changed = previous === null || contentDigest(snapshot) !== contentDigest(previous)
  return { ok: true, snapshot: changed ? snapshot : previous, changed, warnings: problems, digests: parts.digests }
}

function readParts(source: ConfigurationSource, problems: Problem[]): Parts | null {
  if (source.kind === 'flags') return { ...source.config, mappingDocument: null, digests: { configuration: null, rolesMapping: null } }
  const loaded = attempt(problems, () => inspectConfig(source.file))
  if (loaded === null) return null
  // With errors among its problems the settings are not whole: the files they name are judged, and the load fails all the same.
  const { settings, document } = loaded
  problems.push(...loaded.problems)
  let mappingText: string | null = null
  const read = <T>(file: string, key: string, parse: (text: string, file: string) => T & { warnings: readonly Problem[] }) => {
    const text = readText(file, key, document, problems)
    if (key === 'roles_mapping') mappingText = text
    const parsed = text === null ? null : attempt(problems, () => parse(text, file))
    problems.push(...(parsed?.warnings ?? []))
    return parsed
  }
  const mapping = settings.rolesMapping === null ? noMapping : read(settings.rolesMapping, 'roles_mapping', parseMappingOnce)
  const users = settings.internalUsers === null ? noUsers : read(settings.internalUsers, 'internal_users', parseUsersOnce)
  return {
    settings,
    document,
    mapping: mapping?.mapping ?? null,
    mappingDocument: mapping?.document ?? null,
    // Never used half: without the file the load has failed already.
    users: users?.users ?? [],
    digests: { configuration: sha256(loaded.text), rolesMapping: mappingText === null ? null : sha256(mappingText) },
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const parseUsersOnce = rememberByText(parseInternalUsers)
/** What the last trial made: the next one has as much to do as there is new. */
let lastTrial: Policy | null = null
const noMapping = { mapping: { file: '', entries: [] }, document: null }
const noUsers = { users: [] }

function readText(file: string, key: string, document: Located, problems: Problem[]): string | null {
  try {
    return readRegularText(file)
  } catch (error) {
    problems.push(document.problem([key], `cannot read ${file}: ${unreadable(error)}`))
    return null
  }
}

/** What a part of the configuration makes; null, with its problems noted, where it cannot be used. */
function attempt<T>(problems: Problem[], read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  }
}

/** One that is open already stays so, whatever has become of its name. */
function judgeAccessLog({ telemetry }: Settings, document: Located, previous: Snapshot | null, problems: Problem[]): void {
  const { accessLog } = telemetry
  if (typeof accessLog === 'string' || isDeepStrictEqual(accessLog, previous?.settings.telemetry.accessLog)) return
  const why = whyNotAppendable(accessLog.file)
  if (why === null) return
  problems.push(document.problem(['telemetry', 'access_log'], `cannot open the access log ${accessLog.file}: ${why}`, { hint: WRITABLE }))
}

/** Everything that is in force rests on the one that is open; a half of it from another would be worse than neither. */
function judgeStore({ store }: Settings, document: Located, previous: Snapshot | null, problems: Problem[]): void {
  if (previous === null || store?.file === previous.settings.store?.file) return
  const hint = `this gateway works on ${previous.settings.store?.file ?? 'none'}: restart it for another`
  problems.push(document.problem(['store'], `the store cannot change while certgate runs`, { hint }))
}

/** An authority that somebody named and that cannot sign is worth knowing of; it is no reason not to serve. */
function judgeAuthority({ authority: settings, pki }: Settings, document: Located, problems: Problem[]): OwnAuthority | null {
  if (settings === null) return null
  const { source, url } = settings
  const origin = source.kind === 'folder' ? source : { kind: 'own' as const, source: source.certificate }
  const { authority, absent } = readAuthority(origin, { url, now: Date.now() })
  if ((pki !== null || !absent) && authority.problem !== '')
    problems.push(document.problem(['pki', 'authority'], `nothing can be issued: ${authority.problem}`, { severity: 'warning' }))
  return ownAuthorityOf(authority)
}

function judgePolicy(
  parts: Parts,
  mapping: RoleMapping,
  material: Material | null,
  ownAuthority: OwnAuthority | null,
  previous: Snapshot | null,
  problems: Problem[],
): void {
  const { settings, document, mappingDocument } = parts
  const place = mappingDocument ?? document
  problems.push(...firstProblems(mappingErrorsOnce(mapping), ({ message, line, hint }) => place.problemOnLine(line, message, { hint })))
  problems.push(...newlyUnknownRoles(parts, mapping, previous))
  if (problems.some(({ severity }) => severity === 'error')) return
  try {
    lastTrial = compilePolicy(settings, mapping, material?.listeners.values(), lastTrial)
  } catch (error) {
    problems.push(document.problem(['routes'], error instanceof Error ? error.message : String(error)))
    return
  }
  const authorities = readAuthorities(material?.listeners.values() ?? [])
  problems.push(...mappingRemarks({ settings, config: document, mapping, mappingDocument, authorities, ownAuthority }))
}

/**
 * A role that a route allows since this reload and that no mapping knows is a slip of the pen that would lock people out: the old
 * configuration stays. A role that went missing from the mapping is a withdrawal, and that always takes effect.
 */
function newlyUnknownRoles({ settings, document }: Parts, mapping: RoleMapping, previous: Snapshot | null): Problem[] {
  if (previous === null) return []
  const before = new Set(allowedRoles(previous.settings.routes).map(({ role }) => role))
  const since = undefinedRoles(settings.routes, mapping).filter(({ role }) => !before.has(role))
  return unknownRoles(document, mapping, since, 'error')
}
