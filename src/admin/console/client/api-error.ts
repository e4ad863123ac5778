import type { FileProblem, ProblemBody } from './api-types.ts'
import { sentence } from './format.ts'

/** The API refused, or nobody answered (`status` 0); the message is for people. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string | null
  readonly problems: readonly FileProblem[]

  constructor(status: number, body: ProblemBody) {
    super(sentence(body.detail ?? body.title ?? `the gateway answered ${status}`))
    this.name = 'ApiError'
    this.status = status
    this.code = body.code ?? ''
    this.hint = body.hint ?? null
    this.problems = body.problems ?? []
  }
}
