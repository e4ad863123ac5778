import { performance } from 'node:perf_hooks'

/**
 * A coarse clock in milliseconds (`now` is monotonic), advanced by one timer per worker: deadlines cost a comparison in its sweep instead
 * of a timer per request. Precise to `SWEEP_INTERVAL`.
 */
export const clock = {
  now: performance.now(),
  /** Milliseconds since the epoch. */
  wall: Date.now(),
}

/** Milliseconds between sweeps: the most by which a limit is overrun. */
export const SWEEP_INTERVAL = 250

export function advanceClock(): number {
  clock.now = performance.now()
  clock.wall = Date.now()
  return clock.now
}

/** When a limit that starts now is over; a limit of 0 means none. */
export function deadlineIn(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : clock.now + limit
}
