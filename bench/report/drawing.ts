const WIDTH = 900
const LEFT = 220
const RIGHT = 90
const TRACK = WIDTH - LEFT - RIGHT

/** Light first; a reader who prefers dark gets dark. */
const STYLE = `
  svg { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
  .ground { fill: #ffffff }
  text { fill: #24292f }
  .heading { font-size: 15px; font-weight: 600 }
  .band { font-weight: 600 }
  .quiet { fill: #57606a }
  .grid { stroke: #d0d7de }
  .unity { stroke: #57606a; stroke-width: 1.5 }
  .limit { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 4 3 }
  .ours { fill: #0969da; stroke: #0969da }
  .peer { fill: #6e7781; stroke: #6e7781 }
  text.ours { stroke: none; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #30363d }
    .unity { stroke: #9198a1 }
    .limit { stroke: #f0883e }
    .ours { fill: #58a6ff; stroke: #58a6ff }
    .peer { fill: #8b949e; stroke: #8b949e }
  }`

const GROUND = '<rect class="ground" width="100%" height="100%"/>'

export interface DrawnMark {
  readonly label: string
  readonly text: string
  /** Shares of the width, 0 to 1: the figure, and its extremes. */
  readonly at: number
  readonly from: number
  readonly to: number
  readonly ours: boolean
}

/** SVG elements in the chart's own coordinates. Text from outside is escaped. */
export class Drawing {
  readonly #height: number
  readonly #title: string
  readonly #elements: string[] = []

  constructor(height: number, title: string) {
    this.#height = height
    this.#title = title
  }

  heading(text: string, y: number): void {
    this.#text(16, y, text, 'heading')
  }

  bandTitle(text: string, verdict: string, y: number): void {
    this.#text(16, y, text, 'band')
    this.#text(WIDTH - 12, y, verdict, 'quiet', 'end')
  }

  gridLine(at: number, top: number, bottom: number, label: string, heavy: boolean): void {
    this.#line(at, top, at, bottom, heavy ? 'unity' : 'grid')
    this.#text(x(at), top - 4, label, 'quiet', 'middle')
  }

  /** A dot with whiskers, its name on the left and its figure on the right. */
  mark({ label, text, at, from, to, ours }: DrawnMark, y: number): void {
    const kind = ours ? 'ours' : 'peer'
    this.#text(LEFT - 14, y + 4, label, ours ? 'ours' : '', 'end')
    if (to > from) this.#line(from, y, to, y, kind)
    this.#elements.push(`<circle class="${kind}" cx="${x(at)}" cy="${y}" r="${ours ? 5 : 4}"/>`)
    this.#text(WIDTH - 12, y + 4, text, ours ? 'ours' : '', 'end')
  }

  limit(at: number, top: number, bottom: number): void {
    this.#line(at, top, at, bottom, 'limit')
  }

  toString(): string {
    const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${this.#height}" width="${WIDTH}" role="img">`
    return `${[open, `<title>${escapeXml(this.#title)}</title>`, `<style>${STYLE}\n</style>`, GROUND, ...this.#elements, '</svg>'].join('\n')}\n`
  }

  #text(left: number, y: number, text: string, kind: string, anchor = 'start'): void {
    if (text === '') return
    const style = kind === '' ? '' : ` class="${kind}"`
    this.#elements.push(`<text x="${left}" y="${y}"${style} text-anchor="${anchor}">${escapeXml(text)}</text>`)
  }

  #line(from: number, top: number, to: number, bottom: number, kind: string): void {
    this.#elements.push(`<line class="${kind}" x1="${x(from)}" y1="${top}" x2="${x(to)}" y2="${bottom}"/>`)
  }
}

function x(share: number): number {
  return Math.round((LEFT + share * TRACK) * 10) / 10
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
