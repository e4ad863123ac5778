import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CHECKOUT } from './checkout.ts'

/** A fenced block: the words after the fence, its text, and the line it begins on. */
export interface Block {
  readonly language: string
  /** The word after the language: what the block is. */
  readonly kind: string
  readonly text: string
  readonly line: number
}

/** A row of a table, its cells trimmed, with the cells of the table's head. */
export interface Row {
  readonly head: readonly string[]
  readonly cells: readonly string[]
  readonly line: number
}

const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'data', 'dist', 'results', 'tmp'])

/** Paths of all Markdown files of the checkout, relative to it. */
export function markdownFiles(folder = CHECKOUT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdownFiles(path)
    return entry.name.endsWith('.md') ? [relative(CHECKOUT, path)] : []
  })
}

export function readDocument(path: string): string {
  return readFileSync(join(CHECKOUT, path), 'utf8')
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(({ 1: info = '', 2: body = '', index }) => {
    const [language = '', kind = ''] = info.trim().split(/\s+/)
    return { language, kind, text: body, line: text.slice(0, index).split('\n').length }
  })
}

/** Everything outside fenced blocks, with the lines of the blocks left empty. */
export function proseOf(text: string): string {
  return text.replace(/^```[^\n]*\n.*?^```$/gms, (block) => block.replace(/[^\n]/g, ''))
}

export function rowsOf(text: string): Row[] {
  const rows: Row[] = []
  let head: string[] | null = null
  for (const [index, line] of proseOf(text).split('\n').entries()) {
    if (!line.startsWith('|')) head = null
    else if (head === null) head = cellsOf(line)
    else if (!/^\|[\s|:-]+\|$/.test(line)) rows.push({ head, cells: cellsOf(line), line: index + 1 })
  }
  return rows
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(' |')
    .map((cell) => cell.replace(/^\|/, '').trim())
}

/** GitHub's anchors of a document's headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    anchors.add(plain)
  }
  return anchors
}
