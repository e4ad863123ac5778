import { randomBytes } from 'node:crypto'
import type { RequestHead } from '../http1/request-head.ts'
import type { ResponseHead } from '../http1/response-head.ts'

/**
 * The head that goes upstream: the client's own bytes without the ranges that were cut. `target` replaces the request line where
 * it has to differ from what was received (canonical path, absolute form, HTTP/1.0).
 */
export function forwardedHead(bytes: Buffer, head: RequestHead, method: string, target: string | null): string {
  let from = head.methodStart
  let text = ''
  if (target !== null || head.minor === 0) {
    text = `${method} ${target ?? bytes.latin1Slice(head.targetStart, head.targetEnd)} HTTP/1.1\r\n`
    from = head.fieldsStart
  }
  const { cuts, cutCount } = head
  for (let k = 0; k < cutCount; k += 2) {
    if (cuts[k] > from) text += bytes.latin1Slice(from, cuts[k])
    from = cuts[k + 1]
  }
  const end = head.end - 2
  return from < end ? text + bytes.latin1Slice(from, end) : text
}

/** A response head for the client: as HTTP/1.1, without what ended at this hop, with `extra` lines before the blank one. */
export function returnedHead(bytes: Buffer, start: number, head: ResponseHead, dropKeepAlive: boolean, extra: string): string {
  let text = `HTTP/1.1${bytes.latin1Slice(start + 8, head.fieldsStart)}`
  let from = head.fieldsStart
  for (let k = 0; k < head.cutCount; k += 2) {
    text += dropping(bytes, from, head.cuts[k], head, dropKeepAlive)
    from = head.cuts[k + 1]
  }
  return `${text}${dropping(bytes, from, head.end - 2, head, dropKeepAlive)}${extra}\r\n`
}

function dropping(bytes: Buffer, from: number, to: number, head: ResponseHead, dropKeepAlive: boolean): string {
  if (from >= to) return ''
  const line = head.keepAliveLine
  if (!dropKeepAlive || line < from || line >= to) return bytes.latin1Slice(from, to)
  return bytes.latin1Slice(from, line) + bytes.latin1Slice(head.keepAliveLineEnd, to)
}

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS'].map((name) => ({ name, bytes: Buffer.from(name, 'latin1') }))

/** The method as text, without allocating for the usual ones. */
export function methodText(bytes: Buffer, start: number, end: number): string {
  for (const method of METHODS) {
    if (method.bytes.length !== end - start || method.bytes[0] !== bytes[start]) continue
    let i = 1
    while (i < method.bytes.length && method.bytes[i] === bytes[start + i]) i++
    if (i === method.bytes.length) return method.name
  }
  return bytes.latin1Slice(start, end)
}

const REQUEST_ID_BYTE = new Uint8Array(256)
for (const character of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-') REQUEST_ID_BYTE[character.charCodeAt(0)] = 1
const MAX_REQUEST_ID = 128

/** A client's request id is kept only if it can be put anywhere without quoting. */
export function isRequestId(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || end - start > MAX_REQUEST_ID) return false
  for (let i = start; i < end; i++) if (REQUEST_ID_BYTE[bytes[i]] === 0) return false
  return true
}

const PREFIX = randomBytes(10).toString('hex')
let counter = 0

/** Unique over processes and restarts; not a secret. */
export function newRequestId(): string {
  counter = (counter + 1) % 0xffffffff
  return PREFIX + counter.toString(16).padStart(8, '0')
}

const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?$/

/** `Host` without its port, lower case and without the root dot; null where it is not a name or an address with an optional port. */
export function hostName(host: string): string | null {
  const match = host.length <= 261 ? HOST.exec(host) : null
  if (match === null || Number(match[1] ?? 0) > 65535) return null
  const name = (match[1] === undefined ? host : host.slice(0, -match[1].length - 1)).toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
