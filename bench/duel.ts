import type { DuelCase } from './cases/types.ts'
import type { BenchConfig } from './config.ts'
import type { Contender } from './lab/lab.ts'
import { cpuSeconds } from './lab/processes.ts'
import type { Duration, Generator } from './load/generator.ts'
import type { LoadResult } from './load/result.ts'
import type { DuelOutcome, DuelRow } from './outcome.ts'
import { median, pairedRatios } from './statistics.ts'

/** What a case found out, and why that may not count. */
export interface DuelReport {
  readonly outcome: DuelOutcome
  readonly problems: readonly string[]
}

/**
 * Loads all contenders in the same seconds on the same processor, round after round. Absolute figures swing with whatever else the
 * machine does; what hits all alike leaves the ratios within a round nearly as they are.
 */
export async function runDuel(
  one: DuelCase,
  contenders: readonly Contender[],
  generator: Generator,
  config: BenchConfig,
): Promise<DuelReport> {
  const load = (contender: Contender, duration: Duration): Promise<LoadResult> => {
    contender.child.assertAlive()
    return generator.run(contender.port, contender.child.tree(), one.workload, duration)
  }
  const together = (duration: Duration) => Promise.all(contenders.map((contender) => load(contender, duration)))
  const warm = await together({ seconds: config.warmUpSeconds, warmUp: 0 })
  const before = contenders.map(({ child }) => cpuSeconds(child.tree()))
  const rounds: LoadResult[][] = []
  for (let round = 0; round < config.repeats; round++) {
    rounds.push(await together({ seconds: config.seconds, warmUp: config.leadIn }))
  }
  const runs = contenders.map((_, index) => rounds.map((round) => round[index] as LoadResult))
  const problems = contenders.flatMap(({ entrant }, index) =>
    problemsOf(one, config, warm[index] as LoadResult, runs[index] ?? []).map((problem) => `${one.name}: ${entrant.label}: ${problem}`),
  )
  const rows = contenders.flatMap(({ entrant, child }, index) => {
    const [own, baseline] = [runs[index] ?? [], runs[0] ?? []]
    if (![...own, ...baseline].every(({ requests, cpuNs }) => requests > 0 && cpuNs > 0)) return []
    return [duelRow(entrant.label, own, baseline, busiestShare(before[index] ?? new Map(), cpuSeconds(child.tree())))]
  })
  return { outcome: { kind: 'duel', name: one.name, title: one.title, limit: one.limit, rows }, problems }
}

/** One contender's rounds against the baseline's. Throws RangeError where rounds are missing. */
export function duelRow(label: string, runs: readonly LoadResult[], baseline: readonly LoadResult[], busiest: number): DuelRow {
  const sum = (pick: (run: LoadResult) => number) => runs.reduce((total, run) => total + pick(run), 0)
  return {
    label,
    ratio: pairedRatios(runs.map(cpuPerRequest), baseline.map(cpuPerRequest)),
    cpuUs: median(runs.map(cpuPerRequest)),
    requestsPerSecond: median(runs.map(({ requests, elapsedUs }) => (requests * 1e6) / elapsedUs)),
    p50Us: median(runs.map(({ p50Us }) => p50Us)),
    p99Us: median(runs.map(({ p99Us }) => p99Us)),
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    not200: sum(({ not200 }) => not200),
    resumedShare:
      sum(({ resumed }) => resumed) /
      Math.max(
        1,
        sum(({ handshakes }) => handshakes),
      ),
    busiestShare: busiest,
  }
}

/** Microseconds. */
function cpuPerRequest({ cpuNs, requests }: LoadResult): number {
  return cpuNs / 1000 / requests
}

/** Figures of a contender that failed requests, or did another kind of handshake, are no figures. */
function problemsOf({ workload }: DuelCase, config: BenchConfig, warm: LoadResult, runs: readonly LoadResult[]): string[] {
  const sum = (pick: (run: LoadResult) => number) => [warm, ...runs].reduce((total, run) => total + pick(run), 0)
  const [errors, not200, resumed, full] = [
    sum((run) => run.errors),
    sum((run) => run.not200),
    sum((run) => run.resumed),
    sum((run) => run.handshakes - run.resumed),
  ]
  // Each generator process has to earn a ticket per connection first.
  const firstHandshakes = config.connections * (runs.length + 1)
  return [
    ...(errors > 0 ? [`${errors} requests or connections failed`] : []),
    ...(not200 > 0 ? [`${not200} answers were not 200`] : []),
    ...(runs.some(({ requests }) => requests === 0) ? ['a round without a single answer'] : []),
    ...(workload.mode === 'full' && resumed > 0 ? [`${resumed} handshakes were resumed where full ones were asked for`] : []),
    ...(workload.mode === 'resumed' && full > firstHandshakes ? [`${full} handshakes were full where resumed ones were asked for`] : []),
  ]
}

function busiestShare(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  const used = [...after].map(([pid, seconds]) => seconds - (before.get(pid) ?? 0))
  const all = used.reduce((total, seconds) => total + seconds, 0)
  return all > 0 ? Math.max(...used) / all : 1
}
