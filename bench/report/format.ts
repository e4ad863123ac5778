import type { Spread } from '../statistics.ts'

const KIBIBYTE = 1024

export function ratio(value: number): string {
  return value.toFixed(2)
}

/** `0.98 (0.95 to 1.02)`. */
export function ratioSpread({ median, lowest, highest }: Spread): string {
  return `${ratio(median)} (${ratio(lowest)} to ${ratio(highest)})`
}

export function kilobytes(bytes: number): string {
  return `${(bytes / KIBIBYTE).toFixed(1)} KB`
}

export function microseconds(value: number): string {
  return value.toFixed(1)
}

export function milliseconds(us: number): string {
  return (us / 1000).toFixed(1)
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
