import { readFileSync, statSync } from 'node:fs'
import { EventLoopDelay } from './event-loop-delay.ts'

/** What one process uses: plain data for another process. */
export interface ProcessSnapshot {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  /** null where the system does not say. */
  readonly openFds: number | null
  readonly maxFds: number | null
  /** 99th percentile since the last snapshot that began anew. */
  readonly lagSeconds: number
}

/** Measures this process from now on. */
export class ProcessUsage {
  readonly #lag = new EventLoopDelay()
  readonly #maxFds = readMaxFds()
  #memory = { rss: 0, heapUsed: 0 }

  /** `begin`: the next percentile is of what comes from now on. */
  snapshot(begin: boolean): ProcessSnapshot {
    const { user, system } = process.cpuUsage()
    this.#memory = memoryOr(this.#memory)
    const { rss, heapUsed } = this.#memory
    const lagSeconds = this.#lag.percentile(99) / 1000
    if (begin) this.#lag.begin()
    return {
      cpuSeconds: (user + system) / 1e6,
      residentBytes: rss,
      heapBytes: heapUsed,
      openFds: countOpenFds(),
      maxFds: this.#maxFds,
      lagSeconds,
    }
  }

  stop(): void {
    this.#lag.stop()
  }
}

/** The last that was known where the system cannot say: reading it takes a file descriptor, and none may be left. */
function memoryOr(last: { readonly rss: number; readonly heapUsed: number }): { readonly rss: number; readonly heapUsed: number } {
  try {
    return process.memoryUsage()
  } catch {
    return last
  }
}

/** Linux 6.2 and later tell the count as the size of the folder: listing 20,000 entries would hold up the event loop. */
function countOpenFds(): number | null {
  try {
    return statSync('/proc/self/fd').size || null
  } catch {
    return null
  }
}

function readMaxFds(): number | null {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? null : Number(limit)
  } catch {
    return null
  }
}
