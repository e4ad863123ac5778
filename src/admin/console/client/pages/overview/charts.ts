import { html, type TemplateResult } from 'lit-html'
import type { Overview, Sample } from '../../api-types.ts'
import { count, duration, plural, rate, spoken } from '../../format.ts'
import { lineChart, type Series, sparkline, stackedBars } from '../../parts/chart.ts'
import { panel, tile } from '../../parts/panel.ts'
import { empty } from '../../parts/states.ts'
import { dataTable } from '../../parts/table.ts'
import { type Bucket, latest, perSecond, refusalsOf } from './samples.ts'
import { upstreamsTile } from './upstreams.ts'

const CLASSES: readonly (Series & { readonly status: number })[] = [
  { status: 2, label: '2xx', colour: 'good' },
  { status: 3, label: '3xx', colour: 'blue' },
  { status: 4, label: '4xx', colour: 'warn' },
  { status: 5, label: '5xx', colour: 'bad' },
]
const QUANTILES = ['p50', 'p95', 'p99'] as const
const LATENCY: readonly Series[] = [
  { label: 'p50', colour: 'blue' },
  { label: 'p95', colour: 'violet' },
  { label: 'p99', colour: 'bad' },
]
const MOST_REASONS = 5
const COLOURS = ['warn', 'blue', 'violet', 'teal', 'bad'] as const

/** The figures that are looked at first. */
export function tiles(overview: Overview, buckets: readonly Bucket[]): TemplateResult {
  const now = overview.samples.at(-1)
  const requests = now === undefined ? null : now.requests / now.seconds
  const refused = now === undefined ? null : total(refusalsOf([now])) / now.seconds
  const latency = latest(buckets)?.latency ?? null
  const { own, clients } = overview.expiring
  const expiring = own.length + clients.total
  const serving = overview.workers.filter(({ state }) => state === 'serving').length
  return html`<div class="tiles">
    ${tile({
      label: 'Requests per second',
      value: requests === null ? '–' : rate(requests),
      picture: sparkline(
        buckets.map((one) => perSecond(one, one.requests)),
        'blue',
      ),
    })}
    ${tile({
      label: 'Refused per second',
      value: refused === null ? '–' : rate(refused),
      picture: sparkline(
        buckets.map((one) => perSecond(one, total(one.refusals))),
        'warn',
      ),
    })}
    ${tile({
      label: 'Latency, 95th percentile',
      value: latency === null ? '–' : duration(latency.p95),
      picture: sparkline(
        buckets.map((one) => one.latency?.p95 ?? null),
        'violet',
      ),
    })}
    ${tile({
      label: 'Open connections',
      value: now === undefined ? '–' : count(now.connections),
      picture: sparkline(
        buckets.map(({ connections }) => connections),
        'teal',
      ),
    })}
    ${tile({ label: 'Ending soon', value: count(expiring), tone: own.some(({ expired }) => expired) ? 'bad' : expiring > 0 ? 'warn' : 'good', note: expiring === 0 ? 'no certificate, no list' : `${plural(clients.total, 'client certificate')}, ${count(own.length)} of the gateway` })}
    ${tile({ label: 'Workers serving', value: `${count(serving)} of ${count(overview.workers.length)}`, tone: serving === 0 ? 'bad' : serving < overview.workers.length ? 'warn' : 'good' })}
    ${upstreamsTile(overview.upstreams)}
  </div>`
}

export function trafficPanel(buckets: readonly Bucket[]): TemplateResult {
  const values = buckets.map((one) => perSecond(one, one.requests))
  const summary = told(values, (value) => `${rate(value)} per second`)
  const points = buckets.map((one) => ({ at: one.at, values: CLASSES.map(({ status }) => perSecond(one, one.statuses.get(status) ?? 0)) }))
  return panel(
    'Requests',
    stackedBars({ title: 'Requests per second by status, last 10 minutes', series: CLASSES, points, format: rate, summary }),
  )
}

export function latencyPanel(buckets: readonly Bucket[]): TemplateResult {
  const points = buckets.map(({ at, latency }) => ({ at, values: QUANTILES.map((one) => latency?.[one] ?? null) }))
  const summary = told(
    buckets.map(({ latency }) => latency?.p95 ?? null),
    (value) => `95th percentile ${duration(value)}`,
  )
  return panel(
    'Latency',
    lineChart({
      title: 'From request head to response finished, last 10 minutes, by powers of ten',
      series: LATENCY,
      points,
      format: duration,
      summary,
    }),
  )
}

export function refusalsPanel(samples: readonly Sample[], buckets: readonly Bucket[]): TemplateResult {
  const reasons = [...refusalsOf(samples)].map(([reason, many]) => ({ reason, many })).sort((a, b) => b.many - a.many)
  if (reasons.length === 0) return panel('Refusals', empty('Nobody was refused in the last 10 minutes', undefined, 'check'))
  const shown = reasons.slice(0, MOST_REASONS)
  const series = shown.map(({ reason }, index) => ({ label: spoken(reason), colour: COLOURS[index] ?? 'blue' }))
  const points = buckets.map((one) => ({ at: one.at, values: shown.map(({ reason }) => perSecond(one, one.refusals.get(reason) ?? 0)) }))
  const summary = shown.map(({ reason, many }) => `${spoken(reason)} ${count(many)}`).join(', ')
  const table = dataTable({
    caption: 'Refusals by reason, last 10 minutes',
    columns: [
      { key: 'reason', label: 'Reason', isHeading: true, cell: ({ reason }: (typeof reasons)[number]) => spoken(reason) },
      { key: 'many', label: 'Requests', isNumeric: true, cell: ({ many }: (typeof reasons)[number]) => count(many) },
    ],
    rows: reasons,
    keyOf: ({ reason }) => reason,
  })
  return panel(
    'Refusals',
    html`${stackedBars({ title: 'Refused per second by reason, last 10 minutes', series, points, format: rate, summary })}${table}`,
  )
}

/** What a reader would see in the picture: where it is now, and where it was highest. */
function told(values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null)
  const last = known.at(-1)
  if (last === undefined) return 'Nothing is known yet.'
  return `Now ${format(last)}; at most ${format(Math.max(...known))}.`
}

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, one) => sum + one, 0)
