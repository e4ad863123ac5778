import { State } from './store.ts'

export type LiveState = 'off' | 'connecting' | 'live' | 'lost'

/** Milliseconds until it is tried again where the browser itself gave up. */
const RETRY = 5_000
/** What the gateway tells; an event of any other kind is not listened for. */
const KINDS = ['metrics', 'audit', 'certificate', 'mapping', 'reload', 'missed'] as const

/** `opened`, told here: the connection is there, at first and after each time that it was lost. */
export type LiveKind = (typeof KINDS)[number] | 'opened'

/**
 * What happens in the gateway, as it happens: /api/v1/events. A page that nobody looks at lets go of its connection (browsers have six for one
 * address), and hears `missed` when it is back: whoever shows a state fetches it anew then.
 */
export class Live {
  readonly state = new State<LiveState>('off')
  readonly #listeners = new Map<LiveKind, Set<(data: unknown) => void>>()
  #source: EventSource | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #wasOpen = false

  start(): void {
    document.addEventListener('visibilitychange', () => this.#follow())
    this.#follow()
  }

  /** Until `signal` is aborted. */
  on<T>(kind: LiveKind, signal: AbortSignal, listener: (data: T) => void): void {
    const listeners = this.#listeners.get(kind) ?? new Set()
    this.#listeners.set(kind, listeners)
    const told = listener as (data: unknown) => void
    listeners.add(told)
    signal.addEventListener('abort', () => listeners.delete(told), { once: true })
  }

  #follow(): void {
    if (document.visibilityState === 'hidden') this.#close()
    else if (this.#source === null) this.#open()
  }

  #open(): void {
    clearTimeout(this.#retry)
    this.state.value = 'connecting'
    const source = new EventSource('/api/v1/events')
    this.#source = source
    source.onopen = () => {
      this.state.value = 'live'
      this.#tell('opened', {})
      // The browser names the last event only where it came back by itself.
      if (this.#wasOpen) this.#tell('missed', {})
      this.#wasOpen = true
    }
    source.onerror = () => {
      this.state.value = 'lost'
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return
      this.#close()
      this.#retry = setTimeout(() => this.#follow(), RETRY)
    }
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data }: MessageEvent<string>) => this.#tell(kind, JSON.parse(data)))
    }
  }

  #close(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = null
    if (this.state.value === 'live') this.state.value = 'connecting'
  }

  #tell(kind: LiveKind, data: unknown): void {
    for (const listener of this.#listeners.get(kind) ?? []) listener(data)
  }
}

export const live = new Live()
