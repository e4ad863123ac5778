import * as z from 'zod'
import { InvalidValue, parsed } from './shape.ts'

const DURATION_UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

const SIZE_UNITS = new Map([
  ['B', 1],
  ['k', 1024],
  ['K', 1024],
  ['KiB', 1024],
  ['m', 1024 ** 2],
  ['M', 1024 ** 2],
  ['MiB', 1024 ** 2],
  ['g', 1024 ** 3],
  ['G', 1024 ** 3],
  ['GiB', 1024 ** 3],
  ['kB', 1000],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
])

/** Longest duration: Node's timers wrap round beyond 2^31 milliseconds and would fire at once. */
const MAX_DURATION = 24 * 3_600_000

/** `500ms`, `10s`, `5m`, `1h` or 0, to milliseconds. */
export function parseDuration(value: string | number): number {
  if (value === 0 || value === '0') return 0
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(String(value))
  const unit = DURATION_UNITS.get(match?.[2] ?? '')
  if (match === null || unit === undefined) {
    const bare = /^\d+$/.test(String(value))
    throw new InvalidValue(
      'expected a duration such as `10s`',
      bare ? `say the unit: \`${value}s\` or \`${value}ms\`` : 'units are ms, s, m and h',
    )
  }
  const milliseconds = Math.round(Number(match[1]) * unit)
  if (milliseconds === 0) throw new InvalidValue('this duration rounds to nothing', 'write 0 for none')
  if (milliseconds > MAX_DURATION) throw new InvalidValue('a duration is at most 24h')
  return milliseconds
}

/** `32KiB`, `8k`, `1M` (nginx's letters: 1024), `5MB` (1000), or a number of bytes. */
export function parseSize(value: string | number): number {
  const match = /^(\d{1,15})([A-Za-z]*)$/.exec(String(value))
  const unit = match?.[2] === '' ? 1 : SIZE_UNITS.get(match?.[2] ?? '')
  if (match === null || unit === undefined)
    throw new InvalidValue('expected a size such as `32KiB`', 'units are B, KiB, MiB and GiB, or k, m and g')
  const bytes = Number(match[1]) * unit
  if (!Number.isSafeInteger(bytes)) throw new InvalidValue('this size is beyond what can be counted')
  return bytes
}

const PERIOD_UNITS = new Map([...DURATION_UNITS, ['d', 24 * 3_600_000]])
const MAX_PERIOD = 3_660 * 24 * 3_600_000

/** `14d`, `36h`, `90m` or `30s`, to milliseconds: what dates are compared with, where no timer of that length runs. */
export function parsePeriod(value: string | number): number {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(String(value))
  const milliseconds = Math.round(Number(match?.[1]) * (PERIOD_UNITS.get(match?.[2] ?? '') ?? Number.NaN))
  if (Number.isNaN(milliseconds)) {
    const bare = /^\d+$/.test(String(value))
    throw new InvalidValue(
      'expected a period such as `14d`',
      bare ? `say the unit: \`${value}d\` or \`${value}h\`` : 'units are s, m, h and d',
    )
  }
  if (milliseconds > MAX_PERIOD) throw new InvalidValue('a period is at most 3660d')
  return milliseconds
}

/** At least `min` milliseconds; `least` is how a person writes that. */
export function period(min: number, least: string) {
  return parsed(z.union([z.string(), z.number()], { error: 'expected a period such as `14d`' }), (value) => {
    const milliseconds = parsePeriod(value)
    if (milliseconds < min) throw new InvalidValue(`expected ${least} or more`)
    return milliseconds
  })
}

export function duration() {
  return parsed(z.union([z.string(), z.number()], { error: 'expected a duration such as `10s`' }), parseDuration)
}

export function size(limits: { readonly min: number; readonly max: number } = { min: 0, max: Number.MAX_SAFE_INTEGER }) {
  return parsed(z.union([z.string(), z.number()], { error: 'expected a size such as `32KiB`' }), (value) => {
    const bytes = parseSize(value)
    if (bytes < limits.min || bytes > limits.max)
      throw new InvalidValue(`expected a size from ${printSize(limits.min)} to ${printSize(limits.max)}`)
    return bytes
  })
}

function printSize(bytes: number): string {
  if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}MiB`
  return bytes % 1024 === 0 ? `${bytes / 1024}KiB` : `${bytes}B`
}
