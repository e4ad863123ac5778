import { readCorpus } from './corpus.ts'
import { asFinding, Finding } from './finding.ts'
import { writeFinding } from './findings-folder.ts'
import { minimise } from './minimise.ts'
import { mutateBytes } from './mutate.ts'
import { Random } from './random.ts'
import type { Target } from './target.ts'
import { Watchdog } from './watchdog.ts'

/** Inputs that led to something new are kept to be mutated further, so many at most. */
const MAX_POOL = 4_000
/** Findings of one kind that are written down; the others are counted. */
const MAX_WRITTEN_PER_KIND = 2

export interface WrittenCase {
  readonly kind: string
  readonly file: string
}

export interface TargetReport {
  readonly target: string
  readonly executions: number
  readonly seconds: number
  readonly accepted: number
  readonly refused: number
  readonly skipped: number
  /** Distinct outcomes: what stands for coverage. */
  readonly outcomes: number
  readonly slowestMilliseconds: number
  readonly findings: number
  readonly written: readonly WrittenCase[]
  readonly counters: Readonly<Record<string, number>>
}

/** Runs one target for so long; the same seed gives the same inputs where its seeds are the same. */
export async function fuzz(target: Target, seconds: number, seed: number): Promise<TargetReport> {
  const run = new Run(target, seed, [...readCorpus(target.name).map(({ input }) => input), ...(await target.seeds())])
  const watchdog = await Watchdog.start(target.name, seed)
  try {
    return run.go(seconds, watchdog)
  } finally {
    await watchdog.stop()
  }
}

class Run {
  readonly #target: Target
  readonly #seed: number
  readonly #random: Random
  readonly #pool: Buffer[]
  /** Those of the pool that were accepted: most of what is next to something refused is refused too. */
  readonly #sound: Buffer[] = []
  readonly #outcomes = new Set<string>()
  readonly #counts = { accepted: 0, refused: 0, skipped: 0 }
  readonly #kinds = new Map<string, number>()
  readonly #written: WrittenCase[] = []
  #executions = 0
  #findings = 0
  #slowest = 0

  constructor(target: Target, seed: number, pool: Buffer[]) {
    this.#target = target
    this.#seed = seed
    this.#random = new Random(seed)
    this.#pool = pool
  }

  go(seconds: number, watchdog: Watchdog): TargetReport {
    const start = performance.now()
    const end = start + seconds * 1000
    for (const input of [...this.#pool]) this.#once(input, watchdog)
    while (performance.now() < end) this.#once(this.#next(), watchdog)
    watchdog.rest()
    return {
      target: this.#target.name,
      executions: this.#executions,
      seconds: (performance.now() - start) / 1000,
      ...this.#counts,
      outcomes: this.#outcomes.size,
      slowestMilliseconds: this.#slowest,
      findings: this.#findings,
      written: this.#written,
      counters: this.#target.counters?.() ?? {},
    }
  }

  #next(): Buffer {
    const { generate, mutate, words } = this.#target
    const random = this.#random
    const made = this.#pool.length === 0 || random.chance(35) ? generate(random) : null
    const input = made ?? random.of(this.#sound.length > 0 && random.chance(60) ? this.#sound : this.#pool)
    if (made !== null && random.chance(50)) return made
    if (mutate !== undefined && random.chance(70)) return mutate(input, random)
    return mutateBytes(input, this.#pool.length === 0 ? input : random.of(this.#pool), words, random)
  }

  #once(input: Buffer, watchdog: Watchdog): void {
    this.#executions++
    watchdog.begin(input)
    try {
      const outcome = this.#bounded(input)
      this.#counts[outcome.startsWith('accepted') ? 'accepted' : outcome.startsWith('refused') ? 'refused' : 'skipped']++
      if (this.#outcomes.has(outcome)) return
      this.#outcomes.add(outcome)
      if (this.#pool.length < MAX_POOL) this.#pool.push(input)
      if (outcome.startsWith('accepted') && this.#sound.length < MAX_POOL) this.#sound.push(input)
    } catch (error) {
      this.#found(asFinding(error), input)
    }
  }

  /** The outcome, unless it took more than one execution may. */
  #bounded(input: Buffer): string {
    const { bounds } = this.#target
    const before = performance.now()
    const rss = process.memoryUsage.rss()
    const outcome = this.#target.run(input)
    const took = performance.now() - before
    if (took > this.#slowest) this.#slowest = took
    const grown = process.memoryUsage.rss() - rss
    if (grown > bounds.bytes) throw new Finding('takes too much memory', `${grown} bytes for an input of ${input.length}`)
    if (took > bounds.milliseconds) this.#repeatSlow(input)
    return outcome
  }

  /** The machine may have been busy: what counts is the processor's time, of the better of two more executions. */
  #repeatSlow(input: Buffer): void {
    const { bounds } = this.#target
    const times = [0, 1].map(() => {
      const start = process.cpuUsage()
      this.#target.run(input)
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1000
    })
    const best = Math.min(...times)
    if (best > bounds.milliseconds) throw new Finding('takes too long', `${best.toFixed(0)} ms for an input of ${input.length} bytes`)
  }

  #found(finding: Finding, input: Buffer): void {
    this.#findings++
    const seen = this.#kinds.get(finding.kind) ?? 0
    this.#kinds.set(finding.kind, seen + 1)
    if (seen >= MAX_WRITTEN_PER_KIND) return
    const bounded = finding.kind.startsWith('takes too')
    const smallest = bounded ? input : minimise(this.#target, input, finding.kind)
    const file = writeFinding(this.#target.name, finding.kind, bounded ? finding.message : this.#detail(smallest), smallest, this.#seed)
    this.#written.push({ kind: finding.kind, file })
  }

  #detail(input: Buffer): string {
    try {
      return `not repeated: ${this.#target.run(input)}`
    } catch (error) {
      return asFinding(error).message
    }
  }
}
