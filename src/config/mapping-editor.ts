import { ConfigError } from '../errors.ts'
import type { YamlDocument } from './document.ts'
import { plain } from './reader.ts'
import { isSameRole, RoleEditError, type RoleEntry, roleEntryOf } from './role-entry.ts'
import { editRole, rewriteRole, type Scribe } from './role-lines.ts'
import { parseMappingOnce, parseRoleMapping } from './roles-mapping.ts'
import type { YamlMapping, YamlNode } from './yaml.ts'
import { type BlockEntry, blockEntries, endOfTokens, isFlow, LineEditor, placeOf } from './yaml-lines.ts'
import { writeObject, writeRole } from './yaml-write.ts'

type Roles = ReadonlyMap<string, RoleEntry>
/** By role what it is to be; null: it goes. */
export type RoleChanges = ReadonlyMap<string, RoleEntry | null>

/** The roles of a roles_mapping.yml by name, in its order. Throws ConfigError. */
export function readRoles(text: string, file: string): Map<string, RoleEntry> {
  return new Map(parseMappingOnce(text, file).mapping.entries.map((entry) => [entry.role, roleEntryOf(entry)]))
}

/**
 * The text of roles_mapping.yml with some roles set, replaced or deleted; the same text where that changes nothing. Comments, order and
 * formatting of all else stay, and so they do within a role for what keeps its value; the comment directly above a deleted role goes with it.
 * What is returned was read again and says exactly what was meant. Throws ConfigError where the old text is unusable, and RoleEditError:
 * `input` for values that no mapping takes, `missing` for a role to delete that is not there, `file` where this text cannot be edited so.
 */
export function editRoles(text: string, file: string, changes: RoleChanges): string {
  const { mapping, document } = parseMappingOnce(text, file)
  const before: Roles = new Map(mapping.entries.map((entry) => [entry.role, roleEntryOf(entry)]))
  const real = realChanges(before, changes)
  if (real.size === 0) return text
  refuseUnusable(real, file)
  const meant = changed(before, real)
  for (const rewrites of [false, true]) {
    const edited = write(document, before, real, rewrites)
    // A text of nothing would look like a request whose body was forgotten.
    if (edited !== null && says(edited, file, meant)) return edited === '' ? '{}\n' : edited
  }
  throw new RoleEditError('file', `${file} is written in a way that cannot be edited without losing something`, {
    hint: 'an anchor that other roles use, or comments within braces: change it by hand',
  })
}

function realChanges(before: Roles, changes: RoleChanges): Map<string, RoleEntry | null> {
  const real = new Map<string, RoleEntry | null>()
  for (const [name, entry] of changes) {
    const old = before.get(name)
    if (entry === null && old === undefined) throw new RoleEditError('missing', `there is no role '${name}'`)
    if (entry === null || old === undefined || !isSameRole(old, entry)) real.set(name, entry)
  }
  return real
}

function changed(before: Roles, changes: RoleChanges): Map<string, RoleEntry> {
  const after = new Map(before)
  for (const [name, entry] of changes) {
    if (entry === null) after.delete(name)
    else after.set(name, entry)
  }
  return after
}

/** A pattern that cannot be compiled, a blank name: told of what was asked, not of a file that nobody has seen. */
function refuseUnusable(changes: RoleChanges, file: string): void {
  if (changes.has('_meta')) throw new RoleEditError('input', '`_meta` says what the file is, and is no role')
  const lines = [...changes].flatMap(([name, entry]) => (entry === null ? [] : writeRole(name, entry, '')))
  try {
    parseRoleMapping(lines.join('\n'), file)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first] = error.problems
    throw new RoleEditError('input', `${first?.path}: ${first?.message}`, { problems: error.problems })
  }
}

/** Whether a text reads as exactly these roles, in this order. */
function says(text: string, file: string, meant: Roles): boolean {
  try {
    const read = [...readRoles(text, file)]
    const wanted = [...meant]
    return read.length === wanted.length && read.every(([name, entry], index) => isMeant(name, entry, wanted[index]))
  } catch (error) {
    if (error instanceof ConfigError) return false
    throw error
  }
}

function isMeant(name: string, entry: RoleEntry, wanted: readonly [string, RoleEntry] | undefined): boolean {
  return wanted !== undefined && wanted[0] === name && isSameRole(wanted[1], entry)
}

/** A text that should say what is meant; null where there is no way to write it. `rewrites`: roles as a whole. */
function write(document: YamlDocument, before: Roles, changes: RoleChanges, rewrites: boolean): string | null {
  const editor = new LineEditor(document.source.text)
  const scribe = { document, editor }
  const { root } = document
  if (root.kind === 'scalar') {
    // `null`, written out, stands where roles begin.
    const { text, file } = document.source
    const bare = text.slice(0, root.start) + text.slice(root.end)
    if (bare !== text) return write(parseMappingOnce(bare, file).document, before, changes, rewrites)
    appendRoles(editor, editor.count, '', added(before, changes), false)
    return editor.text()
  }
  if (root.kind !== 'mapping') return null
  if (isFlow(document, root)) return rewriteBraces(document, root, changed(before, changes))
  const blocks = blockEntries(document, editor, root, 0, editor.count)
  if (blocks === null) return null
  const news = added(before, changes)
  for (const [index, block] of blocks.entries()) {
    const entry = changes.get(block.name)
    const old = before.get(block.name)
    if (entry === undefined || old === undefined) continue
    if (entry === null) deleteRole(scribe, block, index === blocks.length - 1 && news.length > 0)
    else if (rewrites) rewriteRole(scribe, block, entry)
    else editRole(scribe, block, old, entry)
  }
  const last = blocks.at(-1) as BlockEntry
  const spaced = blocks.length > 1 && blocks.slice(1).some(({ lead }) => editor.isBlank(lead - 1))
  appendRoles(editor, last.end, ' '.repeat(last.column), news, spaced)
  return editor.text()
}

function added(before: Roles, changes: RoleChanges): (readonly [string, RoleEntry])[] {
  return [...changes].flatMap(([name, entry]) => (entry === null || before.has(name) ? [] : [[name, entry] as const]))
}

function appendRoles(
  editor: LineEditor,
  at: number,
  indent: string,
  roles: readonly (readonly [string, RoleEntry])[],
  spaced: boolean,
): void {
  for (const [name, entry] of roles) editor.insert(at, [...(spaced ? [''] : []), ...writeRole(name, entry, indent)])
}

/** With the comment directly above it, and with one of two blank lines that would then meet. */
function deleteRole({ editor }: Scribe, { lead, end }: BlockEntry, isFollowed: boolean): void {
  const meets = !isFollowed && end < editor.count && editor.isBlank(end) && (lead === 0 || editor.isBlank(lead - 1))
  editor.replace(lead, meets ? end + 1 : end, [])
}

/** A file that is all in braces (JSON, for one) is written anew between them, as JSON; null where comments would be lost. */
function rewriteBraces(document: YamlDocument, braces: YamlMapping, roles: Roles): string | null {
  const { text } = document.source
  const end = endOfBraces(text, braces)
  if (end === null) return null
  const meta = braces.entries.get('_meta')
  const written = writeObject(meta === undefined ? undefined : plain(meta.value), roles, ' '.repeat(placeOf(document, braces.start).column))
  return text.slice(0, braces.start) + written + text.slice(end)
}

/** The place after the last brace; null where a comment stands before it. */
function endOfBraces(text: string, braces: YamlMapping): number | null {
  const end = endOfTokens(braces)
  const closing = /^[\s,\]}]*\}/.exec(text.slice(end))
  return closing === null || commentsBetween(text, braces) ? null : end + closing[0].length
}

/** Whether there is a `#` anywhere but in a scalar. */
function commentsBetween(text: string, node: YamlNode): boolean {
  const scalars: YamlNode[] = []
  const collect = (one: YamlNode): void => {
    if (one.kind === 'scalar') scalars.push(one)
    else if (one.kind === 'sequence') one.items.forEach(collect)
    else for (const { key, value } of one.entries.values()) [key, value].forEach(collect)
  }
  collect(node)
  scalars.sort((a, b) => a.start - b.start)
  let at = node.start
  for (const { start, end } of scalars) {
    if (start > at && text.slice(at, start).includes('#')) return true
    at = Math.max(at, end)
  }
  return false
}
