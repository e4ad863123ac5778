import { setImmediate } from 'node:timers/promises'
import type { ApiRequest } from '../types.ts'

/** Whose request it is that work is done for. */
export type Asked = Pick<ApiRequest, 'caller' | 'signal'>

/**
 * Work that this process cannot be interrupted in, one piece at a time. Between two pieces everybody else is heard: workers that answer in time
 * must not be taken for late. Whoever asks for many has the next after everybody else has had one; for who has gone none is done.
 */
export class Turns {
  /** By certificate, or all of the local socket; whose turn is next first. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #isRunning = false

  /** Rejects with what `make` throws, or as the signal says. */
  run<T>({ caller, signal }: Asked, make: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const piece = (): void => {
      try {
        signal?.throwIfAborted()
        resolve(make())
      } catch (error) {
        reject(error)
      }
    }
    const who = caller.actor.fingerprint ?? ''
    const pieces = this.#waiting.get(who)
    if (pieces === undefined) this.#waiting.set(who, [piece])
    else pieces.push(piece)
    if (!this.#isRunning) void this.#work()
    return promise
  }

  async #work(): Promise<void> {
    this.#isRunning = true
    for (;;) {
      await setImmediate()
      const [next] = this.#waiting
      if (next === undefined) break
      const [who, pieces] = next
      const piece = pieces.shift()
      this.#waiting.delete(who)
      if (pieces.length > 0) this.#waiting.set(who, pieces)
      piece?.()
    }
    this.#isRunning = false
  }
}
