import type { Serving, WorkerProcess } from './process.ts'

export interface BringUp {
  /** What is in force now; null: nothing yet. */
  serving(): Serving | null
  /** How many workers share the limits. */
  count(): number
  /** Brings a worker to the registry as it is; resolves once it has it. */
  welcome(worker: WorkerProcess): Promise<void>
  /** Milliseconds for each step. */
  readonly deadline: number
}

/** From a process that was just started to one that accepts, on whatever is in force by then; rejects when it does not come to that. */
export async function bringUp(worker: WorkerProcess, { serving, count, welcome, deadline }: BringUp): Promise<void> {
  await worker.ready(deadline)
  await welcome(worker)
  let taken: Serving | null
  do {
    taken = serving()
    if (taken === null) break
    await worker.prepare(taken, deadline)
    await worker.commit(taken, deadline)
  } while (taken !== serving())
  // From here on a change reaches it as one of those that serve.
  worker.state = 'serving'
  worker.tell({ kind: 'workers', count: count() })
  // Whatever the registry became meanwhile.
  await welcome(worker)
  if (taken !== null) await worker.open(taken, deadline)
}
