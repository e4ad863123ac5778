import { UnreadableCertificateError } from '../errors.ts'

/** Universal tags as they stand in the identifier octet, the constructed bit included. */
export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OBJECT_IDENTIFIER = 0x06
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const SEQUENCE = 0x30
export const SET = 0x31

const CONSTRUCTED = 0x20
const HIGH_TAG_NUMBER = 0x1f
const INDEFINITE_LENGTH = 0x80
const MAX_LENGTH_BYTES = 4
const MAX_DEPTH = 16

/** Where one element stands in the bytes it was read from; nothing is copied. */
export interface DerElement {
  /** The identifier octet. */
  readonly tag: number
  readonly bytes: Uint8Array
  readonly start: number
  readonly contentStart: number
  readonly end: number
  readonly depth: number
}

/** Identifier, length and content: a view into the bytes that were read. */
export function encodedBytes(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.start, element.end)
}

/** The content alone: a view into the bytes that were read. */
export function contentBytes(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.contentStart, element.end)
}

/**
 * Reads the elements of one DER value in order (X.690 section 10): definite, minimal lengths within bounds, low tag
 * numbers, bounded nesting. Every violation throws UnreadableCertificateError, so what has two readings has none.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #depth: number
  #position: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, depth = 0) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
    this.#depth = depth
  }

  get atEnd(): boolean {
    return this.#position === this.#end
  }

  /** The next element, of whatever type. */
  next(what: string): DerElement {
    const start = this.#position
    const tag = this.#byte(what)
    if ((tag & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) throw unreadable(`${what} has a tag number above 30`, start)
    const length = this.#length(what)
    const contentStart = this.#position
    if (length > this.#end - contentStart) throw unreadable(`${what} is longer than what it stands in`, start)
    this.#position = contentStart + length
    return { tag, bytes: this.#bytes, start, contentStart, end: this.#position, depth: this.#depth }
  }

  /** The next element, which must have this tag. */
  expect(tag: number, what: string): DerElement {
    const element = this.next(what)
    if (element.tag !== tag) throw unreadable(`${what} has tag ${hex(element.tag)} instead of ${hex(tag)}`, element.start)
    return element
  }

  /** The next element if it has this tag; null, and nothing is consumed, if it has another or there is none. */
  optional(tag: number, what: string): DerElement | null {
    return !this.atEnd && this.#bytes[this.#position] === tag ? this.next(what) : null
  }

  /** A reader over the content of the next element, which must have this (constructed) tag. */
  open(tag: number, what: string): DerReader {
    return inside(this.expect(tag, what), what)
  }

  /** Nothing may follow: bytes that nobody reads are bytes that somebody else reads differently. */
  finish(what: string): void {
    if (!this.atEnd) throw unreadable(`${what} is followed by more data`, this.#position)
  }

  #byte(what: string): number {
    const byte = this.#position < this.#end ? this.#bytes[this.#position] : undefined
    if (byte === undefined) throw unreadable(`${what} is missing or cut off`, this.#position)
    this.#position++
    return byte
  }

  #length(what: string): number {
    const start = this.#position
    const first = this.#byte(what)
    if (first < INDEFINITE_LENGTH) return first
    if (first === INDEFINITE_LENGTH) throw unreadable(`${what} has an indefinite length`, start)
    const count = first & 0x7f
    if (count > MAX_LENGTH_BYTES) throw unreadable(`${what} has a length of ${count} bytes`, start)
    let length = 0
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte(what)
    if (length < INDEFINITE_LENGTH || length < 256 ** (count - 1)) throw unreadable(`the length of ${what} is not minimal`, start)
    return length
  }
}

/** A reader over the content of a constructed element. */
export function inside(element: DerElement, what: string): DerReader {
  if ((element.tag & CONSTRUCTED) === 0) throw unreadable(`${what} is not constructed`, element.start)
  if (element.depth >= MAX_DEPTH) throw unreadable(`${what} is nested too deeply`, element.start)
  return new DerReader(element.bytes, element.contentStart, element.end, element.depth + 1)
}

export function unreadable(problem: string, position: number): UnreadableCertificateError {
  return new UnreadableCertificateError(`${problem} (at byte ${position})`)
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`
}
