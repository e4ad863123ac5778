import { attachment } from '../certificates/safe-file-name.ts'
import type { ApiResponse } from './types.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: `${JSON.stringify(value)}\n` }
}

export function nothing(status = 204): ApiResponse {
  return { status, headers: {}, body: null }
}

/** A file to be saved; its name was made safe before. */
export function file(
  status: number,
  type: string,
  name: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return { status, headers: { 'Content-Type': type, 'Content-Disposition': attachment(name), ...headers }, body }
}

/** What a client is told beside a success, as a header (RFC 7234 section 5.5); none of it where there is none. `texts` are quotable. */
export function warningHeader(texts: readonly string[]): Readonly<Record<string, string>> {
  return texts.length === 0 ? {} : { Warning: texts.map((text) => `299 certgate "${text}"`).join(', ') }
}
