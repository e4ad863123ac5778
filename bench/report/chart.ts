import { judge, type Outcome, type Results } from '../outcome.ts'
import { Drawing } from './drawing.ts'
import { kilobytes, ratio } from './format.ts'

/** One line of the chart: a figure with its extremes. */
interface Mark {
  readonly label: string
  readonly value: number
  readonly lowest: number
  readonly highest: number
  readonly ours: boolean
}

/** A heading and its marks, on an axis of its own kind. */
interface Band {
  readonly title: string
  readonly limit: number | null
  readonly verdict: string
  readonly marks: readonly Mark[]
}

interface Axis {
  readonly title: string
  readonly ticks: readonly number[]
  readonly print: (value: number) => string
  /** Share of the width, 0 to 1. */
  readonly place: (value: number) => number
  /** Where a heavier line stands. */
  readonly unity: number | null
}

const ROW = 18
const HEADING = 24
const SECTION = 52

/** An SVG of its own, readable on light and dark ground; empty sections are left out. */
export function renderChart(results: Results): string {
  const ratios = results.outcomes.flatMap(ratioBand)
  const memories = results.outcomes.flatMap(memoryBand)
  const sections: [Axis, Band[]][] = [
    [ratioAxis(ratios), ratios],
    [memoryAxis(memories), memories],
  ]
  const shown = sections.filter(([, bands]) => bands.length > 0)
  const height = shown.reduce((sum, [, bands]) => sum + SECTION + bands.reduce((total, band) => total + bandHeight(band), 0), 16)
  const drawing = new Drawing(height, `certgate bench, ${results.date.slice(0, 10)}`)
  let y = 0
  for (const [axis, bands] of shown) y = drawSection(drawing, axis, bands, y)
  return drawing.toString()
}

function ratioBand(outcome: Outcome): Band[] {
  if (outcome.kind !== 'duel' || outcome.rows.length < 2) return []
  const [baseline, ...others] = outcome.rows
  const marks = others.map(({ label, ratio: { median, lowest, highest } }) => {
    return { label, value: median, lowest, highest, ours: isOurs(label, baseline?.label) }
  })
  const against = baseline?.label === 'nginx' ? '' : `: against ${baseline?.label}`
  return [{ title: outcome.title + against, ...limitOf(outcome), marks }]
}

function memoryBand(outcome: Outcome): Band[] {
  if (outcome.kind !== 'memory' || outcome.rows.length === 0) return []
  const marks = outcome.rows.map(({ label, perConnection: value }) => {
    return { label, value, lowest: value, highest: value, ours: isOurs(label, 'nginx') }
  })
  return [{ title: outcome.title, ...limitOf(outcome), marks }]
}

/** Against anything but nginx, every mark is certgate. */
function isOurs(label: string, baseline: string | undefined): boolean {
  return label === 'certgate' || baseline !== 'nginx'
}

function limitOf(outcome: Outcome): { limit: number | null; verdict: string } {
  if (outcome.limit === null) return { limit: null, verdict: '' }
  const print = outcome.kind === 'duel' ? ratio : kilobytes
  return { limit: outcome.limit.atMost, verdict: `at most ${print(outcome.limit.atMost)}: ${judge(outcome).verdict}` }
}

/** Logarithmic: twice as fast and twice as slow are the same distance from 1. */
function ratioAxis(bands: readonly Band[]): Axis {
  const values = [0.5, 2, ...bands.flatMap(({ marks }) => marks.flatMap(({ lowest, highest }) => [lowest, highest]))].filter(
    (value) => value > 0,
  )
  const low = Math.floor(Math.log2(Math.min(...values)))
  const high = Math.ceil(Math.log2(Math.max(...values)))
  return {
    title: 'CPU per request, nginx is 1 (smaller is better)',
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i)),
    print: (value) => String(value),
    place: (value) => (Math.log2(value) - low) / (high - low),
    unity: 1,
  }
}

function memoryAxis(bands: readonly Band[]): Axis {
  const most = Math.max(1024, ...bands.flatMap(({ marks, limit }) => [limit ?? 0, ...marks.map(({ value }) => value)]))
  const step = 1024 * ([10, 20, 50, 100, 200, 500, 1000].find((size) => (size * 1024 * 8) / most >= 1) ?? 2000)
  const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step)
  const last = ticks.at(-1) ?? step
  return {
    title: 'Memory per idle connection (smaller is better)',
    ticks,
    print: (value) => `${value / 1024} KB`,
    place: (value) => Math.max(0, value / last),
    unity: null,
  }
}

function bandHeight({ marks }: Band): number {
  return HEADING + marks.length * ROW + 6
}

function drawSection(drawing: Drawing, axis: Axis, bands: readonly Band[], top: number): number {
  drawing.heading(axis.title, top + 22)
  const bottom = top + SECTION + bands.reduce((sum, band) => sum + bandHeight(band), 0)
  for (const tick of axis.ticks) drawing.gridLine(axis.place(tick), top + SECTION - 8, bottom - 4, axis.print(tick), tick === axis.unity)
  let y = top + SECTION
  for (const band of bands) {
    drawing.bandTitle(band.title, band.verdict, y + 15)
    y += HEADING
    const from = y
    for (const { label, value, lowest, highest, ours } of band.marks) {
      const print = axis.unity === null ? kilobytes : ratio
      drawing.mark(
        { label, text: print(value), at: axis.place(value), from: axis.place(lowest), to: axis.place(highest), ours },
        y + ROW / 2,
      )
      y += ROW
    }
    if (band.limit !== null) drawing.limit(axis.place(band.limit), from, y)
    y += 6
  }
  return bottom
}
