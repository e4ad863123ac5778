import { cutLines, readConnectionOptions } from '../http1/field-lines.ts'
import type { ResponseHead } from '../http1/response-head.ts'
import type { ForwardRequest } from './forward-request.ts'

/** How a response head has to differ from what the upstream sent. */
export interface Rewriting {
  readonly close: boolean
  /** The client does not know chunks: the framing was taken off. */
  readonly dechunk: boolean
  /** A response that varies by Client-Cert varies by something no cache can see (RFC 9440 2.4). */
  readonly varies: boolean
}

/** The client learns the end of the response by our closing: the upstream gave no length, or the client does not know chunks. */
export function endsByClosing({ method, oldClient }: Pick<ForwardRequest, 'method' | 'oldClient'>, head: ResponseHead): boolean {
  if (head.chunked) return oldClient
  const bodiless = method === 'HEAD' || head.status === 204 || head.status === 304
  return !bodiless && head.contentLength < 0
}

/** Nothing of the head has to differ. */
export function goesAsItCame(head: ResponseHead, close: boolean, varies: boolean): boolean {
  return !close && head.cuts.length === 0 && head.minor === 1 && !(head.vary && varies)
}

/** Head and what came of the body with it, for the client; null where the upstream's `Connection` cannot be obeyed. */
export function rewrittenResponse(bytes: Buffer, start: number, bodyEnd: number, head: ResponseHead, rewriting: Rewriting): Buffer | null {
  const text = rewrittenHead(bytes, start, head, rewriting)
  if (text === null) return null
  const headBytes = Buffer.from(text, 'latin1')
  return bodyEnd === head.end ? headBytes : Buffer.concat([headBytes, bytes.subarray(head.end, bodyEnd)])
}

/** The head for the client; null where the upstream's `Connection` cannot be obeyed. */
export function rewrittenHead(bytes: Buffer, start: number, head: ResponseHead, { close, dechunk, varies }: Rewriting): string | null {
  const drop = new Set<string>()
  if (head.connectionOptions) {
    const options = readConnectionOptions(bytes, head.fieldsStart, head.end)
    if (options === null) return null
    for (const name of options.names) drop.add(name)
  }
  if (dechunk && head.chunked) drop.add('transfer-encoding')
  let extra = close ? 'Connection: close\r\n' : ''
  if (varies && head.vary && /^vary:.*\bclient-cert\b/im.test(bytes.latin1Slice(head.fieldsStart, head.end))) {
    drop.add('vary')
    extra += 'Vary: *\r\n'
  }
  if (drop.size > 0 && cutLines(bytes, head, (name) => drop.has(name)) < 0) return null
  return returnedHead(bytes, start, head, close, extra)
}

/** A response head for the client: as HTTP/1.1, without what ended at this hop, with `extra` lines before the blank one. */
export function returnedHead(bytes: Buffer, start: number, head: ResponseHead, dropKeepAlive: boolean, extra: string): string {
  let text = `HTTP/1.1${bytes.latin1Slice(start + 8, head.fieldsStart)}`
  let from = head.fieldsStart
  const { ranges, length } = head.cuts
  for (let k = 0; k < length; k += 2) {
    text += dropping(bytes, from, ranges[k], head, dropKeepAlive)
    from = ranges[k + 1]
  }
  return `${text}${dropping(bytes, from, head.end - 2, head, dropKeepAlive)}${extra}\r\n`
}

function dropping(bytes: Buffer, from: number, to: number, head: ResponseHead, dropKeepAlive: boolean): string {
  if (from >= to) return ''
  const line = head.keepAliveLine
  if (!dropKeepAlive || line < from || line >= to) return bytes.latin1Slice(from, to)
  return bytes.latin1Slice(from, line) + bytes.latin1Slice(head.keepAliveLineEnd, to)
}
