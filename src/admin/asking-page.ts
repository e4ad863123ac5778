import { AsyncLocalStorage } from 'node:async_hooks'
import { hash } from 'node:crypto'
import type { ApiRequest } from './types.ts'

/** A page of the console names itself by it, so that it knows its own changes again among the events: one person may have several pages open. */
const HEADER = 'certgate-page'
const IDENTIFIER = /^[A-Za-z0-9_-]{16,64}$/
const MARK_LENGTH = 32

const asking = new AsyncLocalStorage<string | null>()

/** Answers a request, so that `pageMark` tells whose it is wherever it leads. */
export function answerPage<T>({ headers }: Pick<ApiRequest, 'headers'>, answer: () => Promise<T>): Promise<T> {
  const given = headers.get(HEADER)
  return asking.run(given !== undefined && IDENTIFIER.test(given) ? markOf(given) : null, answer)
}

/**
 * What events say of the page whose request is being answered; null: of none. It is made of what the page sent, and does not tell it: nobody who
 * hears it can have a change of theirs taken for that page's own. For events alone: nothing is decided by it, and nothing recorded.
 */
export function pageMark(): string | null {
  return asking.getStore() ?? null
}

/** The console makes the same of its own identifier. */
function markOf(identifier: string): string {
  return hash('sha256', identifier, 'hex').slice(0, MARK_LENGTH)
}
