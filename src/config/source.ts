/** Line and column, both counted from 1; columns count UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
}

interface Range {
  readonly start: number
  readonly end: number
}

const SECRET_WORDS = '(?:password|passphrase|secret|token|hash)'
const SECRET_KEY = /(?:^|[_-])(?:password|passphrase|pass|secret|token|hash)$/i
// None of these looks at a part of a line again and again: it may be the whole file. SECRET_BLOCK is for a line without spaces at its end.
const SECRET_PAIR = new RegExp(`${SECRET_WORDS}["']?\\s*[:=]\\s*(?=([^]*)$)`, 'i')
const SECRET_BLOCK = new RegExp(`${SECRET_WORDS}["']?\\s*:\\s*(?:[|>][-+0-9]*|["'][^]*)?$`, 'i')
const QUOTED_VALUE = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')(?=\s*(?:$|[,}\]#]))/
const PLACEHOLDER_VALUE = /^(["']?)\$\{[^}]*\}\1(?=\s*(?:$|[,}\]#]))/
const SNIPPET_WIDTH = 120
const MASK = '***'
/** Characters of a line from which on what was made of it is kept for its next problem. */
const LONG_LINE = 1_000

/** A line as it may be shown. */
interface ShownLine {
  readonly raw: string
  readonly hidden: readonly Range[]
  readonly shown: string
}

/** Keys whose literal values never appear in a snippet or message. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key)
}

/** The text of one file: offsets become positions and snippets, and literal secrets are masked in whatever is shown. */
export class SourceText {
  readonly file: string
  readonly text: string
  readonly #lineStarts: number[] = [0]
  readonly #masks = new Map<number, Range[]>()
  /** Until the syntax tree has named the secrets, whatever looks like one is masked to the end of its line. */
  #masksKnown = false
  readonly #longLines = new Map<number, ShownLine>()
  readonly #longRanges = new Map<number, Range>()

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) this.#lineStarts.push(index + 1)
    }
  }

  position(offset: number): Position {
    const line = this.#lineAt(offset)
    return { line: line + 1, column: offset - this.#lineStart(line) + 1 }
  }

  /** The text of a line, counted from 1, without its indentation, list dash and comment. */
  lineRange(line: number): Range {
    const known = this.#longRanges.get(line)
    if (known !== undefined) return known
    const whole = this.#rawLine(line - 1)
    const comment = whole.search(/\s#/)
    const raw = (comment < 0 ? whole : whole.slice(0, comment)).trimEnd()
    const indent = /^[\s-]*/.exec(raw)?.[0].length ?? 0
    const start = this.#lineStart(line - 1)
    const range = { start: start + Math.min(indent, raw.length), end: start + raw.length }
    if (whole.length > LONG_LINE) this.#longRanges.set(line, range)
    return range
  }

  /** From now on the range is shown as `***`. */
  mask(start: number, end: number): void {
    for (let line = this.#lineAt(start); line < this.#lineStarts.length && this.#lineStart(line) < end; line++) {
      const masks = this.#masks.get(line) ?? []
      masks.push({ start: Math.max(0, start - this.#lineStart(line)), end: end - this.#lineStart(line) })
      this.#masks.set(line, masks)
      this.#longLines.delete(line)
    }
  }

  /** The whole text was parsed and its secrets masked: guesses are needed in comments only. */
  masksAreComplete(): void {
    this.#masksKnown = true
    this.#longLines.clear()
  }

  /** The line of `start` with its number, and carets under the range as far as it reaches on that line. */
  snippet(start: number, end: number): string {
    const line = this.#lineAt(start)
    const { raw, hidden, shown } = this.#shownLine(line)
    const from = maskedColumn(hidden, Math.min(start - this.#lineStart(line), raw.length))
    const to = maskedColumn(hidden, Math.min(end - this.#lineStart(line), raw.length))
    const cut = from > SNIPPET_WIDTH - 20 ? from - 40 : 0
    const head = cut > 0 ? '...' : ''
    const tail = shown.length > cut + SNIPPET_WIDTH ? '...' : ''
    const number = String(line + 1)
    const carets = '^'.repeat(Math.max(1, Math.min(to, cut + SNIPPET_WIDTH) - from))
    return [
      ` ${number} | ${head}${shown.slice(cut, cut + SNIPPET_WIDTH)}${tail}`,
      ` ${' '.repeat(number.length)} | ${' '.repeat(head.length + from - cut)}${carets}`,
    ].join('\n')
  }

  #shownLine(line: number): ShownLine {
    const known = this.#longLines.get(line)
    if (known !== undefined) return known
    const raw = this.#rawLine(line)
    const hidden = this.#hiddenRanges(line, raw)
    const made = { raw, hidden, shown: printable(withMasks(raw, hidden)) }
    if (raw.length > LONG_LINE) this.#longLines.set(line, made)
    return made
  }

  #lineStart(line: number): number {
    return this.#lineStarts[line] ?? this.text.length
  }

  #lineAt(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStart(middle) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #rawLine(line: number): string {
    return this.text.slice(this.#lineStart(line), this.#lineStart(line + 1)).replace(/[\r\n]+$/, '')
  }

  #hiddenRanges(line: number, raw: string): Range[] {
    const ranges = [...(this.#masks.get(line) ?? []), ...userInfo(raw), ...this.#guessed(line, raw)]
    ranges.sort((a, b) => a.start - b.start)
    const merged: Range[] = []
    for (const range of ranges) {
      const last = merged.at(-1)
      const end = Math.min(range.end, raw.length)
      if (last !== undefined && range.start <= last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) }
      else if (range.start < end) merged.push({ start: range.start, end })
    }
    return merged
  }

  /** What looks like a secret where no syntax tree says so: in a file that does not parse, and in comments. */
  #guessed(line: number, raw: string): Range[] {
    if (!this.#masksKnown && this.#continuesSecret(line, raw)) return [{ start: 0, end: raw.length }]
    const from = this.#masksKnown ? raw.search(/(?:^|\s)#/) : 0
    const match = from < 0 ? null : SECRET_PAIR.exec(raw.slice(from))
    if (match === null) return []
    const value = match[1] ?? ''
    if (value.trim() === '' || PLACEHOLDER_VALUE.test(value)) return []
    const start = from + match.index + match[0].length
    return [{ start, end: start + (QUOTED_VALUE.exec(value)?.[0].length ?? value.length) }]
  }

  /** The line belongs to a value that began above it, under a secret key: `password: |`. */
  #continuesSecret(line: number, raw: string): boolean {
    const indent = indentOf(raw)
    for (let above = line - 1; above >= 0 && line - above < 200; above--) {
      const text = this.#rawLine(above)
      if (text.trim() !== '' && indentOf(text) < indent) return SECRET_BLOCK.test(text.trimEnd())
    }
    return false
  }
}

function withMasks(raw: string, hidden: readonly Range[]): string {
  let text = ''
  let copied = 0
  for (const { start, end } of hidden) {
    text += raw.slice(copied, start) + MASK
    copied = end
  }
  return text + raw.slice(copied)
}

/** Where a column of the raw line stands once the hidden ranges are replaced. */
function maskedColumn(hidden: readonly Range[], column: number): number {
  let shift = 0
  for (const { start, end } of hidden) {
    if (column <= start) break
    if (column < end) return start + shift + MASK.length
    shift += MASK.length - (end - start)
  }
  return column + shift
}

/** User names and passwords inside URLs. */
function userInfo(raw: string): Range[] {
  return [...raw.matchAll(/:\/\/[^/@\s]+@/g)].map((match) => ({ start: match.index + 3, end: match.index + match[0].length - 1 }))
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** Tabs, control and direction-changing characters become spaces: a config line can neither shift the caret nor steer a terminal. */
export function printable(line: string): string {
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
}
