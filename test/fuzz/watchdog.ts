import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** No honest input takes this long, whatever else the machine does. */
const PATIENCE = 60_000
const MAX_INPUT = 1024 * 1024

/** Shared with the thread. */
export interface WatchedMemory {
  /** Executions so far; 0: none is under way. */
  readonly counter: BigInt64Array
  readonly lengths: Int32Array
  readonly input: Uint8Array
  readonly patience: number
  readonly target: string
  readonly seed: number
}

/** Ends the process with a finding where an execution never ends: nothing in this thread could. */
export class Watchdog {
  readonly #memory: WatchedMemory
  readonly #thread: Worker
  #count = 0n

  private constructor(memory: WatchedMemory, thread: Worker) {
    this.#memory = memory
    this.#thread = thread
  }

  static async start(target: string, seed: number): Promise<Watchdog> {
    const memory: WatchedMemory = {
      counter: new BigInt64Array(new SharedArrayBuffer(8)),
      lengths: new Int32Array(new SharedArrayBuffer(4)),
      input: new Uint8Array(new SharedArrayBuffer(MAX_INPUT)),
      patience: PATIENCE,
      target,
      seed,
    }
    const thread = new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData: memory })
    await once(thread, 'message')
    thread.unref()
    return new Watchdog(memory, thread)
  }

  begin(input: Buffer): void {
    const { input: copy, lengths, counter } = this.#memory
    const length = Math.min(input.length, MAX_INPUT)
    copy.set(input.subarray(0, length))
    Atomics.store(lengths, 0, length)
    Atomics.store(counter, 0, ++this.#count)
  }

  /** Nothing is under way. */
  rest(): void {
    Atomics.store(this.#memory.counter, 0, 0n)
  }

  async stop(): Promise<void> {
    await this.#thread.terminate()
  }
}
