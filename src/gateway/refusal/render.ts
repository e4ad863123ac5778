import type { ErrorShape, Reason } from '../../policy/types.ts'
import { prefersHtml } from './accept.ts'
import { htmlPage } from './html-page.ts'
import { opensearchBody } from './opensearch.ts'
import { problemJson } from './problem-json.ts'
import { ravenJson } from './raven.ts'
import { type ClientRefusal, clientDetail, printable, type RefusalBody } from './refusal.ts'
import { type RefusalRow, reasonPhrase, refusalRow, toldReason } from './table.ts'

export interface RefusalInput {
  readonly reason: Reason
  /** The operator's detail; what of it the client sees is decided by the table. */
  readonly detail?: string
  readonly requestId: string
  readonly shape: ErrorShape
  /** `hide_routes`: a missing route and a missing role are told apart by nothing in the response. */
  readonly hideRoutes?: boolean
  /** Value of Accept; '' without one. */
  readonly accept: string
  /** Value of User-Agent; default: none. */
  readonly userAgent?: string
  /** `contact` of the configuration. */
  readonly contact?: string | null
  readonly method: string
  /** Path or target of the request; a query is left out. */
  readonly url: string
  /** Who was refused, where that is known: told to nobody but that user. */
  readonly user?: string | null
  /** Value of WWW-Authenticate; sent with 401 only. */
  readonly challenge?: string | null
  /** Seconds; overrides the table's. */
  readonly retryAfter?: number | null
  readonly close: boolean
  /** Milliseconds since the epoch; now by default. */
  readonly now?: number
}

export interface Refusal {
  readonly status: number
  /** For the access log: 496 where the wire says 401 for want of a certificate. */
  readonly logStatus: number
  /** One whole HTTP/1.1 response. */
  readonly message: Buffer
}

function bodyOf(refusal: ClientRefusal, shape: ErrorShape, accept: string): RefusalBody {
  if (shape === 'opensearch') return opensearchBody(refusal)
  if (prefersHtml(accept)) return htmlPage(refusal)
  return shape === 'raven' ? ravenJson(refusal) : problemJson(refusal)
}

function headOf(input: RefusalInput, row: RefusalRow, refusal: ClientRefusal, body: RefusalBody): string {
  const retryAfter = input.retryAfter ?? row.retryAfter
  const lines = [
    `HTTP/1.1 ${row.status} ${reasonPhrase(row.status)}`,
    `Date: ${new Date(input.now ?? Date.now()).toUTCString()}`,
    `Content-Type: ${body.contentType}`,
    `Content-Length: ${Buffer.byteLength(body.text)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...(refusal.requestId === '' ? [] : [`X-Request-Id: ${refusal.requestId}`]),
    ...(refusal.challenge === null ? [] : [`WWW-Authenticate: ${refusal.challenge}`]),
    ...(retryAfter === undefined ? [] : [`Retry-After: ${Math.max(0, Math.ceil(retryAfter))}`]),
    ...(input.close ? ['Connection: close'] : []),
  ]
  return `${lines.join('\r\n')}\r\n${body.headerLines ?? ''}\r\n`
}

/** Only what can stand in a header; a challenge that cannot is left out rather than sent half. */
function headerValue(value: string | null | undefined): string | null {
  return typeof value === 'string' && /^[!-~](?:[ -~]*[!-~])?$/.test(value) ? value : null
}

/** The same without a head, for servers that write their own. */
export interface ToldRefusal {
  readonly status: number
  readonly contentType: string
  readonly text: string
  /** Further headers, e.g. what a page may load. */
  readonly headers: Readonly<Record<string, string>>
}

export function tellRefusal(input: RefusalInput): ToldRefusal {
  const { row, body } = told(input)
  const lines = (body.headerLines ?? '').split('\r\n').filter((line) => line !== '')
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  return { status: row.status, contentType: body.contentType, text: body.text, headers }
}

/** Renders a refusal as one complete response: status by the table, body by shape and Accept; to HEAD the head alone. */
export function renderRefusal(input: RefusalInput): Refusal {
  const { row, refusal, body } = told(input)
  const message = headOf(input, row, refusal, body) + (input.method === 'HEAD' ? '' : body.text)
  return { status: row.status, logStatus: row.logStatus ?? row.status, message: Buffer.from(message) }
}

function told(input: RefusalInput): { readonly row: RefusalRow; readonly refusal: ClientRefusal; readonly body: RefusalBody } {
  const reason = toldReason(input.reason, input.hideRoutes === true)
  const row = refusalRow(reason)
  const refusal: ClientRefusal = {
    code: reason,
    status: row.status,
    title: row.title,
    detail: clientDetail(row, input.detail ?? ''),
    advice: row.advice,
    requestId: /^[A-Za-z0-9._-]{1,128}$/.test(input.requestId) ? input.requestId : '',
    method: printable(input.method),
    path: printable(input.url.replace(/[?#].*$/s, '')),
    user: typeof input.user === 'string' ? printable(input.user) : null,
    challenge: row.status === 401 ? headerValue(input.challenge) : null,
    contact: input.contact ?? null,
    wantsCertificate: row.wantsCertificate === true,
    userAgent: input.userAgent ?? '',
  }
  return { row, refusal, body: bodyOf(refusal, input.shape, input.accept) }
}
