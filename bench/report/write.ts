import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../outcome.ts'
import { renderChart } from './chart.ts'
import { renderMarkdown } from './markdown.ts'

const CHART = 'chart.svg'

/** Writes report.md, chart.svg and results.json into the folder, and the results to one more file if asked. Returns what was written. */
export function writeReport(results: Results, folder: string, json: string | null): string[] {
  mkdirSync(folder, { recursive: true })
  const text = `${JSON.stringify(results, null, 2)}\n`
  const files: [string, string][] = [
    [join(folder, 'report.md'), renderMarkdown(results, CHART)],
    [join(folder, CHART), renderChart(results)],
    [join(folder, 'results.json'), text],
  ]
  if (json !== null) files.push([json, text])
  for (const [file, content] of files) writeFileSync(file, content)
  return files.map(([file]) => file)
}
