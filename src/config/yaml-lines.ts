import type { YamlDocument } from './document.ts'
import type { YamlEntry, YamlMapping, YamlNode } from './yaml.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly lines: readonly string[]
}

/** A file in lines, counted from 0. Edits are given by the lines as they were, and made all at once; every other line stays byte for byte. */
export class LineEditor {
  readonly #lines: readonly string[]
  readonly #edits: Edit[] = []
  readonly #newline: string

  constructor(text: string) {
    this.#lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? []
    this.#newline = /\r\n|\r|\n/.exec(text)?.[0] ?? '\n'
  }

  get count(): number {
    return this.#lines.length
  }

  /** Without its line break; empty beyond the last. */
  line(index: number): string {
    return (this.#lines[index] ?? '').replace(/[\r\n]+$/, '')
  }

  isBlank(index: number): boolean {
    return this.line(index).trim() === ''
  }

  /** Puts lines (without breaks) in the place of those from `start` to before `end`. */
  replace(start: number, end: number, lines: readonly string[]): void {
    this.#edits.push({ start, end, lines })
  }

  insert(at: number, lines: readonly string[]): void {
    this.replace(at, at, lines)
  }

  text(): string {
    const lines = [...this.#lines]
    const last = lines.length - 1
    if (this.#edits.some(({ start, lines }) => start > last && lines.length > 0) && last >= 0 && !/[\r\n]$/.test(lines[last] as string)) {
      lines[last] += this.#newline
    }
    // From the end, so that line numbers stay true; at one place what is taken out goes first, and what was put in first stays first.
    const order = this.#edits.map((edit, index) => ({ ...edit, index }))
    order.sort((a, b) => b.start - a.start || b.end - a.end || b.index - a.index)
    for (const { start, end, lines: put } of order) lines.splice(start, end - start, ...put.map((line) => line + this.#newline))
    return lines.join('')
  }
}

/** One key of a block mapping with the lines that are its own. */
export interface BlockEntry {
  readonly name: string
  readonly entry: YamlEntry
  /** First line of the comment directly above it; `first` where there is none. */
  readonly lead: number
  readonly first: number
  /** The line after its last: comments and blank lines behind it belong to nobody, or to the next. */
  readonly end: number
  readonly column: number
}

/** The keys of a block mapping whose lines are those from `from` to before `limit`; null where that is not how it is written. */
export function blockEntries(
  document: YamlDocument,
  editor: LineEditor,
  mapping: YamlMapping,
  from: number,
  limit: number,
): BlockEntry[] | null {
  if (document.source.text[mapping.start] === '{') return null
  const placed = [...mapping.entries].map(([name, entry]) => ({ name, entry, ...placeOf(document, entry.key.start) }))
  const column = placed[0]?.column ?? -1
  // What `<<` brought in stands elsewhere.
  const own = placed.filter((one) => one.line >= from && one.line < limit && one.column === column)
  if (own.length === 0 || own.some((one, index) => index > 0 && one.line <= (own[index - 1]?.line ?? 0))) return null
  let previousEnd = from
  return own.map(({ name, entry, line: first }, index) => {
    const next = own[index + 1]?.line ?? limit
    let end = next
    while (end > first + 1 && isBetween(editor.line(end - 1), column)) end--
    const lead = leadOf(editor, first, previousEnd)
    previousEnd = end
    return { name, entry, lead, first, end, column }
  })
}

/** Blank, a comment no deeper than the keys, or the mark of a document's end. */
function isBetween(line: string, column: number): boolean {
  const comment = /^( *)#/.exec(line)
  return line.trim() === '' || (comment !== null && (comment[1] as string).length <= column) || /^(?:\.\.\.|---)(?:\s|$)/.test(line)
}

/** The comment that begins the file is about the file. */
function leadOf(editor: LineEditor, first: number, previousEnd: number): number {
  let lead = first
  while (lead > previousEnd && /^\s*#/.test(editor.line(lead - 1))) lead--
  return lead === 0 || /^---(?:\s|$)/.test(editor.line(lead - 1)) ? first : lead
}

/** Line from 0 and column from 0. */
export function placeOf(document: YamlDocument, offset: number): { readonly line: number; readonly column: number } {
  const { line, column } = document.source.position(offset)
  return { line: line - 1, column: column - 1 }
}

/** Whether a value is written where its key is, and not behind an alias. */
export function isOwn(document: YamlDocument, { entry, first, end }: BlockEntry): boolean {
  const { line } = placeOf(document, entry.value.start)
  return entry.value.start >= entry.key.end && line >= first && line < end
}

/** Whether a value is in braces or brackets. */
export function isFlow(document: YamlDocument, { kind, start }: YamlNode): boolean {
  return kind !== 'scalar' && /[[{]/.test(document.source.text[start] ?? '')
}

/** The place after the last token of a value: all that comes behind it in its lines closes what it opened, or is a comment. */
export function endOfTokens(node: YamlNode): number {
  if (node.kind === 'scalar') return node.end
  const inside = node.kind === 'sequence' ? node.items : [...node.entries.values()].map(({ value }) => value)
  return inside.reduce((end, one) => Math.max(end, endOfTokens(one)), node.end)
}
