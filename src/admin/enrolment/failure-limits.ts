import { networkOf } from '../../policy/address.ts'

export interface FailureLimitOptions {
  /** So many wrong attempts within the window block. */
  readonly allowedTries: number
  /** Milliseconds. */
  readonly window: number
  readonly blockExpiry: number
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** As in OpenSearch: 10 tries in an hour, then 10 minutes of nothing. */
const DEFAULTS: FailureLimitOptions = { allowedTries: 10, window: 3_600_000, blockExpiry: 600_000, now: () => performance.now() }

/** What is remembered at once; the oldest gives way. */
const MOST = 20_000

interface Tries {
  /** When each counted attempt began. */
  times: number[]
  blockedUntil: number
}

/** An attempt under way: counted from its beginning, so that many at a time are not one. */
export interface Attempt {
  /** It was right after all: it never counted. */
  forgive(): void
}

/** Wrong passwords by address (IPv6: by /64 network) and by user name: whoever guesses is soon not listened to. */
export class FailureLimits {
  readonly #options: FailureLimitOptions
  /** Least recently used first. */
  readonly #tries = new Map<string, Tries>()

  constructor(options: Partial<FailureLimitOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options }
  }

  /** Begins an attempt, or says for how many milliseconds none is looked at. */
  begin(remote: string, user: string): Attempt | { readonly blockedFor: number } {
    const now = this.#options.now()
    const keys = [`address ${networkOf(remote)}`, `user ${user}`]
    const until = Math.max(...keys.map((key) => this.#tries.get(key)?.blockedUntil ?? 0))
    if (until > now) return { blockedFor: until - now }
    const counted = keys.map((key) => this.#count(key, now))
    return {
      forgive: () => {
        for (const tries of counted) {
          const at = tries.times.indexOf(now)
          if (at >= 0) tries.times.splice(at, 1)
          if (tries.times.length < this.#options.allowedTries) tries.blockedUntil = 0
        }
      },
    }
  }

  #count(key: string, now: number): Tries {
    const { allowedTries, window, blockExpiry } = this.#options
    const known = this.#tries.get(key)
    const tries = known ?? { times: [], blockedUntil: 0 }
    // A block that is over has been served: what led to it counts no longer.
    if (tries.blockedUntil !== 0) tries.times = []
    tries.blockedUntil = 0
    tries.times = [...tries.times.filter((time) => time > now - window), now]
    if (tries.times.length >= allowedTries) tries.blockedUntil = now + blockExpiry
    this.#tries.delete(key)
    this.#tries.set(key, tries)
    const [oldest] = this.#tries.keys()
    if (this.#tries.size > MOST && oldest !== undefined) this.#tries.delete(oldest)
    return tries
  }
}
