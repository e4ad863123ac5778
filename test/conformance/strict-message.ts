/**
 * RFC 9112 as strictly as it can be read, for judging what the gateway sent upstream. Written apart from src/http1 on purpose: it works on
 * text and regular expressions, so that one mistake is not made twice.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*$/
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.1$/
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding'])

export interface StrictHead {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  /** null: chunked. */
  readonly length: number | null
  /** What a strict reader objects to. */
  readonly problems: readonly string[]
}

/** A header name as CGI, WSGI, PHP and the like may confuse it. */
export function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
}

/** Reads a head that ends with its blank line. */
export function readHead(text: string): StrictHead {
  const problems: string[] = []
  if (/\r(?!\n)|(?<!\r)\n|\0/.test(text)) problems.push('bare CR, bare LF or NUL in the head')
  const [line = '', ...lines] = text.slice(0, -4).split('\r\n')
  const request = REQUEST_LINE.exec(line)
  if (request === null) problems.push(`request line ${JSON.stringify(line)}`)
  const headers: [string, string][] = []
  for (const field of lines) {
    const match = FIELD_LINE.exec(field)
    if (match === null) problems.push(`field line ${JSON.stringify(field)}`)
    else headers.push([match[1] ?? '', match[2] ?? ''])
  }
  const values = (name: string): string[] => headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  if (values('host').length !== 1) problems.push(`${values('host').length} Host fields`)
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  if (lengths.length + codings.length > 1) problems.push('more than one framing field')
  if (lengths.some((value) => !/^[0-9]{1,15}$/.test(value))) problems.push(`Content-Length ${JSON.stringify(lengths)}`)
  if (codings.some((value) => value.toLowerCase() !== 'chunked')) problems.push(`Transfer-Encoding ${JSON.stringify(codings)}`)
  for (const [name] of headers) {
    if (FRAMING.has(fold(name)) && !FRAMING.has(name.toLowerCase())) problems.push(`look-alike of a framing field: ${name}`)
  }
  const length = codings.length > 0 ? null : Number(lengths[0] ?? 0)
  return { method: request?.[1] ?? '', target: request?.[2] ?? '', headers, length, problems }
}

/** What a body reader found: the bytes it needs, or null where more have to come. */
export interface StrictBody {
  readonly end: number
  readonly body: string
  readonly trailers: readonly string[]
  readonly problem: string | null
}

/** Reads a body with `length` bytes, or a chunked one where it is null, that begins at `start`. */
export function readBody(bytes: string, start: number, length: number | null): StrictBody | null {
  if (length !== null) {
    if (bytes.length < start + length) return null
    return { end: start + length, body: bytes.slice(start, start + length), trailers: [], problem: null }
  }
  let at = start
  let body = ''
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const line = bytes.slice(at, lineEnd)
    if (!/^[0-9a-fA-F]{1,12}$/.test(line)) return { end: bytes.length, body, trailers: [], problem: `chunk size ${JSON.stringify(line)}` }
    const size = Number.parseInt(line, 16)
    at = lineEnd + 2
    if (size === 0) return readTrailers(bytes, at, body)
    if (bytes.length < at + size + 2) return null
    body += bytes.slice(at, at + size)
    at += size
    if (bytes.slice(at, at + 2) !== '\r\n') return { end: bytes.length, body, trailers: [], problem: 'chunk data does not end with CRLF' }
    at += 2
  }
}

function readTrailers(bytes: string, start: number, body: string): StrictBody | null {
  const trailers: string[] = []
  let at = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const line = bytes.slice(at, lineEnd)
    at = lineEnd + 2
    if (line === '') return { end: at, body, trailers, problem: null }
    const match = FIELD_LINE.exec(line)
    const name = match?.[1] ?? ''
    if (match === null || FRAMING.has(fold(name))) return { end: at, body, trailers, problem: `trailer ${JSON.stringify(line)}` }
    trailers.push(line)
  }
}

/** Whether this could be a method. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}
