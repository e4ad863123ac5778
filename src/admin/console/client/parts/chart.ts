import { html, nothing, svg, type TemplateResult } from 'lit-html'
import { clock } from '../format.ts'
import { linear, logarithmic, type Scale } from './scale.ts'

export interface Series {
  readonly label: string
  /** Its colour, by the style sheet: `data-series`. */
  readonly colour: string
}

export interface ChartOptions {
  readonly title: string
  readonly series: readonly Series[]
  /** The oldest first, evenly apart. null: nothing is known of that time. */
  readonly points: readonly { readonly at: number; readonly values: readonly (number | null)[] }[]
  format(value: number): string
  /** Told in place of the picture, and beside it where nothing is to be seen. */
  readonly summary: string
}

const WIDTH = 600
const HEIGHT = 120

/**
 * Each series a line, on an axis of powers of ten. The last lies undermost and is the broadest: where few requests make them the same, as the
 * quantiles of one are, each is still seen around the one before.
 */
export function lineChart(options: ChartOptions): TemplateResult {
  const { points, series } = options
  const scale = logarithmic(points.flatMap(({ values }) => values.filter((value) => value !== null)))
  const lines = series.map(({ colour }, index) => {
    const path = linePath(
      points.map(({ values }) => values[index] ?? null),
      scale,
    )
    return svg`<path class="chart-line" data-series=${colour} data-layer=${index} d=${path}/>`
  })
  return frame(options, scale, lines.reverse())
}

/** The series on top of each other. */
export function stackedBars(options: ChartOptions): TemplateResult {
  const { points, series } = options
  const scale = linear(points.map(({ values }) => sum(values)))
  const step = WIDTH / Math.max(1, points.length)
  const bars = points.flatMap(({ values }, at) => {
    let below = 0
    return series.map(({ colour }, index) => {
      const height = scale.at(values[index] ?? 0) * HEIGHT
      below += height
      if (height === 0) return nothing
      return svg`<rect class="chart-bar" data-series=${colour} x=${at * step + step * 0.1} y=${HEIGHT - below} width=${step * 0.8} height=${height}/>`
    })
  })
  return frame(options, scale, bars)
}

/** A small line without axes, for a tile; what it shows is told beside it. */
export function sparkline(values: readonly (number | null)[], colour = 'accent'): TemplateResult {
  const scale = linear(values.map((value) => value ?? 0))
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">${svg`<path class="chart-line" data-series=${colour} d=${linePath(values, scale)}/>`}</svg>`
}

function frame({ title, series, points, format, summary }: ChartOptions, scale: Scale, drawn: unknown): TemplateResult {
  const step = WIDTH / Math.max(1, points.length)
  const told = points.map(({ at, values }, index) => {
    const text = values.flatMap((value, one) => (value === null ? [] : [`${series[one]?.label}: ${format(value)}`]))
    return svg`<rect class="chart-hit" x=${index * step} y="0" width=${step} height=${HEIGHT}><title>${clock(at)}${text.length === 0 ? ', nothing known' : `\n${text.join('\n')}`}</title></rect>`
  })
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <div class="chart-plot">
      ${LABELS.map(([place, mark]) => html`<span class=${`chart-${place}`} aria-hidden="true">${format(scale.marks.at(mark(scale.marks.length)) ?? 0)}</span>`)}
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}. ${summary}">
        ${svg`<path class="chart-grid" d=${scale.marks.map((mark) => `M0 ${Math.min(HEIGHT - 0.5, Math.max(0.5, HEIGHT * (1 - scale.at(mark))))}H${WIDTH}`).join('')}/>`}${drawn}${told}
      </svg>
    </div>
    <p class="chart-span" aria-hidden="true"><span>${clock(points[0]?.at ?? 0)}</span><span>${clock(points.at(-1)?.at ?? 0)}</span></p>
    <ul class="chart-legend" aria-hidden="true">${series.map(({ label, colour }) => html`<li data-series=${colour}><span class="chart-key"></span>${label}</li>`)}</ul>
  </figure>`
}

/** Which of the marks are told in words: all of them would be too many. */
const LABELS: readonly (readonly [place: string, mark: (many: number) => number])[] = [
  ['most', () => -1],
  ['half', (many) => (many - 1) / 2],
  ['least', () => 0],
]

/** Broken where nothing is known. */
function linePath(values: readonly (number | null)[], scale: Scale): string {
  const step = WIDTH / Math.max(1, values.length)
  let path = ''
  let isBroken = true
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      const x = (index + 0.5) * step
      const y = HEIGHT - scale.at(value) * (HEIGHT - 2) - 1
      // A point between two gaps is seen too.
      path += isBroken ? `M${(x - 2).toFixed(1)} ${y.toFixed(1)}h4` : `L${x.toFixed(1)} ${y.toFixed(1)}`
    }
    isBroken = value === null
  }
  return path
}

const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0)
