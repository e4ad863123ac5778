import type { Issued } from '../../support/authority.ts'
import type { RawClient } from '../../support/raw-client.ts'
import { echoOf, type FaultGateway } from './gateway.ts'
import type { Counts } from './report.ts'

export interface LoadOptions {
  /** Each has one request under way at a time. */
  readonly clients: number
  /** A connection, with a full handshake, for every request. */
  readonly fresh?: boolean
  /** Milliseconds that each client rests between two requests. */
  readonly pause?: number
  readonly client?: Issued
  /** Whether what came instead of the right answer is a refusal that the fault calls for. */
  readonly refusal?: (loss: Loss) => boolean
  /** Milliseconds until a request without an answer counts as lost. */
  readonly patience?: number
}

export interface Loss {
  readonly target: string
  /** How far it came: no TCP connection, no end of the handshake, no answer, or one that is not right. */
  readonly phase: 'connect' | 'handshake' | 'answer' | 'wrong'
  readonly why: string
  /** The client's port; 0 where there was none yet. */
  readonly port: number
  /** Of an answer; 0 and nothing where none came. */
  readonly status: number
  readonly code: string
}

let loads = 0

/** Steady requests, each with a target of its own, until stopped; every one is accounted for. */
export class Load {
  readonly counts: Counts = { sent: 0, answered: 0, refused: 0, lost: 0 }
  readonly losses: Loss[] = []
  readonly #gateway: FaultGateway
  readonly #options: LoadOptions
  readonly #name = ++loads
  readonly #runs: Promise<void>[]
  readonly #waiting = new Set<() => void>()
  #stopped = false

  constructor(gateway: FaultGateway, options: LoadOptions) {
    this.#gateway = gateway
    this.#options = options
    this.#runs = Array.from({ length: options.clients }, () => this.#run())
  }

  /** Resolves once so many more were answered rightly. */
  more(count: number): Promise<void> {
    const goal = this.counts.answered + count
    return new Promise((resolve) => {
      const check = () => {
        if (this.counts.answered < goal && !this.#stopped) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#runs)
    for (const check of [...this.#waiting]) check()
  }

  /** What was lost, by what was said: for a message. */
  get lossReasons(): string {
    const reasons = new Map<string, number>()
    for (const { phase, why } of this.losses) reasons.set(`${phase}: ${why}`, (reasons.get(`${phase}: ${why}`) ?? 0) + 1)
    return [...reasons].map(([reason, count]) => `${count} x ${reason}`).join('; ')
  }

  async #run(): Promise<void> {
    let connection: RawClient | null = null
    while (!this.#stopped) {
      // Ended by the gateway while nothing was under way: nothing is lost by that.
      if (connection?.ended) connection = null
      connection = await this.#one(connection)
      for (const check of [...this.#waiting]) check()
      const { pause = 0 } = this.#options
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    connection?.close()
  }

  /** One request; returns the connection where it goes on. */
  async #one(open: RawClient | null): Promise<RawClient | null> {
    const target = `/load/${this.#name}/${++this.counts.sent}`
    let phase: Loss['phase'] = 'connect'
    let connection = open
    try {
      connection ??= await this.#gateway.connect(this.#options.client, {
        tls: { session: undefined },
        onConnect: () => {
          phase = 'handshake'
        },
      })
      phase = 'answer'
      const text = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`
      const answer = await connection.ask(text, { timeout: this.#options.patience ?? 20_000 })
      const right = answer.status === 200 && answer.body === echoOf(target)
      if (right) this.counts.answered++
      else {
        const { status, body } = answer
        this.#lost({ target, phase: 'wrong', why: `${status} ${body.slice(0, 200)}`, port: portOf(connection), status, code: codeOf(body) })
      }
      if (right && this.#options.fresh !== true && answer.value('connection') !== 'close') return connection
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/; received .*/s, '') : String(error)
      this.#lost({ target, phase, why, port: portOf(connection), status: 0, code: '' })
    }
    connection?.close()
    return null
  }

  #lost(loss: Loss): void {
    if (this.#options.refusal?.(loss)) {
      this.counts.refused++
      return
    }
    this.counts.lost++
    this.losses.push(loss)
  }
}

const portOf = (connection: RawClient | null): number => connection?.localPort ?? 0

function codeOf(body: string): string {
  try {
    return String(Object(JSON.parse(body)).code ?? '')
  } catch {
    return ''
  }
}
