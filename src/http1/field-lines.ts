import { COLON, CR, HTAB, SP, TOKEN } from './bytes.ts'
import type { HeadFields } from './head-fields.ts'

/** One field line of a head that was already read and found sound: the slow paths walk lines again instead of keeping objects. */
export interface FieldLine {
  /** Lower case. */
  readonly name: string
  readonly value: string
  readonly start: number
  readonly end: number
}

/** The field lines in `[start, end)`, where `end` is just after the blank line. Only for bytes that a head reader accepted. */
export function* fieldLines(bytes: Buffer, start: number, end: number): Generator<FieldLine> {
  let i = start
  while (i < end && bytes[i] !== CR) {
    const colon = bytes.indexOf(COLON, i)
    const lineEnd = bytes.indexOf('\r\n', colon, 'latin1') + 2
    // Not a head that was read: an error of ours must not become an endless loop.
    if (colon < i || lineEnd <= colon) throw new RangeError('no header field where one was read before')
    let from = colon + 1
    let to = lineEnd - 2
    while (from < to && isSpace(bytes[from])) from++
    while (to > from && isSpace(bytes[to - 1])) to--
    yield { name: bytes.latin1Slice(i, colon).toLowerCase(), value: bytes.latin1Slice(from, to), start: i, end: lineEnd }
    i = lineEnd
  }
}

/** What the `Connection` fields of one head ask for (RFC 9110 7.6.1). */
export interface ConnectionOptions {
  readonly close: boolean
  readonly upgrade: boolean
  /** Lower-case names of fields that end at this hop. */
  readonly names: ReadonlySet<string>
}

/** A message that needs these to be understood may not have them removed on the sender's word. */
const NEVER_REMOVED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'expect',
])

/** The gateway itself reads or writes these: naming them removes nothing. */
const NEVER_HOP_BY_HOP = new Set(['keep-alive', 'te', 'origin', 'sec-fetch-site', 'x-request-id'])

/**
 * Reads every `Connection` field; null where it is malformed or names a field that decides framing or identity
 * (a proxy that obeyed would change what the next server understands).
 */
export function readConnectionOptions(bytes: Buffer, start: number, end: number): ConnectionOptions | null {
  const names = new Set<string>()
  let close = false
  let upgrade = false
  for (const line of fieldLines(bytes, start, end)) {
    if (line.name !== 'connection') continue
    for (const item of line.value.split(',')) {
      const option = withoutSpace(item).toLowerCase()
      if (option === '') continue
      if (!isToken(option) || NEVER_REMOVED.has(option)) return null
      if (option === 'close') close = true
      else if (option === 'upgrade') upgrade = true
      else if (!NEVER_HOP_BY_HOP.has(option)) names.add(option)
    }
  }
  return { close, upgrade, names }
}

/** Cuts the lines of a head whose name `matches`. Returns how many did, or -1 where there is no room: the head must then be refused. */
export function cutLines(bytes: Buffer, head: HeadFields, matches: (name: string) => boolean): number {
  const ranges: [number, number][] = []
  for (const line of fieldLines(bytes, head.fieldsStart, head.end)) if (matches(line.name)) ranges.push([line.start, line.end])
  return head.cuts.add(ranges) ? ranges.length : -1
}

/**
 * OWS of RFC 9110 section 5.6.3 alone: `trim` would also take away a no-break space, which nobody else reads as one. No expression: from each
 * space within an option it would look for the end anew, which for one head of 32 KB took most of a second.
 */
function withoutSpace(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const isSpace = (code: number): boolean => code === SP || code === HTAB

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i) & 0xff] === 0 || text.charCodeAt(i) > 0xff) return false
  return text.length > 0
}
