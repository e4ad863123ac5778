import cluster from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import type { FromWorker } from '../ipc/messages.ts'
import { readToWorker } from '../ipc/validate.ts'
import { WorkerProgram } from './program.ts'

/** Milliseconds for the last log lines of a worker that ends because of a bug. */
const lastWords = 500
/**
 * Milliseconds for what is under way when control is gone, whatever `limits.drain` says: nobody tells this worker of revocations any more, and
 * those of a control that was started since would not count here.
 */
const alone = 2_000

/** Runs this process as a worker: it does what control says, and ends soon when control is gone. */
export function runWorker(): void {
  const { worker } = cluster
  if (worker === undefined) throw new TypeError('a worker runs under a control process only')
  process.title = 'certgate: worker'
  // Control tells when to stop. A terminal or a supervisor signals the whole group: nobody is to be cut off by that.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {})

  const send = (message: FromWorker) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  }
  const program = new WorkerProgram(worker.id, send)
  process.on('message', (raw, handle) => {
    const message = readToWorker(raw)
    if (message === null) program.log?.error('control sent a message that is not in the protocol')
    else program.receive(message, handle)
  })
  worker.on('disconnect', () => {
    // Without this Node ends the process here, and with it every request under way.
    worker.exitedAfterDisconnect = true
    program.log?.warn('control is gone: tunnels end now, what else is under way has two seconds')
    void Promise.race([program.outliveControl(alone), delay(alone + lastWords)]).finally(() => process.exit(0))
  })
  // What a bug left behind cannot be trusted with another request: control starts a fresh worker.
  process.on('uncaughtException', (error) => {
    if (program.log === null) console.error(error)
    program.log?.fatal({ err: error }, 'unexpected error, this worker ends')
    void Promise.race([program.flush(), delay(lastWords)]).finally(() => process.exit(1))
  })
  send({ kind: 'ready' })
}
