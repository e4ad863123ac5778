import type { InternalUser } from '../../config/settings.ts'
import { CredentialMemory } from './credential-memory.ts'
import type { PasswordQueue } from './password-queue.ts'

export type PasswordVerdict = 'right' | 'wrong' | 'overloaded'

/** Stands in where there are no users at all; the hash of random bytes that nobody kept, cost 12. */
const NOBODY = '$2b$12$ULPK0NX8WKHZGok88aBISO./zHtQIvyRXBR/XEekIlyED2HJHnIRm'

export interface PasswordServices {
  readonly queue: PasswordQueue
  readonly verify: (hash: string, password: string) => Promise<boolean>
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/**
 * Checks passwords of internal users. What was right is remembered; the same credentials under way are computed once; an unknown
 * name costs the hash of one of the known users, always the same one, so that time does not tell who exists.
 */
export class PasswordCheck {
  readonly #hashes: ReadonlyMap<string, string>
  readonly #decoys: readonly string[]
  readonly #services: PasswordServices
  readonly #memory: CredentialMemory
  readonly #underWay = new Map<string, Promise<PasswordVerdict>>()

  constructor(users: readonly InternalUser[], services: PasswordServices) {
    this.#hashes = new Map(users.map((user) => [user.name, user.hash]))
    this.#decoys = users.length === 0 ? [NOBODY] : users.map((user) => user.hash)
    this.#services = services
    this.#memory = new CredentialMemory(services.now)
  }

  /** A promise only where a hash has to be computed. Never rejects. */
  check(name: string, password: string): PasswordVerdict | Promise<PasswordVerdict> {
    const digest = this.#memory.digest(name, password)
    if (this.#memory.has(digest)) return 'right'
    const already = this.#underWay.get(digest)
    if (already !== undefined) return already
    const hash = this.#hashes.get(name)
    const compared = hash ?? (this.#decoys[this.#memory.choose(name, this.#decoys.length)] as string)
    const job = this.#services.queue.run(() => this.#services.verify(compared, password))
    if (job === null) return 'overloaded'
    const verdict = job.then(
      (matches) => this.#settle(digest, matches && hash !== undefined),
      () => this.#settle(digest, false),
    )
    this.#underWay.set(digest, verdict)
    return verdict
  }

  #settle(digest: string, right: boolean): PasswordVerdict {
    this.#underWay.delete(digest)
    if (right) this.#memory.remember(digest)
    return right ? 'right' : 'wrong'
  }
}
