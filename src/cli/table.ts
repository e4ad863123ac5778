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
}

const GAP = '  '

/**
 * Rows under titles, aligned. On a terminal no line is longer than it is wide, as far as columns give way; elsewhere nothing is cut, so
 * that it can be searched. Texts are made printable here.
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], terminal: Terminal): string {
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
  const head = line(
    columns.map(({ title }) => title),
    () => bold,
  )
  const body = rows.map((row, number) => line(cells[number] ?? [], (index) => columns[index]?.style?.(row) ?? same))
  return `${[head, ...body].join('\n')}\n`
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
