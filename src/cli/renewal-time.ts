import { BACKDATE } from '../certificates/lifetime.ts'
import { UsageError } from '../errors.ts'
import { durationOf } from './lifetime-flags.ts'

/** How long before its end a certificate is renewed: a part of its life, or milliseconds. */
export type Before = { readonly part: number } | { readonly milliseconds: number }

/** Two thirds are over. */
export const DEFAULT_BEFORE: Before = { part: 1 / 3 }

/** `1/3`, `14d`, `12h`, `23h59m`, `90s`. Throws UsageError. */
export function parseBefore(text: string): Before {
  const fraction = /^(\d{1,4})\/(\d{1,4})$/.exec(text)
  if (fraction !== null) {
    const part = Number(fraction[1]) / Number(fraction[2])
    if (part > 0 && part <= 1) return { part }
  }
  const milliseconds = durationOf(text)
  if (milliseconds > 0) return { milliseconds }
  throw new UsageError(`--before: ${text} is no time before the end`, 'write a part of its life (1/3), or a time (14d, 12h, 23h59m, 90s)')
}

/**
 * When it is to be renewed, in milliseconds since the epoch: not before its beginning, where its life is shorter than asked for. Its life is
 * what its holder has of it: what it was dated back before it was made would be most of a short one.
 */
export function dueAt(certificate: { readonly validFromDate: Date; readonly validToDate: Date }, before: Before): number {
  const from = certificate.validFromDate.getTime()
  const end = certificate.validToDate.getTime()
  const start = from + BACKDATE < end ? from + BACKDATE : from
  const ahead = 'part' in before ? (end - start) * before.part : before.milliseconds
  return Math.max(start, end - ahead)
}

const FIRST_DELAY = 5_000
const LONGEST_DELAY = 15 * 60_000

/**
 * Milliseconds until the next attempt after `failures` in a row: doubled each time up to a quarter of an hour, half of it by chance so that a
 * fleet does not come back at once; at most a tenth of what is left of the certificate, and never sooner than the server asks.
 */
export function retryDelay(failures: number, left: number, retryAfter: number | null, random: () => number): number {
  const full = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures - 1, 20))
  const bounded = left > 0 ? Math.min(full, Math.max(1_000, left / 10)) : full
  return Math.max(Math.round(bounded * (0.5 + random() / 2)), retryAfter ?? 0)
}
