import { randomBytes } from 'node:crypto'
import { fieldLines } from '../http1/field-lines.ts'
import type { RequestHead } from '../http1/request-head.ts'
import type { InboundHeaders } from './headers/types.ts'

const INBOUND = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-client-cert'])

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

/** Where a client's head stands in what was received. */
export interface HeadBytes {
  readonly bytes: Buffer
  readonly fieldsStart: number
  readonly end: number
}

/** The first value of a field, '' without one; `name` in lower case. */
export function headerValue({ bytes, fieldsStart, end }: HeadBytes, name: string): string {
  for (const line of fieldLines(bytes, fieldsStart, end)) if (line.name === name) return line.value
  return ''
}

/** What a trusted hop said, read from the client's bytes before they are cut; several lines of a name count as one list. */
export function inboundHeaders(bytes: Buffer, head: RequestHead): InboundHeaders {
  const found = new Map<string, string>()
  for (const { name, value } of fieldLines(bytes, head.fieldsStart, head.end)) {
    if (INBOUND.has(name)) found.set(name, found.has(name) ? `${found.get(name)}, ${value}` : value)
  }
  return {
    forwardedFor: found.get('x-forwarded-for') ?? null,
    forwardedProto: found.get('x-forwarded-proto') ?? null,
    clientCert: found.get('x-forwarded-client-cert') ?? null,
  }
}

/** Whether `text` is exactly the Latin-1 bytes `[start, end)`. */
export function sameText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

/** An IPv4 address that came in on a dual-stack socket is written as IPv4: rules and logs know it by that. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
