import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { AuditEntry } from '../../api-types.ts'
import { absolute, stamp } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { button } from '../../parts/button.ts'
import { copy, copyable } from '../../parts/copy.ts'
import { icon } from '../../parts/icon.ts'
import { facts } from '../../parts/panel.ts'
import { detailFacts, type Fact, summary, type Word } from './words.ts'

const FINGERPRINT = /^[0-9a-f]{64}$/
const brief = (fingerprint: string): string => `${fingerprint.slice(0, 12)}…`

export interface Rows {
  readonly entries: readonly AuditEntry[]
  readonly fresh: ReadonlySet<number>
  readonly open: ReadonlySet<number>
  toggled(sequence: number, isOpen: boolean): void
}

/** The log as a list; each entry opens to all that it says. */
export function entryRows({ entries, fresh, open, toggled }: Rows): TemplateResult {
  const toggle = (sequence: number) => (event: Event) => toggled(sequence, (event.currentTarget as HTMLDetailsElement).open)
  return html`<div class="audit-head" aria-hidden="true"><span>Entry</span><span>Time</span><span>Who</span><span>What</span><span>On</span><span>Details</span></div>
    <ol class="audit-rows" aria-label="Entries, the newest first">
      ${repeat(
        entries,
        ({ sequence }) => sequence,
        (entry) => html`<li>
          <details class="audit-entry" .open=${open.has(entry.sequence)} ?data-fresh=${fresh.has(entry.sequence)} @toggle=${toggle(entry.sequence)}>
            <summary>${summaryLine(entry)}</summary>
            ${open.has(entry.sequence) ? html`<div class="audit-open">${entryFacts(entry)}${entryActions(entry, true)}</div>` : nothing}
          </details>
        </li>`,
      )}
    </ol>`
}

function summaryLine(entry: AuditEntry): TemplateResult {
  const { sequence, at, actor, action, outcome, target } = entry
  const words = summary(entry)
  return html`<span class="audit-number">${icon('chevronRight')}#${sequence}</span>
    <time class="audit-time" datetime=${at}>${stamp(Date.parse(at))}</time>
    <span class="audit-who">${actor.name}</span>
    <span class="audit-what"><code>${action}</code> ${outcome === 'refused' ? REFUSED : nothing}</span>
    <span class="audit-on">${target === null ? nothing : html`<code title=${target}>${shortTarget(target)}</code>`}</span>
    <span class="audit-words" title=${words}>${words}</span>`
}

/** Without room for the word: it would make the row twice as high. */
const REFUSED = html`<span class="audit-refused" title="refused">${icon('slash')}<span class="visually-hidden">refused</span></span>`

/** A digest is known by its beginning, a file by its end. */
function shortTarget(target: string): string {
  return FINGERPRINT.test(target) ? brief(target) : target.replace(/^\/.*\//, '')
}

/** All of one entry, as words. */
export function entryFacts(entry: AuditEntry): TemplateResult {
  const { sequence, at, actor, action, target, outcome, hash, previous } = entry
  const details = detailFacts(entry)
  return html`<div class="audit-facts">
    ${facts([
      ['Entry', `#${sequence}`],
      ['Time', html`<time datetime=${at}>${absolute(Date.parse(at))}</time>`],
      ['Who', actor.name],
      actor.fingerprint === null ? null : ['By certificate', certificateLink(actor.fingerprint)],
      actor.remote === null ? null : ['From', html`<code>${actor.remote}</code>`],
      actor.os_user === undefined
        ? null
        : ['User of the machine', html`<bdi>${actor.os_user}</bdi> <span class="muted">as the command told</span>`],
      ['Action', html`<code>${action}</code>`],
      ['Outcome', outcome === 'refused' ? badge('bad', 'refused', 'slash') : badge('good', outcome)],
      target === null ? null : ['On', FINGERPRINT.test(target) ? certificateLink(target) : html`<code>${target}</code>`],
      ['Hash', copyable(hash, 'hash', brief(hash))],
      ['Entry before', copyable(previous, 'hash of the entry before', brief(previous))],
    ])}
    ${details.length === 0 ? html`<p class="muted">It has no details.</p>` : factsView(details)}
  </div>`
}

/** `isInList`: it has a page of its own, which is elsewhere. */
export function entryActions(entry: AuditEntry, isInList: boolean): TemplateResult {
  const { sequence } = entry
  return html`<p class="audit-actions">
    ${isInList ? html`<a href="/console/audit/${sequence}">Link to entry #${sequence}</a>` : nothing}
    ${button({ label: 'Copy as JSON', icon: 'copy', act: () => void copy(JSON.stringify(entry, null, 2), `entry #${sequence}`) })}
  </p>`
}

function factsView(all: readonly Fact[]): TemplateResult {
  return facts(all.map(([label, word]) => [label, wordView(word)] as const))
}

function wordView(word: Word): TemplateResult {
  switch (word.kind) {
    case 'text':
      return html`${word.text}`
    case 'time':
      return html`<time datetime=${word.text}>${absolute(Date.parse(word.text))}</time>`
    case 'fingerprint':
      return certificateLink(word.text)
    case 'facts':
      return html`<div class="audit-nested">${factsView(word.facts)}</div>`
    case 'list':
      return html`<ul class="audit-list">${word.words.map((one) => html`<li>${wordView(one)}</li>`)}</ul>`
  }
}

/** A digest may be one of something else; its page says so then. */
function certificateLink(fingerprint: string): TemplateResult {
  return html`<a href="/console/certificates/${fingerprint}" title=${fingerprint}><code>${fingerprint.slice(0, 16)}…</code></a>`
}
