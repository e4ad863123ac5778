import { UsageError } from '../errors.ts'
import { isoMoment } from '../iso-moment.ts'

const DAY = 86_400_000
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', DAY],
])

export const LIFETIME_FLAGS = { days: { type: 'string' }, 'not-after': { type: 'string' } } as const

export const LIFETIME_USAGE = `      --days N            how long it is valid, in days, or a time such as 12h; default: 365
      --not-after DATE    until when, e.g. 2030-01-31, instead of --days`

/** As the API takes it; empty where neither is given. Throws UsageError. */
export function lifetimeBody(flags: { readonly days: string | undefined; readonly 'not-after': string | undefined }): {
  days?: number
  not_after?: string
} {
  if (flags.days !== undefined && flags['not-after'] !== undefined) throw new UsageError('--days and --not-after are both given')
  if (flags.days !== undefined) return { days: readLife(flags.days, '--days') }
  if (flags['not-after'] === undefined) return {}
  const end = readMoment(flags['not-after'], '--not-after')
  if (end <= Date.now()) throw new UsageError(`--not-after ${flags['not-after']} is in the past`)
  return { not_after: new Date(end).toISOString() }
}

/** A number of days as above, or a time such as `12h`, for what lives shorter. */
export function readLife(text: string, flag: string): number {
  const milliseconds = durationOf(text)
  if (milliseconds > 0) return milliseconds / DAY
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text)
  throw new UsageError(`${flag}: '${text}' is neither a number of days nor a time`, 'for example 90, or 12h')
}

/** A whole number above zero. */
export function readDays(text: string, flag: string): number {
  const days = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (days === 0) throw new UsageError(`${flag}: '${text}' is not a number of days`)
  return days
}

/** A whole number above zero, at most `largest`. */
export function readCount(text: string, flag: string, largest: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count === 0 || count > largest) throw new UsageError(`${flag}: '${text}' is not a number from 1 to ${largest}`)
  return count
}

/** `30s`, `15m`, `7d`, or several one after the other: `23h59m`. 0 where it is no such time, or none at all. */
export function durationOf(text: string): number {
  if (!/^(?:\d{1,6}[smhd]){1,4}$/.test(text)) return 0
  const parts = [...text.matchAll(/(\d+)([smhd])/g)]
  return parts.reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNITS.get(unit) ?? 0), 0)
}

/** `30s`, `15m`, `1h30m` or `7d`, in milliseconds. Throws UsageError. */
export function readDuration(text: string, flag: string): number {
  const milliseconds = durationOf(text)
  if (milliseconds > 0) return milliseconds
  const isOne = /^\d+[smhd]$/.test(text)
  throw new UsageError(`${flag}: '${text}' is ${isOne ? 'none of 1s to 999999d' : 'not a duration'}`, 'for example 30m, 1h or 7d')
}

/** Milliseconds since the epoch. */
export function readMoment(text: string, flag: string, forms = 'write it as 2030-01-31 or 2030-01-31T12:00:00Z'): number {
  const moment = isoMoment(text)
  if (Number.isNaN(moment)) throw new UsageError(`${flag}: '${text}' is not a date`, forms)
  return moment
}

const PAST_FORMS = 'write it as 2030-01-31, 2030-01-31T12:00:00Z, today, yesterday, or how long ago: 24h, 7d'

/** A date, today, yesterday, or how long ago. A day begins at midnight UTC, as dates do. */
export function readPast(text: string, flag: string, now: number): number {
  const daysAgo = ['today', 'yesterday'].indexOf(text.toLowerCase())
  if (daysAgo >= 0) return Math.floor(now / DAY) * DAY - daysAgo * DAY
  return /^\d+[smhd]$/.test(text) ? now - readDuration(text, flag) : readMoment(text, flag, PAST_FORMS)
}
