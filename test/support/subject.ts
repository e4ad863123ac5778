import { oid, sequence, setOf, tlv } from './der.ts'

/** How an attribute's string is written; `raw` means that the value is a whole DER element. */
export type StringType = 'utf8' | 'printable' | 'ia5' | 't61' | 'bmp' | 'universal'

export interface AttributeSpec {
  /** Short name (`CN`) or dotted OID. */
  readonly type: string
  /** A string, or a whole DER element for what no string type can say. */
  readonly value: string | Uint8Array
  readonly encoding?: StringType
}

/** In DER order, outermost first; an inner list is one multi-valued RDN. */
export type SubjectSpec = string | readonly (AttributeSpec | readonly AttributeSpec[])[]

const oids = new Map([
  ['CN', '2.5.4.3'],
  ['SURNAME', '2.5.4.4'],
  ['SERIALNUMBER', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['STREET', '2.5.4.9'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['T', '2.5.4.12'],
  ['GIVENNAME', '2.5.4.42'],
  ['DNQ', '2.5.4.46'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['EMAILADDRESS', '1.2.840.113549.1.9.1'],
])

const writers = new Map<StringType, (text: string) => Buffer>([
  ['utf8', (text) => tlv(0x0c, Buffer.from(text))],
  ['printable', (text) => tlv(0x13, Buffer.from(text, 'latin1'))],
  ['ia5', (text) => tlv(0x16, Buffer.from(text, 'latin1'))],
  ['t61', (text) => tlv(0x14, Buffer.from(text, 'latin1'))],
  ['bmp', (text) => tlv(0x1e, Buffer.from(text, 'utf16le').swap16())],
  ['universal', (text) => tlv(0x1c, Buffer.concat([...text].map((point) => bigEndian32(point.codePointAt(0) ?? 0))))],
])

const ia5Types = new Set(['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1'])

function bigEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The DER of a distinguished name; a string is read as printed, most specific RDN first, with RFC 4514 escapes. */
export function encodeName(subject: SubjectSpec): Buffer {
  const rdns = typeof subject === 'string' ? parse(subject).reverse() : subject
  return sequence(...rdns.map((rdn) => setOf(...(Array.isArray(rdn) ? rdn : [rdn]).map(encodeAttribute))))
}

function encodeAttribute(spec: AttributeSpec): Buffer {
  const type = oids.get(spec.type.toUpperCase()) ?? spec.type
  if (!/^\d+(\.\d+)+$/.test(type)) throw new TypeError(`unknown attribute type ${spec.type}`)
  if (typeof spec.value !== 'string') return sequence(oid(type), spec.value)
  const fallback = type === '2.5.4.6' ? 'printable' : ia5Types.has(type) ? 'ia5' : 'utf8'
  const write = writers.get(spec.encoding ?? fallback)
  if (!write) throw new TypeError(`unknown string type ${spec.encoding}`)
  return sequence(oid(type), write(spec.value))
}

function parse(text: string): AttributeSpec[][] {
  const rdns: AttributeSpec[][] = []
  if (text === '') return rdns
  let current: AttributeSpec[] = []
  for (const { raw, end } of pieces(text)) {
    const equals = raw.indexOf('=')
    if (equals < 1) throw new TypeError(`no "=" in ${raw}`)
    current.push({
      type: raw
        .slice(0, equals)
        .trim()
        .replace(/^OID\./i, ''),
      value: unescaped(raw.slice(equals + 1)),
    })
    if (end !== '+') {
      rdns.push(current)
      current = []
    }
  }
  return rdns
}

function pieces(text: string): { raw: string; end: string }[] {
  const found: { raw: string; end: string }[] = []
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '\\') i++
    else if (i === text.length || text[i] === ',' || text[i] === '+') {
      found.push({ raw: text.slice(start, i), end: text[i] ?? '' })
      start = i + 1
    }
  }
  return found
}

function unescaped(value: string): string {
  const bytes: Buffer[] = []
  for (let i = 0; i < value.length; i++) {
    const hex = value.slice(i + 1, i + 3)
    if (value[i] === '\\' && /^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Buffer.from(hex, 'hex'))
      i += 2
    } else if (value[i] === '\\') bytes.push(Buffer.from(value[++i] ?? ''))
    else {
      const point = String.fromCodePoint(value.codePointAt(i) ?? 0)
      bytes.push(Buffer.from(point))
      i += point.length - 1
    }
  }
  return Buffer.concat(bytes).toString()
}
