import type { TargetReport } from './engine.ts'

/** One line per target, then the counters, then what was found. */
export function renderReport(reports: readonly TargetReport[], absent: readonly string[], seed: number): string {
  const rows = [
    ['target', 'executions', 'per second', 'seconds', 'accepted', 'refused', 'skipped', 'outcomes', 'slowest ms', 'findings'],
    ...reports.map((report) => [
      report.target,
      String(report.executions),
      (report.executions / report.seconds).toFixed(0),
      report.seconds.toFixed(1),
      String(report.accepted),
      String(report.refused),
      String(report.skipped),
      String(report.outcomes),
      report.slowestMilliseconds.toFixed(0),
      String(report.findings),
    ]),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const table = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column === 0))
      .join('  ')
      .trimEnd(),
  )
  const total = reports.reduce((sum, { executions }) => sum + executions, 0)
  const findings = reports.reduce((sum, report) => sum + report.findings, 0)
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0)
  return [
    ...table,
    ...reports.flatMap(({ target, counters }) => Object.entries(counters).map(([name, count]) => `${target}: ${name}: ${count}`)),
    ...absent,
    ...reports.flatMap(({ target, written }) => written.map(({ kind, file }) => `FOUND ${target}: ${kind}: ${file}`)),
    `seed ${seed}: ${total} executions in ${seconds.toFixed(0)} s, ${findings} findings`,
    '',
  ].join('\n')
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width)
}
