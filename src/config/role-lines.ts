/** Edits one role's lines: only what is another value than before is written anew, so that comments beside and between stay. */

import type { YamlDocument } from './document.ts'
import { listChanges } from './list-changes.ts'
import { isSameField, ROLE_FIELDS, type RoleEntry } from './role-entry.ts'
import type { YamlSequence } from './yaml.ts'
import { type BlockEntry, blockEntries, endOfTokens, isFlow, isOwn, type LineEditor, placeOf } from './yaml-lines.ts'
import { writeBraces, writeField, writeRole, writeText, writeValue } from './yaml-write.ts'

export interface Scribe {
  readonly document: YamlDocument
  readonly editor: LineEditor
}

/** Writes a whole role anew in the lines of the old one; comments within it go. */
export function rewriteRole({ editor }: Scribe, block: BlockEntry, entry: RoleEntry): void {
  editor.replace(block.first, block.end, writeRole(block.name, entry, ' '.repeat(block.column)))
}

/** Turns a role into what it is to be with as few lines as possible. What results is for the caller to check. */
export function editRole(scribe: Scribe, block: BlockEntry, before: RoleEntry, after: RoleEntry): void {
  const { document, editor } = scribe
  const { value } = block.entry
  if (value.kind === 'mapping' && isOwn(document, block)) {
    const fields = isFlow(document, value) ? null : blockEntries(document, editor, value, block.first + 1, block.end)
    if (fields !== null) editFields(scribe, fields, before, after)
    else if (isFlow(document, value)) editBraces(scribe, block, after)
    else rewriteRole(scribe, block, after)
  } else {
    rewriteRole(scribe, block, after)
  }
}

/** `readall: { users: [CLIENT1] }  # why` */
function editBraces({ document, editor }: Scribe, block: BlockEntry, after: RoleEntry): void {
  const { value } = block.entry
  const { line, column } = placeOf(document, value.start)
  const tail = commentBehind({ document, editor }, block)
  editor.replace(line, block.end, [`${editor.line(line).slice(0, column)}${writeBraces(after)}${tail}`])
}

function editFields(scribe: Scribe, fields: readonly BlockEntry[], before: RoleEntry, after: RoleEntry): void {
  const { document, editor } = scribe
  const last = fields.at(-1) as BlockEntry
  const indent = ' '.repeat(last.column)
  const prefersBrackets =
    fields.some(({ entry }) => entry.value.kind === 'sequence') && fields.every(({ entry }) => !isBlockList(document, entry.value))
  for (const field of ROLE_FIELDS) {
    if (isSameField(field, before, after)) continue
    const value = after[field]
    const there = fields.find(({ name }) => name === field)
    if (there === undefined) {
      const inBrackets = prefersBrackets && Array.isArray(value) && value.length > 0
      editor.insert(last.end, inBrackets ? [`${indent}${field}: ${writeValue(value)}`] : writeField(field, value, indent))
    } else if (value === null) {
      editor.replace(there.lead, there.end, [])
    } else {
      editValue(scribe, there, value)
    }
  }
}

function isBlockList(document: YamlDocument, node: BlockEntry['entry']['value']): boolean {
  return node.kind === 'sequence' && !isFlow(document, node)
}

function editValue(scribe: Scribe, field: BlockEntry, value: NonNullable<RoleEntry[keyof RoleEntry]>): void {
  const { document, editor } = scribe
  const node = field.entry.value
  if (Array.isArray(value) && node.kind === 'sequence' && isOwn(document, field) && !isFlow(document, node)) {
    const items = itemLines(scribe, field, node)
    if (items === null) rewriteList(scribe, field, value)
    else if (value.length === 0) emptyList(scribe, field, items)
    else editItems(editor, items, value)
    return
  }
  const tail = isOwn(document, field) ? commentBehind(scribe, field) : ''
  editor.replace(field.first, field.end, [`${keyText(scribe, field)} ${writeValue(value)}${tail}`])
}

function rewriteList(scribe: Scribe, field: BlockEntry, values: readonly string[]): void {
  const key = keyText(scribe, field)
  const indent = ' '.repeat(field.column)
  const lines = values.length === 0 ? [`${key} []`] : [key, ...values.map((value) => `${indent}  - ${writeText(value)}`)]
  scribe.editor.replace(field.first, field.end, lines)
}

/** Comments between the items stay, and so does the one beside the key. */
function emptyList(scribe: Scribe, field: BlockEntry, items: readonly ItemLine[]): void {
  const { editor } = scribe
  const key = keyText(scribe, field)
  editor.replace(field.first, field.first + 1, [`${key} []${editor.line(field.first).slice(key.length)}`])
  for (const { line } of items) editor.replace(line, line + 1, [])
}

interface ItemLine {
  readonly line: number
  /** Indentation and dash. */
  readonly dash: string
  readonly value: string
}

/** The items of a block list where each is one line of its own; else null. */
function itemLines({ document, editor }: Scribe, field: BlockEntry, { items }: YamlSequence): ItemLine[] | null {
  const lines: ItemLine[] = []
  for (const item of items) {
    const { line, column } = placeOf(document, item.start)
    const dash = /^ *- +$/.exec(editor.line(line).slice(0, column))?.[0]
    const isLate = line > (lines.at(-1)?.line ?? field.first) && line < field.end
    if (dash === undefined || !isLate || item.kind !== 'scalar' || typeof item.value !== 'string') return null
    if (item.end > item.start && placeOf(document, item.end).line !== line) return null
    lines.push({ line, dash, value: item.value })
  }
  return lines
}

function editItems(editor: LineEditor, items: readonly ItemLine[], values: readonly string[]): void {
  const first = items[0] as ItemLine
  const before = items.map(({ value }) => value)
  for (const { from, removed, added } of listChanges(before, values)) {
    for (const { line } of items.slice(from, from + removed)) editor.replace(line, line + 1, [])
    const behind = items[from - 1]
    const { dash } = behind ?? first
    const written = added.map((value) => `${dash}${writeText(value)}`)
    editor.insert(behind === undefined ? first.line : behind.line + 1, written)
  }
}

/** The key's line up to its colon. */
function keyText({ document, editor }: Scribe, { entry, first }: BlockEntry): string {
  const line = editor.line(first)
  return line.slice(0, line.indexOf(':', placeOf(document, entry.key.end).column) + 1)
}

/** The comment beside the last line of a value, with the space before it; '' where there is none. */
function commentBehind({ document, editor }: Scribe, { entry, first, end }: BlockEntry): string {
  // In a text over several lines it would be a part of it.
  if (entry.value.kind === 'scalar' && end > first + 1) return ''
  const after = placeOf(document, Math.max(endOfTokens(entry.value), entry.key.end))
  const rest = editor.line(end - 1).slice(after.line === end - 1 ? after.column : 0)
  return /^[\s,\]}:]*?(\s+#.*)$/.exec(rest)?.[1] ?? ''
}
