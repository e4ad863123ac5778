import { createRequire } from 'node:module'

/** What Node's own parser (llhttp, strict) read of one message. */
export interface NodeMessage {
  readonly minor: number
  readonly method: string
  readonly target: string
  readonly status: number
  /** Names in lower case. */
  readonly fields: readonly (readonly [string, string])[]
  readonly upgrade: boolean
  body: Buffer
  trailers: readonly (readonly [string, string])[]
  complete: boolean
}

export interface NodeReading {
  readonly messages: readonly NodeMessage[]
  /** llhttp's words for what it refuses. */
  readonly error: string | null
}

/** The part that we use of what node:http itself uses; there is no public way to it. */
interface RawParser {
  [event: number]: (...given: never[]) => unknown
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void
  execute(bytes: Buffer): number | (Error & { readonly code: string; readonly reason?: string })
  finish(): undefined | (Error & { readonly code: string; readonly reason?: string })
}

interface RawParserClass {
  new (): RawParser
  readonly REQUEST: number
  readonly RESPONSE: number
  readonly kOnHeaders: number
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
  readonly kLenientNone: number
}

const MAX_HEADER_SIZE = 1024 * 1024
const SKIP_BODY = 1

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: RawParserClass
  readonly methods: readonly string[]
}
if (typeof HTTPParser !== 'function') throw new TypeError('this Node.js does not give its HTTP parser away: the differential fuzz needs it')

/** By llhttp's own number, which the list of names does not always follow. */
const METHOD_NAMES = new Map(methods.map((name) => [numberOf(name), name]))

/** Methods that llhttp takes with any target; SOURCE is only read in ICY, CONNECT begins a tunnel. */
export const NODE_METHODS: ReadonlySet<string> = new Set(methods.filter((method) => method !== 'SOURCE' && method !== 'CONNECT'))

function numberOf(method: string): number {
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {}, MAX_HEADER_SIZE, HTTPParser.kLenientNone)
  let number = -1
  parser[HTTPParser.kOnHeadersComplete | 0] = (_major: number, _minor: number, _fields: unknown, method: number) => {
    number = method
  }
  parser.execute(Buffer.from(`${method} / HTTP/1.1\r\n\r\n`))
  return number
}

export const readRequests = (bytes: Buffer): NodeReading => read(HTTPParser.REQUEST, bytes, false)

/** `ended`: the connection closes after these bytes. */
export const readResponses = (bytes: Buffer, ended: boolean): NodeReading => read(HTTPParser.RESPONSE, bytes, ended)

function read(type: number, bytes: Buffer, ended: boolean): NodeReading {
  const messages: NodeMessage[] = []
  const parser = new HTTPParser()
  parser.initialize(type, {}, MAX_HEADER_SIZE, HTTPParser.kLenientNone)
  let flushed: string[] = []
  let flushedTarget = ''
  parser[HTTPParser.kOnHeaders | 0] = (fields: string[], target: string) => {
    flushed.push(...fields)
    // With trailers it comes again.
    if (messages.at(-1)?.complete !== false) flushedTarget += target
  }
  parser[HTTPParser.kOnHeadersComplete | 0] = (
    _major: number,
    minor: number,
    fields: string[] | undefined,
    method: number | undefined,
    target: string | undefined,
    status: number | undefined,
    _reason: string,
    upgrade: boolean,
  ) => {
    const all = [...flushed, ...(fields ?? [])]
    messages.push({
      minor,
      method: method === undefined ? '' : (METHOD_NAMES.get(method) ?? ''),
      target: target === undefined || target === '' ? flushedTarget : target,
      status: status ?? 0,
      fields: pairs(all),
      upgrade,
      body: Buffer.alloc(0),
      trailers: [],
      complete: false,
    })
    flushed = []
    flushedTarget = ''
    // RFC 9112 section 6.3: these have no body, whatever their fields say.
    return status !== undefined && (status < 200 || status === 204 || status === 304) && status !== 101 ? SKIP_BODY : 0
  }
  parser[HTTPParser.kOnBody | 0] = (part: Buffer) => {
    const last = messages.at(-1)
    if (last !== undefined) last.body = Buffer.concat([last.body, part])
  }
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    const last = messages.at(-1)
    if (last !== undefined) {
      last.complete = true
      last.trailers = pairs(flushed)
    }
    flushed = []
  }
  const consumed = parser.execute(Buffer.from(bytes))
  const failure = typeof consumed === 'object' ? consumed : ended ? parser.finish() : undefined
  return { messages, error: failure === undefined ? null : `${failure.code} ${failure.reason ?? ''}`.trim() }
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) fields.push([(flat[i] ?? '').toLowerCase(), flat[i + 1] ?? ''])
  return fields
}
