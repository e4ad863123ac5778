/**
 * The whole view is drawn anew whenever something that it shows was set: once, after the event that set it and before the next one, so that
 * what handles an event is never of an older state than what it changes. (A frame later, two quick edits would undo each other.)
 */
let draw: (() => void) | null = null
let isScheduled = false

export function drawWith(drawing: () => void): void {
  draw = drawing
  redraw()
}

export function redraw(): void {
  if (isScheduled) return
  isScheduled = true
  queueMicrotask(() => {
    isScheduled = false
    draw?.()
  })
}

/** Once what was set is drawn, and before the next event: somebody who types on at once types where the focus goes. */
export function onceDrawn(act: () => void): void {
  queueMicrotask(act)
}

/** A value that views show: setting it has them drawn. */
export class State<T> {
  #value: T

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set value(value: T) {
    if (Object.is(value, this.#value)) return
    this.#value = value
    redraw()
  }
}

/** What was asked for: not there yet, there, or why not. */
export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Something that is fetched for a view. `load` again keeps what is shown until the new one is there; an answer that was overtaken, or whose
 * view was left, counts for nothing.
 */
export class Resource<T> {
  readonly #fetch: (signal: AbortSignal) => Promise<T>
  readonly #left: AbortSignal
  readonly #state = new State<Loaded<T>>({ kind: 'loading' })
  readonly #busy = new State(false)
  #under: AbortController | null = null

  /** `left`: aborted when its view is left. */
  constructor(left: AbortSignal, fetch: (signal: AbortSignal) => Promise<T>) {
    this.#left = left
    this.#fetch = fetch
  }

  get state(): Loaded<T> {
    return this.#state.value
  }

  /** Something else was asked for, and is not there yet. */
  get isBusy(): boolean {
    return this.#busy.value
  }

  /** null: not there. */
  get value(): T | null {
    return this.state.kind === 'ready' ? this.state.value : null
  }

  /** Known without asking: what is on its way was asked for before, and counts for nothing. */
  set value(value: T) {
    this.#under?.abort()
    this.#under = null
    this.#busy.value = false
    this.#state.value = { kind: 'ready', value }
  }

  /** Never rejects. `isAgain`: it is the same, as it may be by now; nobody who looks at it has to wait. */
  async load(isAgain = false): Promise<void> {
    this.#under?.abort()
    const under = new AbortController()
    this.#under = under
    if (!isAgain) this.#busy.value = true
    try {
      const value = await this.#fetch(AbortSignal.any([under.signal, this.#left]))
      if (this.#under === under && !this.#left.aborted) this.#state.value = { kind: 'ready', value }
    } catch (error) {
      if (this.#under === under && !this.#left.aborted) this.#state.value = { kind: 'failed', error }
    } finally {
      if (this.#under === under) this.#busy.value = false
    }
  }
}
