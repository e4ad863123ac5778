import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { CertgateError } from '../../errors.ts'

/** Milliseconds. */
export interface Patience {
  /** That an answer is waited for before it is asked whether anybody is there. */
  readonly before: number
  /** That the answer to this may take. */
  readonly within: number
}

const PATIENCE: Patience = { before: 10_000, within: 20_000 }

/**
 * Watches over a question on the admin socket, to the end of its answer. A process that was stopped or hangs still has its socket, and is
 * connected to; one that goes on may take its time, as for a backup. So after a while it is asked how it is, which it answers where it turns
 * at all. Where it does not, question or answer are destroyed with CertgateError `not_running`.
 */
export function giveUpOnSilence(socketPath: string, question: ClientRequest, patience: Patience = PATIENCE): void {
  let answer: IncomingMessage | null = null
  question.once('response', (response) => {
    answer = response
  })
  const ended = new AbortController()
  const { signal } = ended
  let timer: NodeJS.Timeout
  const wait = () => {
    clearTimeout(timer)
    if (!signal.aborted) timer = setTimeout(ask, patience.before).unref()
  }
  const ask = () => {
    timer = setTimeout(() => {
      ended.abort()
      const error = unanswered(socketPath, patience)
      answer?.destroy(error)
      question.destroy(error)
    }, patience.within)
    const sent = request({ socketPath, path: '/status', agent: false, headers: { host: 'admin' }, signal }, (response) => {
      response.resume().on('end', wait).on('error', wait)
    })
    // Whoever asked first is told why.
    sent.on('error', wait)
    sent.end()
  }
  wait()
  question.once('close', () => {
    ended.abort()
    clearTimeout(timer)
  })
}

function unanswered(socketPath: string, { before, within }: Patience): CertgateError {
  const seconds = Math.round((before + within) / 1000)
  return new CertgateError('not_running', `the process behind ${socketPath} has not answered for ${seconds} s: it is stopped, or hangs`, {
    hint: 'whether it will still do what it was asked is not known: look at the audit log once it goes on, or restart it',
  })
}
