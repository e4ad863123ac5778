import { type Gateway, get } from './gateway.ts'

export interface Pump {
  /** Answers so far that were 200. */
  readonly answered: number
  /** Whatever went wrong: other answers and broken connections. */
  readonly failures: readonly string[]
  /** Resolves once so many more requests were answered. */
  more(count: number): Promise<void>
  stop(): Promise<void>
}

/** Clients that ask one request after the other until stopped, `reconnect` each on a connection of its own. */
export function pump(gateway: Gateway, options: { readonly clients: number; readonly reconnect: boolean }): Pump {
  const failures: string[] = []
  const waiting = new Set<() => void>()
  let answered = 0
  let stopped = false
  const run = async () => {
    let connection: Awaited<ReturnType<Gateway['connect']>> | null = null
    while (!stopped) {
      try {
        connection ??= await gateway.connect()
        const { status, headers } = await connection.ask(get('/pumped'))
        if (status === 200) answered++
        else failures.push(`status ${status}`)
        // The gateway may end a connection after an answer: that is said in the answer, and is no failure.
        if (options.reconnect || headers.some(([name, value]) => name.toLowerCase() === 'connection' && value === 'close')) {
          connection.close()
          connection = null
        }
      } catch (error) {
        if (!stopped) failures.push(String(error))
        connection?.close()
        connection = null
      }
      for (const check of [...waiting]) check()
    }
    connection?.close()
  }
  const runs = Array.from({ length: options.clients }, run)
  return {
    get answered() {
      return answered
    },
    failures,
    more: (count) => {
      const goal = answered + count
      return new Promise((resolve) => {
        const check = () => {
          if (answered < goal) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      })
    },
    stop: async () => {
      stopped = true
      await Promise.all(runs)
    },
  }
}
