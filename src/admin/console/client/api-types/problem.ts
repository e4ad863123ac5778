/** One thing wrong in a file. */
export interface FileProblem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly path: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly snippet: string
  readonly hint?: string
}

/** RFC 9457, as errors come. */
export interface ProblemBody {
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  readonly code?: string
  readonly hint?: string
  readonly problems?: readonly FileProblem[]
}
