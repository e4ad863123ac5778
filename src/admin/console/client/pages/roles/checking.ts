import type { JudgedMapping } from '../../api-types.ts'
import { type Loaded, Resource } from '../../store.ts'
import { judge } from './desk.ts'

/** Milliseconds without a key until the gateway is asked. */
const PAUSE = 300

/** Has a text judged as it is typed: after a pause, and only the last of several. */
export class Checking {
  readonly #judged: Resource<JudgedMapping>
  #text: string | null = null
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(left: AbortSignal) {
    this.#judged = new Resource(left, (signal) => judge(this.#text ?? '', false, signal))
    left.addEventListener('abort', () => clearTimeout(this.#timer ?? undefined))
  }

  get state(): Loaded<JudgedMapping> {
    return this.#judged.state
  }

  /** What is told is of an earlier text. */
  get isBehind(): boolean {
    return this.#timer !== null || this.#judged.isBusy
  }

  /** To be called with whatever is shown; the same text is judged once. */
  follow(text: string): void {
    if (text === this.#text) return
    const pause = this.#text === null ? 0 : PAUSE
    this.#text = text
    clearTimeout(this.#timer ?? undefined)
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#judged.load()
    }, pause)
  }
}
