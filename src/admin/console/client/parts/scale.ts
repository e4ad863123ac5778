/** Where a value stands on an axis, and what the axis says. */
export interface Scale {
  /** 0 at the foot, 1 at the top. */
  at(value: number): number
  /** The lines across, by value, the lowest first; the labels are the lowest, the middle and the highest. */
  readonly marks: readonly number[]
}

/** From nothing up to a number that is easily read. Pure. */
export function linear(values: readonly number[]): Scale {
  const most = ceiling(Math.max(0, ...values))
  return { at: (value) => value / most, marks: [0, most / 2, most] }
}

/**
 * By powers of ten, for what is mostly small and sometimes a thousand times that: one slow answer would press all others onto the foot.
 * An even number of powers, so that the middle is one too. Pure.
 */
export function logarithmic(values: readonly number[]): Scale {
  const known = values.filter((value) => value > 0)
  if (known.length === 0) return linear([])
  // A hair off a power of ten, as floats are, is that power.
  const top = Math.ceil(Math.log10(Math.max(...known)) - 1e-9)
  const lowest = Math.min(Math.floor(Math.log10(Math.min(...known)) + 1e-9), top - 1)
  const foot = (top - lowest) % 2 === 0 ? lowest : lowest - 1
  const at = (value: number): number => (value <= 0 ? 0 : Math.min(1, Math.max(0, (Math.log10(value) - foot) / (top - foot))))
  return { at, marks: Array.from({ length: top - foot + 1 }, (_, index) => 10 ** (foot + index)) }
}

/** The next number that is easily read: 1, 2 or 5 by a power of ten. */
export function ceiling(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 5, 10].find((one) => one * power >= value * 0.999) ?? 10
  return factor * power
}
