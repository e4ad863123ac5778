import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../api.ts'
import type { AuditEntry, AuditPage } from '../api-types.ts'
import { panel } from '../parts/panel.ts'
import { empty, notAllowed, pageHeading, whenLoaded } from '../parts/states.ts'
import { whyNot } from '../session.ts'
import { Resource } from '../store.ts'
import { entryActions, entryFacts } from './audit/entry.ts'
import type { OpenedPage, PageContext } from './page.ts'

interface Found {
  /** null: there is none of that number. */
  readonly entry: AuditEntry | null
  readonly newest: number
}

/** One entry, at an address that can be passed on. */
export function open({ signal, parameters }: PageContext): OpenedPage {
  const given = parameters.get('sequence') ?? ''
  const sequence = /^\d{1,15}$/.test(given) ? Number(given) : 0
  const title = (): string => `Audit entry ${sequence === 0 ? given : `#${sequence}`}`
  const reason = whyNot('Operator')
  if (reason !== null) return { title, view: () => html`${pageHeading(title())}${notAllowed(reason)}` }
  const found = new Resource<Found>(signal, async (asked) => {
    const { value } = await ask<AuditPage>(`GET /api/v1/audit?before=${sequence + 1}&limit=1`, { signal: asked })
    const [entry = null] = value.entries
    return { entry: entry?.sequence === sequence ? entry : null, newest: value.head.sequence }
  })
  void found.load()
  const retry = () => void found.load()
  return { title, view: () => html`${pageHeading(title(), neighbours(sequence, found.value))}${whenLoaded(found.state, content, retry)}` }
}

function neighbours(sequence: number, found: Found | null): TemplateResult | typeof nothing {
  if (found?.entry == null) return nothing
  return html`${sequence > 1 ? html`<a href="/console/audit/${sequence - 1}">Entry before</a>` : nothing}
    ${sequence < found.newest ? html`<a href="/console/audit/${sequence + 1}">Entry after</a>` : nothing}
    <a href="/console/audit?before=${sequence + 1}">In the log</a>`
}

function content({ entry, newest }: Found): TemplateResult {
  const way = html`The newest is <a href="/console/audit/${newest}">#${newest}</a>. <a href="/console/audit">To the log</a>`
  if (entry === null) return empty('There is no such entry', newest === 0 ? nothing : way, 'list')
  return panel(entry.action, html`${entryFacts(entry)}${entryActions(entry, false)}`)
}
