/** A median with its extremes. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** The middle value, or the mean of the two in the middle. Throws RangeError where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new RangeError('no values, no median')
  return (lower + upper) / 2
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) }
}

/**
 * Ratios within each round, then their median: what slows the machine for a second slows both sides of one ratio. The ratio of
 * two medians would compare seconds that have nothing to do with each other. Throws RangeError where rounds are missing.
 */
export function pairedRatios(values: readonly number[], baseline: readonly number[]): Spread {
  if (values.length !== baseline.length) throw new RangeError(`${values.length} rounds against ${baseline.length}`)
  return spread(values.map((value, round) => value / (baseline[round] ?? Number.NaN)))
}

/** The slope of the least-squares line. Throws RangeError with fewer than two different x. */
export function slope(points: readonly Point[]): number {
  const mean = (pick: (point: Point) => number) => points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const meanX = mean(({ x }) => x)
  const meanY = mean(({ y }) => y)
  const variance = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (points.length < 2 || variance === 0) throw new RangeError('a slope needs two different points')
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / variance
}
