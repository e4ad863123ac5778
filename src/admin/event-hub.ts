import { randomBytes } from 'node:crypto'
import type { AdminEvent } from './context.ts'

interface Happened {
  readonly sequence: number
  /** As it is sent. */
  readonly text: string
}

const KIND = /^[a-z][a-z0-9_.-]*$/

export interface HubOptions {
  /** Events that a client who comes back can still get. */
  readonly kept?: number
  /** Characters of them. */
  readonly keptText?: number
  /** Characters of one event; what is longer is told as `missed`. */
  readonly longest?: number
  /** Characters that wait for one client: whoever does not read them is cut off. */
  readonly waiting?: number
  /** Milliseconds between two signs of life. */
  readonly heartbeat?: number
}

/**
 * Tells live clients what happens, as server-sent events. Bounded whatever they do: what is kept for those who come back, and what waits for
 * one who does not read.
 */
export class EventHub {
  /** Numbers count within one run of the process. */
  readonly #run = randomBytes(6).toString('hex')
  readonly #kept: number
  readonly #keptText: number
  readonly #longest: number
  readonly #waiting: number
  readonly #heartbeat: number
  readonly #ring: Happened[] = []
  readonly #clients = new Set<Client>()
  #sequence = 0
  /** Characters in the ring. */
  #held = 0
  #isClosed = false

  constructor(options: HubOptions = {}) {
    this.#kept = options.kept ?? 1_000
    this.#keptText = options.keptText ?? 4_194_304
    this.#longest = options.longest ?? 65_536
    this.#waiting = options.waiting ?? 1_048_576
    this.#heartbeat = options.heartbeat ?? 15_000
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Never throws: what cannot be told is left out. */
  publish({ kind, data }: AdminEvent): void {
    const text = jsonOf(data)
    if (text === null || !KIND.test(kind)) return
    const sequence = ++this.#sequence
    // Left as it is, one that alone is more than may wait would cut everybody off, and again whenever they came back for it.
    const told = text.length > this.#longest ? this.#missed(sequence) : this.#event(sequence, kind, text)
    this.#keep({ sequence, text: told })
    for (const client of this.#clients) client.push(told)
  }

  /** Only for those who listen now: it is not kept for those who come back, who look at how things are instead. */
  tell({ kind, data }: AdminEvent): void {
    const text = jsonOf(data)
    if (text === null || !KIND.test(kind)) return
    for (const client of this.#clients) client.push(`event: ${kind}\ndata: ${text}\n\n`)
  }

  /**
   * What happens from now on, and after `lastEventId` where that is still known and not too much; else an event `missed` says that there may
   * be more. Ends once `isAllowed`, asked before each thing that is told, says no, and where too much waits.
   */
  async *subscribe(lastEventId: string | null, isAllowed: () => boolean): AsyncGenerator<string, void, undefined> {
    const client = new Client(this.#waiting)
    if (this.#isClosed) client.end()
    // Between what was kept and what comes there is no gap: nothing is awaited.
    for (const text of this.#after(lastEventId)) client.push(text)
    this.#clients.add(client)
    try {
      // A client waits this long before it comes again.
      yield 'retry: 3000\n\n'
      for (;;) {
        const text = await client.next(this.#heartbeat)
        if (text === null || !isAllowed()) return
        yield text === '' ? ': alive\n\n' : text
      }
    } finally {
      this.#clients.delete(client)
    }
  }

  /** Ends every stream, and those that would come. */
  close(): void {
    this.#isClosed = true
    for (const client of this.#clients) client.end()
  }

  #keep(happened: Happened): void {
    this.#ring.push(happened)
    this.#held += happened.text.length
    while (this.#ring.length > this.#kept || this.#held > this.#keptText) this.#held -= this.#ring.shift()?.text.length ?? 0
  }

  #event(sequence: number, kind: string, data: string): string {
    return `id: ${this.#run}-${sequence}\nevent: ${kind}\ndata: ${data}\n\n`
  }

  /** There is more than is told here: whoever needs it looks. */
  #missed(sequence: number): string {
    return this.#event(sequence, 'missed', '{}')
  }

  #after(id: string | null): string[] {
    if (id === null || id === '') return []
    const [, run, number] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? []
    const last = Number(number)
    const first = this.#ring[0]?.sequence ?? this.#sequence + 1
    const isKnown = run === this.#run && last <= this.#sequence && last + 1 >= first
    if (!isKnown) return [this.#missed(this.#sequence)]
    const backlog = this.#ring.filter(({ sequence }) => sequence > last).map(({ text }) => text)
    // What does not fit would cut them off, and again each time that they came back for it.
    const length = backlog.reduce((sum, text) => sum + text.length, 0)
    return length > this.#waiting / 2 ? [this.#missed(this.#sequence)] : backlog
  }
}

/** What waits for one reader. */
class Client {
  readonly #most: number
  #texts: string[] = []
  #length = 0
  #isOver = false
  #wake: (() => void) | null = null

  constructor(most: number) {
    this.#most = most
  }

  push(text: string): void {
    this.#texts.push(text)
    this.#length += text.length
    if (this.#length > this.#most) this.end()
    this.#wake?.()
  }

  end(): void {
    this.#isOver = true
    this.#texts = []
    this.#wake?.()
  }

  /** All that waits; '' after so many milliseconds of nothing; null at the end. */
  async next(patience: number): Promise<string | null> {
    if (this.#texts.length === 0 && !this.#isOver) await this.#something(patience)
    if (this.#isOver) return null
    const text = this.#texts.join('')
    this.#texts = []
    this.#length = 0
    return text
  }

  #something(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      // A stream that nobody reads must not keep the process alive.
      const timer = setTimeout(done, patience).unref()
      this.#wake = done
    })
  }
}

function jsonOf(data: unknown): string | null {
  try {
    return JSON.stringify(data) ?? null
  } catch {
    return null
  }
}
