/**
 * Runs a task one at a time. Whoever asks while it runs is served by one further run that starts afterwards: what they saw
 * changed may have been read too early by the run under way.
 */
export class OneAtATime<Argument, Result> {
  readonly #task: (argument: Argument) => Promise<Result>
  readonly #merge: (earlier: Argument, later: Argument) => Argument
  #running: Promise<Result> | null = null
  #next: { argument: Argument; readonly result: Promise<Result> } | null = null

  /** `merge` makes one argument of those that wait for the same run. */
  constructor(task: (argument: Argument) => Promise<Result>, merge: (earlier: Argument, later: Argument) => Argument) {
    this.#task = task
    this.#merge = merge
  }

  run(argument: Argument): Promise<Result> {
    if (this.#running === null) return this.#start(argument)
    if (this.#next !== null) {
      this.#next.argument = this.#merge(this.#next.argument, argument)
      return this.#next.result
    }
    const after = this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    )
    this.#next = { argument, result: after }
    return after
  }

  #startNext(): Promise<Result> {
    const next = this.#next
    this.#next = null
    if (next === null) throw new Error('nothing waits')
    return this.#start(next.argument)
  }

  #start(argument: Argument): Promise<Result> {
    const running = this.#task(argument).finally(() => {
      // Whoever waits starts next, before anybody else can.
      if (this.#running === running && this.#next === null) this.#running = null
    })
    this.#running = running
    return running
  }
}
