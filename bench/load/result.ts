import { BenchError } from '../lab/errors.ts'

/** What one run of the load generator counted. Errors and answers other than 200 include the warm-up. */
export interface LoadResult {
  /** Answered within the measured time. */
  readonly requests: number
  /** Answered at all, warm-up and the last ones under way included. */
  readonly completed: number
  readonly elapsedUs: number
  /** Processor time of the contender's processes within the measured time. */
  readonly cpuNs: number
  readonly bytes: number
  readonly handshakes: number
  readonly resumed: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  readonly errors: number
  readonly not200: number
}

/** One line while connections are being held. */
export interface HoldResult {
  readonly holding: number
  readonly errors: number
  readonly not200: number
}

/** Reads the generator's line of JSON. Throws BenchError where it is none, or lacks a number. */
export function parseLoadResult(line: string): LoadResult {
  const number = reader(line)
  return {
    requests: number('requests'),
    completed: number('completed'),
    elapsedUs: number('elapsed_us'),
    cpuNs: number('cpu_ns'),
    bytes: number('bytes'),
    handshakes: number('handshakes'),
    resumed: number('resumed'),
    p50Us: number('p50_us'),
    p99Us: number('p99_us'),
    maxUs: number('max_us'),
    errors: number('errors'),
    not200: number('not_200'),
  }
}

/** Reads one line of a generator that holds connections. Throws BenchError where it is none, or lacks a number. */
export function parseHoldResult(line: string): HoldResult {
  const number = reader(line)
  return { holding: number('holding'), errors: number('errors'), not200: number('not_200') }
}

function reader(line: string): (name: string) => number {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (cause) {
    throw new BenchError(`the load generator said ${JSON.stringify(line.slice(0, 200))} instead of a result`, null, { cause })
  }
  const fields = new Map(Object.entries(Object(parsed)))
  return (name) => {
    const value = fields.get(name)
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new BenchError(`the load generator's result has no number ${name}: ${line.slice(0, 200)}`)
    }
    return value
  }
}
