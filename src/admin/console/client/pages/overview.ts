import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../api.ts'
import type { Overview, Reload } from '../api-types.ts'
import { live } from '../live.ts'
import { badge } from '../parts/badge.ts'
import { problemList } from '../parts/code.ts'
import { notAllowed, notice, pageHeading, whenLoaded } from '../parts/states.ts'
import { moment } from '../parts/time.ts'
import { whyNot } from '../session.ts'
import { Resource } from '../store.ts'
import { latencyPanel, refusalsPanel, tiles, trafficPanel } from './overview/charts.ts'
import { configurationPanel, expiringPanel, workersPanel } from './overview/panels.ts'
import { inBuckets, withSamples } from './overview/samples.ts'
import { deadNotice, upstreamsPanel } from './overview/upstreams.ts'
import type { OpenedPage, PageContext } from './page.ts'

export function open({ signal }: PageContext): OpenedPage {
  const overview = new Resource<Overview>(signal, async (asked) => (await ask<Overview>('GET /api/v1/overview', { signal: asked })).value)
  const reason = whyNot('Operator')
  if (reason === null) {
    void overview.load()
    live.on('missed', signal, () => void overview.load())
    live.on<Overview>('metrics', signal, (news) => {
      const before = overview.value
      // Before the first answer there is nothing that it belongs to; one that is on its way has all of it.
      if (before !== null && !overview.isBusy) overview.value = withSamples(before, news)
    })
  }
  return {
    title: () => 'Overview',
    view: () =>
      reason === null
        ? html`${heading(overview.value)}${whenLoaded(overview.state, content, () => void overview.load())}`
        : html`${heading(null)}${notAllowed(reason)}`,
  }
}

function heading(overview: Overview | null): TemplateResult {
  if (overview === null) return pageHeading('Overview')
  const { state, version, started_at } = overview
  const words = html`<span class="muted">certgate ${version}, started ${moment(started_at)}</span>`
  return pageHeading('Overview', html`${words}${state === 'serving' ? badge('good', 'serving') : badge('warn', state)}`)
}

function content(overview: Overview): TemplateResult {
  const buckets = inBuckets(overview.samples, Date.parse(overview.at))
  return html`
    ${deadNotice(overview.upstreams)}
    ${reloadNotice(overview.last_reload)}
    ${tiles(overview, buckets)}
    <div class="grid">${trafficPanel(buckets)}${latencyPanel(buckets)}</div>
    <div class="grid">
      <div class="stack">${refusalsPanel(overview.samples, buckets)}${configurationPanel(overview)}</div>
      <div class="stack">${upstreamsPanel(overview.upstreams)}${expiringPanel(overview.expiring)}${workersPanel(overview)}</div>
    </div>
  `
}

/** What was written and is not in force is what one wants to know first. */
function reloadNotice(reload: Reload | null): TemplateResult | typeof nothing {
  if (reload === null || reload.outcome !== 'failed') return nothing
  const more = html`<p>${reload.message}, ${moment(reload.at)}.</p>${reload.problems.length === 0 ? nothing : problemList(reload.problems)}`
  return notice('bad', 'The changed configuration was not taken up', more)
}
