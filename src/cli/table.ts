import { stripVTControlCharacters } from 'node:util'
import type { Terminal } from './command.ts'
import { printable, shortened, widthOf } from './printable.ts'
import { styles } from './style.ts'

export interface Column<Row> {
  readonly title: string
  text(row: Row): string
  /** Applied to the text once it has its width. */
  style?(row: Row): (text: string) => string
  /** Gives way where the line is too long; at least this wide. Absent: always shown whole. */
  readonly shrinksTo?: number
  /** Of the last one: never cut on a terminal, but told in several lines. */
  readonly wraps?: true
}

const GAP = '  '
/** What wraps stands beside the others where it has that much room, else below them. */
const READABLE = 40

/**
 * Rows under titles, aligned. On a terminal no line is longer than it is wide, as far as columns give way; elsewhere nothing is cut, so
 * that it can be searched. Texts are made printable here.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], terminal: Terminal): string {
  const last = columns.at(-1)
  if (!terminal.isTty || last?.wraps !== true) return `${lines(columns, rows, terminal).join('\n')}\n`
  const others = columns.slice(0, -1)
  const left = lines(others, rows, terminal)
  const texts = [last.title, ...rows.map((row) => printable(last.text(row)))]
  if (texts.slice(1).every((text) => text === '')) return `${left.join('\n')}\n`
  const leftWidth = Math.max(...left.map(plainWidth))
  const room = terminal.columns - leftWidth - GAP.length
  const longest = Math.max(...texts.map(widthOf))
  const isBeside = longest <= room || room >= READABLE
  const width = isBeside ? room : terminal.columns - GAP.length
  const { bold } = styles(terminal)
  const shown = texts.map((text, index) => wrapped(text, width).map((line) => (index === 0 ? bold(line) : line)))
  const out = left.flatMap((line, index) => {
    const [first = '', ...more] = shown[index] ?? []
    const indent = isBeside ? ' '.repeat(leftWidth) : ''
    const head = isBeside ? `${line}${' '.repeat(leftWidth - plainWidth(line))}${GAP}${first}`.trimEnd() : line
    const below = (isBeside ? more : [first, ...more]).filter((text) => text !== '')
    return [head, ...below.map((text) => `${indent}${GAP}${text}`)]
  })
  return `${out.join('\n')}\n`
}

/** The head, and one line of each row. */
function lines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], terminal: Terminal): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))))
  const natural = columns.map(({ title }, index) => Math.max(widthOf(title), ...cells.map((line) => widthOf(line[index] ?? ''))))
  const widths = terminal.isTty ? fitted(columns, natural, terminal.columns) : natural
  const { bold } = styles(terminal)
  const line = (texts: readonly string[], style: (index: number) => (text: string) => string) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0
        const short = shortened(text, width)
        const padding = index === texts.length - 1 ? '' : ' '.repeat(width - widthOf(short))
        return `${style(index)(short)}${padding}`
      })
      .join(GAP)
      .trimEnd()
  const titles = columns.map(({ title }) => title)
  return [
    line(titles, () => bold),
    ...rows.map((row, number) => line(cells[number] ?? [], (index) => columns[index]?.style?.(row) ?? same)),
  ]
}

/** Without the escapes of its colours. */
const plainWidth = (line: string): number => widthOf(stripVTControlCharacters(line))

/** Lines of at most `width` columns, broken between words where there are any. */
export function wrapped(text: string, width: number): string[] {
  const result: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (widthOf(longer) <= width) {
      current = longer
      continue
    }
    if (current !== '') result.push(current)
    current = word
    while (widthOf(current) > width) {
      const cut = cutAt(current, width)
      result.push(current.slice(0, cut))
      current = current.slice(cut)
    }
  }
  return [...result, current]
}

/** How many code units of a text fit into `width` columns; one character at least. */
function cutAt(text: string, width: number): number {
  let end = 0
  for (const character of text) {
    if (end > 0 && widthOf(text.slice(0, end + character.length)) > width) break
    end += character.length
  }
  return end
}

/** Takes from those that give way, the widest first. */
function fitted<Row>(columns: readonly Column<Row>[], natural: readonly number[], available: number): number[] {
  const widths = [...natural]
  const room = available - GAP.length * (columns.length - 1)
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width, 0) - room
    if (over <= 0) return widths
    const able = columns.map(({ shrinksTo }, index) => (widths[index] ?? 0) > (shrinksTo ?? Number.POSITIVE_INFINITY))
    const widest = widths.reduce((best, width, index) => (able[index] && (best < 0 || width > (widths[best] ?? 0)) ? index : best), -1)
    if (widest < 0) return widths
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}

/** Names and values below each other, the values aligned; an empty value is left out. */
export function pairs(rows: readonly (readonly [string, string])[], terminal: Terminal): string {
  const shown = rows.filter(([, value]) => value !== '')
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  const { dim } = styles(terminal)
  return shown.map(([name, value]) => `${dim(name)}${' '.repeat(width - widthOf(name))}${GAP}${value}\n`).join('')
}

const same = (text: string): string => text
