import { type ChangeDeadlines, patienceFor } from './patience.ts'
import { type Serving, settled, type WorkerProcess } from './process.ts'

/** The workers that a change is brought to. */
export interface Fleet {
  /** What is in force before the change. */
  readonly before: Serving | null
  readonly deadlines: ChangeDeadlines
  /**
   * Those that hold connections now. One that is starting takes up what is in force before it accepts anything. One that drains is
   * told too: a certificate revoked now must not live on there until the drain ends.
   */
  holding(): readonly WorkerProcess[]
  /** What workers that start from now on take up. */
  putInForce(serving: Serving): void
}

/**
 * Brings every worker to `serving`: all build it beside what is in force, and only when all have, all swap. Rejects with
 * WorkerRefusedError where one cannot build it or listen: then all are as before. A worker that does not answer in time is killed: the
 * others wait for it to prepare, so that one that hangs would keep a revoked certificate alive on all.
 */
export async function rollOut(serving: Serving, trustChanged: boolean, fleet: Fleet): Promise<void> {
  const { before, deadlines } = fleet
  const patience = patienceFor(serving.snapshot, before?.snapshot ?? null, deadlines, trustChanged)
  await each(fleet, (worker) => worker.prepare(serving, patience()))
  fleet.putInForce(serving)
  try {
    await each(fleet, async (worker) => {
      // It came to serve while the others were preparing.
      if (!worker.hasPrepared(serving)) await worker.prepare(serving, patience())
      await worker.commit(serving, patience())
    })
    await each(fleet, (worker) => open(worker, serving, deadlines))
  } catch (error) {
    if (before !== null) await goBack(before, fleet)
    throw error
  }
}

async function goBack(before: Serving, fleet: Fleet): Promise<void> {
  const { change } = fleet.deadlines
  fleet.putInForce(before)
  await each(fleet, async (worker) => {
    await worker.prepare(before, change)
    await worker.commit(before, change)
    await open(worker, before, fleet.deadlines)
  })
}

async function open(worker: WorkerProcess, serving: Serving, { change }: ChangeDeadlines): Promise<void> {
  if (worker.state === 'serving') await worker.open(serving, change)
}

function each(fleet: Fleet, act: (worker: WorkerProcess) => Promise<void>): Promise<void> {
  return settled(fleet.holding().map(act))
}
