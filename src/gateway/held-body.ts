/** A request body up to this size is held until the response begins. */
const MAX_HELD = 65536

/** What was sent of a request body, kept for as long as the request may have to be sent again. */
export class HeldBody {
  /** All that was sent is still here. */
  whole = true
  #parts: Buffer[] = []
  #length = 0

  /** A new request; `first` came with its head. */
  begin(first: Buffer | null): void {
    this.drop()
    this.whole = first === null || first.length <= MAX_HELD
    if (first === null) return
    this.#parts.push(first)
    this.#length = first.length
  }

  /** Keeps more of the body, or gives up on all of it where that is too much. */
  add(bytes: Buffer): void {
    if (!this.whole) return
    this.#length += bytes.length
    if (this.#length <= MAX_HELD) this.#parts.push(bytes)
    else this.drop()
  }

  /** null: nothing was sent. */
  bytes(): Buffer | null {
    if (this.#parts.length === 0) return null
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
  }

  /** The request cannot be sent again any more. */
  drop(): void {
    this.whole = false
    if (this.#parts.length > 0) this.#parts = []
    this.#length = 0
  }
}
