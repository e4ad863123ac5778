import type { DuelOutcome, MemoryOutcome, Outcome, Results } from '../outcome.ts'
import { judge } from '../outcome.ts'
import { kilobytes, microseconds, milliseconds, ratio, ratioSpread, whole } from './format.ts'

/** Cells as text; the first column is aligned left, the others right. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Limits, and whether they are kept. Cases without one are not in it. */
export function limitsTable({ outcomes }: Results): Table {
  const rows = outcomes.flatMap((outcome) => {
    const { limit, title } = outcome
    if (limit === null) return []
    const print = outcome.kind === 'duel' ? ratio : kilobytes
    const { verdict, figure } = judge(outcome)
    return [[title, print(limit.atMost), figure === null ? '-' : print(figure), verdict]]
  })
  return { title: 'Limits', head: ['case', 'at most', 'measured', 'verdict'], rows }
}

/** One row per case, one column per contender; each case against its own first contender. */
export function ratioTable({ outcomes }: Results): Table {
  const duels = outcomes.filter(isDuel).filter(({ rows }) => rows[0]?.label === 'nginx')
  const labels = [...new Set(duels.flatMap(({ rows }) => rows.slice(1).map(({ label }) => label)))]
  const rows = duels.map(({ title, rows: found }) => {
    const byLabel = new Map(found.map((row) => [row.label, row]))
    return [title, ...labels.map((label) => cell(byLabel.get(label)?.ratio, ratioSpread))]
  })
  return { title: 'CPU per request, nginx is 1', head: ['case', ...labels], rows }
}

/** certgate against certgate. */
export function ownTable({ outcomes }: Results): Table {
  const duels = outcomes.filter(isDuel).filter(({ rows }) => rows.length > 0 && rows[0]?.label !== 'nginx')
  const rows = duels.flatMap(({ title, rows: [first, ...others] }) =>
    others.map((row) => [title, row.label, first?.label ?? '', ratioSpread(row.ratio), `${Math.round(row.busiestShare * 100)}%`]),
  )
  return {
    title: 'certgate against itself, CPU per request',
    head: ['case', 'with', 'against', 'ratio', 'share of the busiest process'],
    rows,
  }
}

export function memoryTable({ outcomes }: Results): Table {
  const rows = outcomes.filter(isMemory).flatMap(({ title, rows: found }) =>
    found.map(({ label, perConnection, privatePerConnection, atStart, points }) => {
      const reach = points.length === 0 ? '-' : `${whole(points[0]?.x ?? 0)} to ${whole(points.at(-1)?.x ?? 0)}`
      return [`${title}: ${label}`, kilobytes(perConnection), kilobytes(privatePerConnection), reach, `${whole(atStart / 2 ** 20)} MB`]
    }),
  )
  return { title: 'Memory per idle connection', head: ['case', 'PSS', 'private', 'connections', 'PSS before'], rows }
}

/** Absolute figures, good for this machine and these seconds only. */
export function detailsTable({ outcomes }: Results): Table {
  const rows = outcomes
    .filter(isDuel)
    .flatMap(({ name, rows: found }) =>
      found.map((row) => [
        `${name}: ${row.label}`,
        microseconds(row.cpuUs),
        whole(row.requestsPerSecond),
        milliseconds(row.p50Us),
        milliseconds(row.p99Us),
        whole(row.requests),
        String(row.errors + row.not200),
      ]),
    )
  const head = ['case', 'CPU us/request', 'requests/s', 'p50 ms', 'p99 ms', 'requests', 'errors']
  return { title: 'Absolute figures, all contenders sharing one core', head, rows }
}

export function contendersTable({ contenders }: Results): Table {
  const rows = contenders.map(({ title, version, cipher }) => [title, version, cipher ?? '-'])
  return { title: 'Contenders', head: ['contender', 'version', 'negotiates'], rows }
}

/** One line about the machine and one about the method. */
export function circumstances({ date, commit, machine, method }: Results): string[] {
  const { repeats, seconds, connections, warmUpRequests } = method
  const when = `${date.slice(0, 16).replace('T', ' ')} UTC${commit === null ? '' : `, commit ${commit}`}`
  return [
    `${when}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GB, ${machine.kernel}`,
    `${repeats} rounds of ${seconds} s, ${connections} connections per contender, ${whole(warmUpRequests)} requests to warm up`,
  ]
}

const isDuel = (outcome: Outcome): outcome is DuelOutcome => outcome.kind === 'duel'
const isMemory = (outcome: Outcome): outcome is MemoryOutcome => outcome.kind === 'memory'

function cell<T>(value: T | undefined, print: (value: T) => string): string {
  return value === undefined ? '-' : print(value)
}
