import { html, nothing, svg, type TemplateResult } from 'lit-html'
import { clock } from '../format.ts'

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

/** Each series a line. */
export function lineChart(options: ChartOptions): TemplateResult {
  const { points, series } = options
  const most = ceiling(Math.max(0, ...points.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const lines = series.map(({ colour }, index) => {
    const path = linePath(
      points.map(({ values }) => values[index] ?? null),
      most,
    )
    return svg`<path class="chart-line" data-series=${colour} d=${path}/>`
  })
  return frame(options, most, lines)
}

/** The series on top of each other. */
export function stackedBars(options: ChartOptions): TemplateResult {
  const { points, series } = options
  const most = ceiling(Math.max(0, ...points.map(({ values }) => sum(values))))
  const step = WIDTH / Math.max(1, points.length)
  const bars = points.flatMap(({ values }, at) => {
    let below = 0
    return series.map(({ colour }, index) => {
      const height = ((values[index] ?? 0) / most) * HEIGHT
      below += height
      if (height === 0) return nothing
      return svg`<rect class="chart-bar" data-series=${colour} x=${at * step + step * 0.1} y=${HEIGHT - below} width=${step * 0.8} height=${height}/>`
    })
  })
  return frame(options, most, bars)
}

/** A small line without axes, for a tile; what it shows is told beside it. */
export function sparkline(values: readonly (number | null)[], colour = 'accent'): TemplateResult {
  const most = ceiling(Math.max(0, ...values.map((value) => value ?? 0)))
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">${svg`<path class="chart-line" data-series=${colour} d=${linePath(values, most)}/>`}</svg>`
}

function frame({ title, series, points, format, summary }: ChartOptions, most: number, drawn: unknown): TemplateResult {
  const step = WIDTH / Math.max(1, points.length)
  const told = points.map(({ at, values }, index) => {
    const text = values.flatMap((value, one) => (value === null ? [] : [`${series[one]?.label}: ${format(value)}`]))
    return svg`<rect class="chart-hit" x=${index * step} y="0" width=${step} height=${HEIGHT}><title>${clock(at)}${text.length === 0 ? ', nothing known' : `\n${text.join('\n')}`}</title></rect>`
  })
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <div class="chart-plot">
      <span class="chart-most" aria-hidden="true">${format(most)}</span>
      <span class="chart-half" aria-hidden="true">${format(most / 2)}</span>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}. ${summary}">
        ${svg`<path class="chart-grid" d="M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}"/>`}${drawn}${told}
      </svg>
    </div>
    <p class="chart-span" aria-hidden="true"><span>${clock(points[0]?.at ?? 0)}</span><span>${clock(points.at(-1)?.at ?? 0)}</span></p>
    <ul class="chart-legend" aria-hidden="true">${series.map(({ label, colour }) => html`<li data-series=${colour}><span class="chart-key"></span>${label}</li>`)}</ul>
  </figure>`
}

/** Broken where nothing is known. */
function linePath(values: readonly (number | null)[], most: number): string {
  const step = WIDTH / Math.max(1, values.length)
  let path = ''
  let isBroken = true
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      const x = (index + 0.5) * step
      const y = HEIGHT - (value / most) * (HEIGHT - 2) - 1
      // A point between two gaps is seen too.
      path += isBroken ? `M${(x - 2).toFixed(1)} ${y.toFixed(1)}h4` : `L${x.toFixed(1)} ${y.toFixed(1)}`
    }
    isBroken = value === null
  }
  return path
}

/** The next number that is easily read: 1, 2 or 5 by a power of ten. */
export function ceiling(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((one) => one * power >= value * 0.999) ?? 10
  return factor * power
}

const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0)
