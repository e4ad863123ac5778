/** Numbers and times for people. Pure; the language is the page's. */

const LOCALE = 'en'
const NUMBER = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const FINE = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })
const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' })
const ABSOLUTE = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'long' })
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

export const count = (value: number): string => NUMBER.format(value)

/** Per second: fine where it is small. */
export const rate = (value: number): string => (value >= 1_000 ? NUMBER.format(value) : FINE.format(value))

/** Of seconds, e.g. `840 µs`, `12.3 ms`, `1.5 s`. */
export function duration(seconds: number): string {
  if (seconds < 0.001) return `${FINE.format(seconds * 1e6)} µs`
  return seconds < 1 ? `${FINE.format(seconds * 1e3)} ms` : `${FINE.format(seconds)} s`
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** E.g. `in 3 days`, `5 minutes ago`. */
export function relative(time: number, now: number): string {
  const difference = time - now
  const [unit, size] = UNITS.find(([, one]) => Math.abs(difference) >= one) ?? ['second', 1_000]
  if (unit === 'second') return difference > 0 ? 'in a moment' : 'just now'
  return RELATIVE.format(Math.trunc(difference / size), unit)
}

export const absolute = (time: number): string => ABSOLUTE.format(time)

const STAMP = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' })

/** Of a log, so that moments stand under each other: `2030-01-31 12:00:00`. */
export const stamp = (time: number): string => STAMP.format(time)

export const clock = (time: number): string => CLOCK.format(time)

/** A word of the API as people say it: `certificate_expired` -> `certificate expired`. */
export const spoken = (word: string): string => word.replaceAll('_', ' ')

export const plural = (many: number, one: string, several = `${one}s`): string => `${count(many)} ${many === 1 ? one : several}`

/** What begins with a small letter as a sentence of its own does. */
export const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
