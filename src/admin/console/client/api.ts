import { ApiError } from './api-error.ts'
import type { ProblemBody } from './api-types.ts'
import { PAGE } from './own-page.ts'

export { ApiError }

export interface Asking {
  readonly body?: unknown
  /** Text that is sent as it is, e.g. YAML. */
  readonly text?: { readonly type: string; readonly content: string }
  /** Only where it is still this one; else ApiError 412. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

export interface Told<T> {
  readonly status: number
  readonly value: T
  /** null: none was sent. */
  readonly etag: string | null
}

/** JSON of `METHOD /path`. Rejects with ApiError; with the reason of `signal` where that is aborted. */
export async function ask<T>(what: string, asking: Asking = {}): Promise<Told<T>> {
  const response = await send(what, asking)
  const text = await response.text()
  return { status: response.status, value: (text === '' ? null : JSON.parse(text)) as T, etag: response.headers.get('etag') }
}

/** As `ask`, of what is no JSON. */
export async function askText(what: string, asking: Asking = {}): Promise<Told<string>> {
  const response = await send(what, asking)
  return { status: response.status, value: await response.text(), etag: response.headers.get('etag') }
}

export interface File {
  readonly name: string
  readonly content: Blob
}

/** As `ask`, of a file; its name is that which the gateway gave it. */
export async function askFile(what: string, asking: Asking = {}): Promise<File & { readonly headers: Headers }> {
  const response = await send(what, asking)
  const [, name = 'download'] = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '') ?? []
  return { name, content: await response.blob(), headers: response.headers }
}

/** Has the browser save it. */
export function save({ name, content }: File): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

async function send(what: string, { body, text, ifMatch, signal }: Asking): Promise<Response> {
  const [method = 'GET', path = '/'] = what.split(' ')
  const headers = new Headers({ Accept: 'application/json, */*;q=0.1' })
  headers.set('Certgate-Page', PAGE)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  if (text !== undefined) headers.set('Content-Type', text.type)
  if (ifMatch !== undefined) headers.set('If-Match', ifMatch)
  const content = text?.content ?? (body === undefined ? null : JSON.stringify(body))
  let response: Response
  try {
    response = await fetch(path, { method, headers, body: content, signal: signal ?? null, credentials: 'same-origin', redirect: 'error' })
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(error)
  }
  if (!response.ok) throw new ApiError(response.status, await problemOf(response))
  return response
}

async function problemOf(response: Response): Promise<ProblemBody> {
  try {
    return (await response.json()) as ProblemBody
  } catch {
    return {}
  }
}

function unreachable(error: unknown): ApiError {
  const detail = 'the gateway does not answer'
  const hint = 'It may be restarting, or not accept your certificate any more: reload the page to see.'
  const known = new ApiError(0, { detail, code: 'unreachable', hint })
  known.cause = error
  return known
}
