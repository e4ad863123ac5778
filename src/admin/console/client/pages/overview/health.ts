import type { Upstream } from '../../api-types.ts'
import { count } from '../../format.ts'

/** What all targets together say. */
export interface UpstreamHealth {
  readonly total: number
  readonly down: number
  readonly untried: number
  /** Those of which no target could be reached, with their targets: whatever is routed there fails. */
  readonly dead: ReadonlyMap<string, readonly Upstream[]>
}

/** By what became of the last attempt at each target; one that nobody tried yet counts as none that is down. Pure. */
export function upstreamHealth(upstreams: readonly Upstream[]): UpstreamHealth {
  const named = Map.groupBy(upstreams, ({ upstream }) => upstream)
  return {
    total: upstreams.length,
    down: upstreams.filter(({ healthy }) => healthy === false).length,
    untried: upstreams.filter(({ healthy }) => healthy === null).length,
    dead: new Map([...named].filter(([, targets]) => targets.every(({ healthy }) => healthy === false))),
  }
}

/** As a tile shows it. */
export interface Figure {
  readonly label: string
  readonly value: string
  readonly tone?: 'good' | 'warn' | 'bad'
  readonly note?: string
}

/** Bad where an upstream has no target left, a warning where it only has fewer. Pure. */
export function upstreamsFigure({ total, down, untried, dead }: UpstreamHealth): Figure {
  const label = 'Upstream targets up'
  if (untried === total) return { label, value: '–', note: total === 0 ? 'no upstream is configured' : 'none was tried yet' }
  const rest = untried === 0 ? '' : `${count(untried)} not tried yet`
  const note = down === 0 ? rest : [`${count(down)} down`, rest].filter((one) => one !== '').join(', ')
  const value = `${count(total - down)} of ${count(total)}`
  return { label, value, tone: dead.size > 0 ? 'bad' : down > 0 ? 'warn' : 'good', ...(note === '' ? {} : { note }) }
}
