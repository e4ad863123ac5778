import type { Snapshot } from '../../ipc/messages.ts'
import type { CertificateStatus } from '../../tls/status-types.ts'
import type { StatusWanted } from '../workers/process.ts'
import { WorkerGoneError, type WorkerProcess } from '../workers/process.ts'
import type { Tell } from './alarms.ts'
import { RevocationDesk } from './desk.ts'

/** Milliseconds: a worker that has not taken up a revocation by then might still let somebody in, and is killed. */
const REVOKED_PATIENCE = 1_000
/** Milliseconds for whatever else is found out. */
const PATIENCE = 10_000
/** One message; a list that is replaced may change thousands. */
const MAX_AT_ONCE = 1_000

type InForce = Pick<Snapshot, 'settings' | 'listeners'>

/** The desk and the workers that it answers. */
export class RevocationService {
  readonly desk: RevocationDesk
  readonly #workers: () => readonly WorkerProcess[]
  #number = 0

  constructor(snapshot: InForce, workers: () => readonly WorkerProcess[], log: Tell) {
    this.#workers = workers
    this.desk = new RevocationDesk({ publish: (statuses) => this.#publish(statuses), log })
    this.configure(snapshot)
  }

  configure({ settings, listeners }: InForce): void {
    const trusts = [...listeners.values()].flatMap((listener) => [listener, ...listener.names.values()])
    this.desk.configure(settings, [...new Set(trusts.flatMap(({ crl }) => crl.lists))])
  }

  /** What a worker asks. */
  readonly wanted: StatusWanted = (worker, question) => {
    void this.desk.wanted(question, (status) => this.#bring(worker, [status]))
  }

  #publish(statuses: readonly CertificateStatus[]): void {
    for (let start = 0; start < statuses.length; start += MAX_AT_ONCE) {
      for (const worker of this.#workers()) this.#bring(worker, statuses.slice(start, start + MAX_AT_ONCE))
    }
  }

  #bring(worker: WorkerProcess, statuses: readonly CertificateStatus[]): void {
    const urgent = worker.state !== 'starting' && statuses.some(({ status }) => status === 'revoked')
    worker
      .takeStatuses({ kind: 'statuses', number: ++this.#number, statuses }, urgent ? REVOKED_PATIENCE : PATIENCE)
      .catch((error: unknown) => {
        // Killed for not answering, or gone by itself: it answers nobody.
        if (!(error instanceof WorkerGoneError)) throw error
      })
  }
}
