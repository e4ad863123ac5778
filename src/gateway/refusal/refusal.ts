import type { Reason } from '../../policy/types.ts'
import { type RefusalRow, refusalRow } from './table.ts'

/** One refusal as the client is told of it: what the body formats render. Every text is safe to show, none is escaped yet. */
export interface ClientRefusal {
  readonly code: Reason
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly advice: string
  /** Empty where the id could not stand in a header. */
  readonly requestId: string
  readonly method: string
  /** Without query: queries carry passwords. */
  readonly path: string
  readonly user: string | null
  readonly challenge: string | null
  /** Whom the configuration says to ask. */
  readonly contact: string | null
  /** Another certificate is the way in. */
  readonly wantsCertificate: boolean
  /** As sent; only ever matched. */
  readonly userAgent: string
}

/** A rendered body and the headers that belong to it. */
export interface RefusalBody {
  readonly contentType: string
  readonly text: string
  /** Whole lines. */
  readonly headerLines?: string
}

const MAX_SHOWN = 300

/** Text for people: controls and characters that reorder or hide text become `?`; long text is cut. */
export function printable(text: string): string {
  const clean = text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, '?')
  return clean.length > MAX_SHOWN ? `${clean.slice(0, MAX_SHOWN)}...` : clean
}

/** The detail for the client: the row's own sentence, and of the operator's detail only what the row shows. */
export function clientDetail(row: RefusalRow, operatorDetail: string): string {
  if (row.shows === 'nothing' || operatorDetail === '') return row.detail
  if (row.shows === 'all') return `${row.detail}: ${printable(operatorDetail)}`
  const date = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/.exec(operatorDetail)?.[0]
  if (date === undefined) return row.detail
  return row === refusalRow('certificate_expired')
    ? `the client certificate expired at ${date}`
    : `the client certificate is not valid before ${date}`
}
