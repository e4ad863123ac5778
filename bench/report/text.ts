import type { Results } from '../outcome.ts'
import { circumstances, contendersTable, limitsTable, memoryTable, ownTable, ratioTable, type Table } from './tables.ts'

/** The report for a terminal; the Markdown has absolute figures as well. */
export function renderText(results: Results): string {
  const tables = [contendersTable, ratioTable, ownTable, memoryTable, limitsTable].map((make) => make(results))
  const parts = [
    circumstances(results).join('\n'),
    ...tables.filter(({ rows }) => rows.length > 0).map(renderTable),
    ...results.notes.map((note) => `note: ${note}`),
    ...results.problems.map((problem) => `problem: ${problem}`),
  ]
  return `${parts.join('\n\n')}\n`
}

function renderTable({ title, head, rows }: Table): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [title, ...all.map((row) => `  ${line(row)}`)].join('\n')
}
