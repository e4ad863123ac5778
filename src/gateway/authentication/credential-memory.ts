import { createHmac, randomBytes } from 'node:crypto'

/** How long a password that was right stays right without being hashed again. */
const REMEMBERED_MS = 60_000
const MAX_ENTRIES = 4_096

/**
 * Which credentials were right a moment ago, under an HMAC whose key exists in this process only: neither passwords nor
 * anything they could be guessed from offline. Least recently used entries give way.
 */
export class CredentialMemory {
  readonly #key = randomBytes(32)
  readonly #now: () => number
  /** Digest -> when it is forgotten; oldest use first. */
  readonly #expiries = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Name and password hold no control character, so NUL separates them. */
  digest(name: string, password: string): string {
    return createHmac('sha256', this.#key).update(`${name}\0${password}`).digest('base64')
  }

  has(digest: string): boolean {
    const expiry = this.#expiries.get(digest)
    if (expiry === undefined) return false
    this.#expiries.delete(digest)
    if (expiry <= this.#now()) return false
    this.#expiries.set(digest, expiry)
    return true
  }

  /** Counts from now, and is not prolonged by use: a password that was changed elsewhere is asked for again. */
  remember(digest: string): void {
    this.#expiries.delete(digest)
    this.#expiries.set(digest, this.#now() + REMEMBERED_MS)
    if (this.#expiries.size <= MAX_ENTRIES) return
    const [oldest] = this.#expiries.keys()
    if (oldest !== undefined) this.#expiries.delete(oldest)
  }

  /** A number from 0 to below `count` that is always the same for a name and unknown outside this process. */
  choose(name: string, count: number): number {
    return createHmac('sha256', this.#key).update(`\0${name}`).digest().readUInt32BE(0) % count
  }
}
