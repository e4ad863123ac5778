/** Something made for a new configuration while the old one still serves: exactly one of `commit` and `abandon` ends it. */
export interface Prepared {
  /** The new takes the place of the old, which is closed. */
  commit(): void
  /** The new is closed; the old stays. */
  abandon(): void
}

interface Closable {
  close(): unknown
}

/** At most one open thing (a server, a socket) that is replaced when what it is made from changes. */
export class Replaceable<T extends Closable> {
  #held: { readonly key: string; readonly value: T } | null = null

  get value(): T | null {
    return this.#held?.value ?? null
  }

  /** Opens the thing for `key` beside the one there; the same key keeps it, null has none. Rejects as `open` does: the old stays. */
  async prepare(key: string | null, open: () => Promise<T>): Promise<Prepared> {
    const before = this.#held
    if (key === (before?.key ?? null)) return { commit: () => {}, abandon: () => {} }
    const after = key === null ? null : { key, value: await open() }
    return {
      commit: () => {
        this.#held = after
        before?.value.close()
      },
      abandon: () => void after?.value.close(),
    }
  }

  close(): unknown {
    const held = this.#held
    this.#held = null
    return held?.value.close()
  }
}
