import type { Results } from '../outcome.ts'
import { circumstances, contendersTable, detailsTable, limitsTable, memoryTable, ownTable, ratioTable, type Table } from './tables.ts'

/** The whole report. `chart` is the chart's file name. */
export function renderMarkdown(results: Results, chart: string): string {
  const tables = [limitsTable, ratioTable, ownTable, memoryTable, contendersTable, detailsTable].map((make) => make(results))
  const parts = [
    '# Bench',
    list(circumstances(results)),
    'CPU per request of whole processes, all contenders loaded at the same time on one core; ratios are taken within each round. Median (lowest to highest).',
    ...section('Problems', results.problems),
    `![CPU per request and memory per idle connection](${chart})`,
    ...tables.filter(({ rows }) => rows.length > 0).map(renderTable),
    ...section('Notes', results.notes),
  ]
  return `${parts.join('\n\n')}\n`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}\n\n${list(lines)}`]
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line.replaceAll('\n', '\n  ')}`).join('\n')
}

function renderTable({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`
  return [`## ${title}`, '', line(head), rule, ...rows.map(line)].join('\n')
}
