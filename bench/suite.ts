import { setTimeout as wait } from 'node:timers/promises'
import type { Case, DuelCase, Entrant, LineUp, MemoryCase } from './cases/types.ts'
import type { BenchConfig } from './config.ts'
import { runDuel } from './duel.ts'
import { countLines, emptyLog } from './lab/access-log.ts'
import { BenchError } from './lab/errors.ts'
import type { Contender, Lab } from './lab/lab.ts'
import { maxOpenFiles } from './lab/limits.ts'
import type { Generator } from './load/generator.ts'
import { measureMemory } from './memory.ts'
import type { MemoryRow, Outcome } from './outcome.ts'
import { validate } from './validate.ts'

/** Room for what a process has open besides connections. */
const OTHER_FILES = 600

/** Runs cases one line-up after the other, and gathers outcomes, problems and notes. */
export class Suite {
  readonly outcomes: Outcome[] = []
  readonly problems: string[] = []
  readonly notes: string[] = []
  /** By title of the entrant's program. */
  readonly ciphers = new Map<string, string>()
  readonly #lab: Lab
  readonly #config: BenchConfig
  readonly #generator: Generator | null
  readonly #say: (line: string) => void

  /** Without a generator it can only validate. `say` gets lines about progress. */
  constructor(lab: Lab, config: BenchConfig, generator: Generator | null, say: (line: string) => void) {
    this.#lab = lab
    this.#config = config
    this.#generator = generator
    this.#say = say
  }

  async run(): Promise<void> {
    for (const [lineUp, cases] of Map.groupBy(this.#config.cases, ({ lineUp }) => lineUpKey(lineUp))) {
      const duels = cases.filter((one): one is DuelCase => one.kind === 'duel')
      const memories = cases.filter((one): one is MemoryCase => one.kind === 'memory')
      const first = cases[0] as Case
      this.#say(`line-up: ${lineUp}`)
      if (this.#generator === null) await this.#withContenders(first.lineUp, async () => {})
      else {
        if (duels.length > 0) await this.#runDuels(first.lineUp, duels, this.#generator)
        for (const one of memories) await this.#runMemory(one, this.#generator)
      }
    }
    this.outcomes.sort((a, b) => this.#position(a.name) - this.#position(b.name))
  }

  async #runDuels(lineUp: LineUp, duels: readonly DuelCase[], generator: Generator): Promise<void> {
    await this.#withContenders(lineUp, async (contenders) => {
      const missing = contenders.length < 2 || contenders[0]?.entrant !== lineUp.entrants[0]
      if (missing) return void this.problems.push(`${lineUp.name}: without the baseline and another contender there is nothing to compare`)
      for (const contender of contenders) await this.#warmUp(contender, generator)
      for (const one of duels) {
        this.#say(`  ${one.name}: ${one.title}`)
        const { outcome, problems } = await runDuel(one, contenders, generator, this.#config)
        this.outcomes.push(outcome)
        this.problems.push(...problems)
        for (const { entrant, accessLog } of contenders) if (entrant.setup.accessLog) emptyLog(accessLog)
      }
    })
  }

  /** Alone, so that it takes seconds and not minutes. */
  async #warmUp({ entrant, port, accessLog }: Contender, generator: Generator): Promise<void> {
    const { warmUpRequests } = this.#config
    if (warmUpRequests === 0) return
    this.#say(`  warming up ${entrant.label}`)
    const { completed } = await generator.run(
      port,
      [],
      { mode: 'keep-alive', path: '/100' },
      { seconds: 30, warmUp: 0, stopAfter: warmUpRequests },
    )
    if (entrant.setup.accessLog) await this.#expectLines(entrant, accessLog, completed)
    if (completed < warmUpRequests) this.notes.push(`${entrant.label} answered only ${completed} requests in 30 s of warming up`)
  }

  /** A log that leaves lines out is no log; buffers are written within a second. */
  async #expectLines({ label }: Entrant, file: string, least: number): Promise<void> {
    let lines = 0
    for (const deadline = Date.now() + 4_000; lines < least && Date.now() < deadline; await wait(200)) lines = countLines(file)
    if (lines < least) this.problems.push(`${label} wrote ${lines} access-log lines for ${least} requests`)
  }

  /** Each contender alone and freshly started: nothing of an earlier case is left in its memory. */
  async #runMemory(one: MemoryCase, generator: Generator): Promise<void> {
    this.#say(`  ${one.name}: ${one.title}`)
    const room = maxOpenFiles() - OTHER_FILES
    const steps = one.steps.filter((step) => step <= room)
    if (steps.length < 2) return void this.notes.push(`${one.name}: left out, a process may have only ${room + OTHER_FILES} files open`)
    if (steps.length < one.steps.length) this.notes.push(`${one.name}: only up to ${steps.at(-1)} connections, by the limit of open files`)
    const rows: MemoryRow[] = []
    for (const entrant of one.lineUp.entrants) {
      this.#say(`    ${entrant.label}`)
      await this.#withContenders({ name: one.name, entrants: [entrant] }, async (contenders) => {
        for (const contender of contenders) {
          const { row, problems } = await measureMemory({ ...one, steps }, contender, generator)
          rows.push(row)
          this.problems.push(...problems)
        }
      })
    }
    this.outcomes.push({ kind: 'memory', name: one.name, title: one.title, limit: one.limit, rows })
  }

  /** Starts a line-up, hands over those that do the same work, and stops all of them. What fails in between is a problem, not the end. */
  async #withContenders(lineUp: LineUp, use: (contenders: readonly Contender[]) => Promise<void>): Promise<void> {
    const started: Contender[] = []
    try {
      const valid: Contender[] = []
      for (const entrant of lineUp.entrants) {
        const contender = await this.#start(entrant)
        if (contender === null) continue
        started.push(contender)
        if (await this.#isValid(contender)) valid.push(contender)
      }
      await use(valid)
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      this.problems.push(`${lineUp.name}: ${error.message}`)
    } finally {
      await Promise.all(started.map(({ child }) => child.stop()))
    }
  }

  async #start(entrant: Entrant): Promise<Contender | null> {
    try {
      return await this.#lab.start(entrant)
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      this.problems.push(`${entrant.label} is not timed: ${error.message}`)
      return null
    }
  }

  async #isValid(contender: Contender): Promise<boolean> {
    const { label, peer } = contender.entrant
    const { problems, cipher } = await validate(this.#lab, contender)
    this.ciphers.set(peer, cipher)
    this.problems.push(...problems.map((problem) => `${label} is not timed: ${problem}`))
    this.#say(`  ${label}: ${problems.length === 0 ? 'valid' : problems.join('; ')}`)
    return problems.length === 0
  }

  #position(name: string): number {
    return this.#config.cases.findIndex((one) => one.name === name)
  }
}

function lineUpKey({ name, entrants }: LineUp): string {
  return `${name} (${entrants.map(({ label }) => label).join('; ')})`
}
