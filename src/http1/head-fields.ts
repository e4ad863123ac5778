import { COLON, CR, FIELD_VALUE, HTAB, LF, NAME_CLASS, SP, TOKEN } from './bytes.ts'
import { Cuts } from './cuts.ts'
import { DEAD, type HeaderTable, OTHER, START } from './header-table.ts'

/** Outcome of reading a head. Anything below zero ends the connection. */
export const COMPLETE = 1
export const INCOMPLETE = 0
export const MALFORMED = -1
export const TOO_LARGE = -2
export const BAD_EXPECTATION = -3

/** At most 15 digits, so that a length stays exact (RFC 9110 8.6); -1 for anything but decimal digits. */
export function parseContentLength(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > 15) return -1
  let length = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length
}

/** The field section of a head (RFC 9112 5), read in one pass; what a field means is the subclass's business. */
export abstract class HeadFields {
  /** Why the last head was refused, for the operator. */
  problem = ''
  /** First byte after the head. */
  end = 0
  /** First byte after the request or status line. */
  fieldsStart = 0
  /** -1 where absent. */
  contentLength = -1
  chunked = false
  readonly cuts: Cuts

  constructor(cuts: number) {
    this.cuts = new Cuts(cuts)
  }

  /** A field whose name the table knows: its line is `[line, lineEnd)` with CRLF, its value `[start, end)`. */
  protected abstract known(id: number, bytes: Uint8Array, line: number, start: number, end: number, lineEnd: number): number

  /** Called at the blank line. */
  protected abstract finished(): number

  protected bad(problem: string): number {
    this.problem = problem
    return MALFORMED
  }

  /**
   * Whether white space other than spaces stands around a framing field's value, which RFC 9110 5.6.3 allows: llhttp and others do not take
   * `chunked` and a tab for chunked, and the line goes on as it came.
   */
  protected isTabbed(bytes: Uint8Array, line: number, start: number, end: number, lineEnd: number): boolean {
    for (let i = end; i < lineEnd; i++) if (bytes[i] === HTAB) return true
    for (let i = start - 1; i > line && bytes[i] !== COLON; i--) if (bytes[i] === HTAB) return true
    return false
  }

  protected cut(from: number, to: number): number {
    if (this.cuts.append(from, to)) return COMPLETE
    this.problem = 'too many hop-by-hop or reserved header fields'
    return TOO_LARGE
  }

  /** Reads the fields from `fieldsStart` on; returns COMPLETE, INCOMPLETE, or what is wrong with them. */
  readFields(bytes: Uint8Array, end: number, table: HeaderTable, maxFields: number): number {
    const { next, meaning } = table
    let i = this.fieldsStart
    for (let count = 0; ; count++) {
      if (i >= end) return INCOMPLETE
      if (bytes[i] === CR) {
        if (i + 1 >= end) return INCOMPLETE
        if (bytes[i + 1] !== LF) return this.bad('bare CR in the head')
        this.end = i + 2
        return this.finished()
      }
      if (count >= maxFields) {
        this.problem = `more than ${maxFields} header fields`
        return TOO_LARGE
      }
      const nameStart = i
      let state = START
      for (;;) {
        const kind = NAME_CLASS[bytes[i]]
        if (kind === 0) break
        state = next[(state << 6) | kind]
        if (++i >= end) return INCOMPLETE
        if (state === DEAD) {
          while (i < end && TOKEN[bytes[i]] === 1) i++
          if (i >= end) return INCOMPLETE
          break
        }
      }
      if (bytes[i] !== COLON || i === nameStart) return this.bad('header name holds a byte that is not allowed, or the line is folded')
      i++
      while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++
      const valueStart = i
      while (i < end && FIELD_VALUE[bytes[i]] === 1) i++
      if (i + 1 >= end) return i < end && bytes[i] !== CR ? this.bad('control character in a header value') : INCOMPLETE
      if (bytes[i] !== CR || bytes[i + 1] !== LF) return this.bad('control character in a header value')
      let valueEnd = i
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--
      i += 2
      const id = meaning[state]
      if (id === OTHER) continue
      const outcome = this.known(id, bytes, nameStart, valueStart, valueEnd, i)
      if (outcome !== COMPLETE) return outcome
    }
  }
}
