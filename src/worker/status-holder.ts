import type { FromWorker, StatusesMessage } from '../ipc/messages.ts'
import { StatusBook } from '../tls/status-book.ts'

/** What this worker knows of certificates' status: it asks control for what is missing, and takes up what control tells everybody. */
export class StatusHolder {
  readonly book: StatusBook
  readonly #send: (message: FromWorker) => void
  readonly #worse: () => void

  /** `worse` judges every connection again. */
  constructor(send: (message: FromWorker) => void, worse: () => void) {
    this.#send = send
    this.#worse = worse
    this.book = new StatusBook((question) => send({ kind: 'status_wanted', question }))
  }

  /** Who is refused now is cut off before control hears that it counts. */
  receive({ number, statuses }: StatusesMessage): void {
    if (this.book.learn(statuses)) this.#worse()
    this.#send({ kind: 'statuses_taken', number })
  }
}
