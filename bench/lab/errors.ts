/** Something the bench cannot go on without; told to the user as one line and a hint. */
export class BenchError extends Error {
  readonly hint: string | null

  constructor(message: string, hint: string | null = null, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BenchError'
    this.hint = hint
  }
}

export class WrongUsage extends BenchError {}
