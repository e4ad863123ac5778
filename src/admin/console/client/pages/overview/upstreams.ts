import { html, nothing, type TemplateResult } from 'lit-html'
import type { Upstream } from '../../api-types.ts'
import { count, plural } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { panel, tile } from '../../parts/panel.ts'
import { empty, notice } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import { moment } from '../../parts/time.ts'
import { type UpstreamHealth, upstreamHealth, upstreamsFigure } from './health.ts'

export const upstreamsTile = (upstreams: readonly Upstream[]): TemplateResult => tile(upstreamsFigure(upstreamHealth(upstreams)))

/** That requests fail goes before every figure. */
export function deadNotice(upstreams: readonly Upstream[]): TemplateResult | typeof nothing {
  const { dead } = upstreamHealth(upstreams)
  if (dead.size === 0) return nothing
  const [[only = ''] = []] = dead
  const title = dead.size === 1 ? `Upstream ${only} is down` : `${plural(dead.size, 'upstream')} are down`
  const lines = [...dead].map(
    ([name, targets]) =>
      html`<p>${dead.size === 1 ? nothing : html`<strong>${name}</strong>: `}${targets.map(({ target }, index) => html`${index === 0 ? '' : ', '}<code>${target}</code>`)}, last tried ${moment(targets[0]?.checked_at ?? null)}.</p>`,
  )
  return notice(
    'bad',
    title,
    html`<p>${targetWords(dead)} could not be reached at the last attempt: requests that are routed there fail.</p>${lines}`,
  )
}

function targetWords(dead: UpstreamHealth['dead']): string {
  const many = [...dead.values()].flat().length
  return many === 1 ? 'Its only target' : `None of ${dead.size === 1 ? 'its' : 'their'} ${count(many)} targets`
}

const COLUMNS: readonly Column<Upstream>[] = [
  { key: 'upstream', label: 'Upstream', isHeading: true, cell: ({ upstream }) => upstream },
  { key: 'target', label: 'Target', cell: ({ target }) => html`<code>${target}</code>` },
  {
    key: 'healthy',
    label: 'State',
    cell: ({ healthy }) => (healthy === null ? badge('muted', 'not tried yet') : healthy ? badge('good', 'up') : badge('bad', 'down')),
  },
  { key: 'checked_at', label: 'Last tried', cell: ({ checked_at }) => moment(checked_at) },
]

export function upstreamsPanel(upstreams: readonly Upstream[]): TemplateResult {
  const table = dataTable({
    caption: 'Targets of upstreams',
    columns: COLUMNS,
    rows: upstreams,
    keyOf: ({ upstream, target }) => `${upstream} ${target}`,
    empty: empty('No upstream is configured', undefined, 'route'),
  })
  return panel('Upstreams', table)
}
