import { html, nothing, type TemplateResult } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { ApiError, save } from '../../api.ts'
import type { Affected, JudgedMapping } from '../../api-types.ts'
import { plural } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { button } from '../../parts/button.ts'
import { diffView, problemList } from '../../parts/code.ts'
import { copy } from '../../parts/copy.ts'
import { panel } from '../../parts/panel.ts'
import { empty, failure, loading, notice, pageHeading, whenLoaded } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import { nameElsewhere } from '../../session.ts'
import type { MappingDesk } from './desk.ts'

type Certificate = Affected['certificates'][number]

/** What is saved stays as it is until that is known. */
const SAVING = 'It is being saved.'

/** What would be written, and who would have other roles: the last look before it counts. */
export function review(desk: MappingDesk): TemplateResult {
  const { base, text, theirs, judged } = desk
  const found = judged.state.kind === 'ready' && !judged.isBusy ? judged.state.value : null
  const errors = found?.problems.filter(({ severity }) => severity === 'error').length ?? 0
  const whyNot =
    theirs !== null
      ? 'The file was changed elsewhere: look at both first.'
      : judged.isBusy
        ? 'It is being checked.'
        : errors > 0
          ? `Mend ${plural(errors, 'error')} first.`
          : null
  return html`
    ${pageHeading(
      'Review changes',
      html`${button({ label: 'Back to editing', whyNot: desk.isSaving ? SAVING : null, act: () => desk.goBack() })}
      ${button({ label: 'Save', kind: 'primary', icon: 'check', isBusy: desk.isSaving, whyNot, act: () => void desk.save() })}`,
    )}
    ${theirs === null ? nothing : elsewhere(desk)}
    ${desk.failed === null ? nothing : notSaved(desk)}
    <div class="review">
      ${panel(
        'What changes in the file',
        guard([base.text, text], () => diffView(base.text, text, 'Difference to roles_mapping.yml as it is')),
      )}
      <div class="stack">${judged.isBusy ? panel('Who is affected', loading('Looking at who would have other roles')) : whenLoaded(judged.state, judgement, () => void judged.load())}</div>
    </div>`
}

export function changedBy({ by }: MappingDesk): string {
  return by === null ? 'The file was changed, not from a console,' : `${nameElsewhere(by)} saved another version`
}

/** The file is another one by now; what is written here stays. */
export function elsewhere(desk: MappingDesk): TemplateResult {
  const look = (): void => {
    desk.step.value = 'conflict'
  }
  const more = html`<p>${changedBy(desk)} while you edited. Nothing of either is lost: compare, and say what is to become of it.</p>
    <p>${button({ label: 'Compare', kind: 'primary', whyNot: desk.isSaving ? SAVING : null, act: look })}</p>`
  return html`<div role="alert">${notice('warn', 'The mapping was changed elsewhere', more)}</div>`
}

function notSaved({ failed, text }: MappingDesk): TemplateResult {
  const keep = html`<p class="actions">
    ${button({ label: 'Copy my text', icon: 'copy', act: () => void copy(text, 'text') })}
    ${button({ label: 'Download it', icon: 'download', act: () => save({ name: 'roles_mapping.yml', content: new Blob([text]) }) })}
  </p>`
  if (failed instanceof ApiError && failed.code === 'read_only') {
    const more = html`<p>${failed.message}. ${failed.hint}</p><p>The console may not write it here: it may come from elsewhere, e.g. a repository or a mounted volume. Put your text there.</p>${keep}`
    return html`<div role="alert">${notice('bad', 'Not saved: the mapping is read-only', more)}</div>`
  }
  return html`${failure(failed)}${keep}`
}

function judgement({ problems, affected }: JudgedMapping): TemplateResult {
  return html`
    ${affected === null ? nothing : panel('Who is affected', affectedView(affected), affected.total === 0 ? nothing : badge('warn', plural(affected.total, 'certificate')))}
    ${panel('What the gateway says to it', problems.length === 0 ? empty('No problems', undefined, 'check') : problemList(problems.slice(0, 50)))}`
}

const COLUMNS: readonly Column<Certificate>[] = [
  {
    key: 'name',
    label: 'Certificate',
    isHeading: true,
    cell: ({ name, fingerprint }) => html`<a href="/console/certificates/${fingerprint}" target="_blank" rel="noopener">${name}</a>`,
  },
  { key: 'gained', label: 'Gets', cell: ({ gained }) => roles(gained, 'plus') },
  { key: 'lost', label: 'Loses', cell: ({ lost }) => roles(lost, 'minus') },
]

function roles(names: readonly string[], picture: 'plus' | 'minus'): TemplateResult {
  if (names.length === 0) return html`<span class="muted" aria-hidden="true">–</span><span class="visually-hidden">nothing</span>`
  const more = names.length - 10
  return html`<span class="values">${names.slice(0, 10).map((name) => badge(picture === 'plus' ? 'good' : 'bad', name, picture))}${more > 0 ? html`<span class="muted">and ${more} more</span>` : nothing}</span>`
}

function affectedView({ total, certificates, complete }: Affected): TemplateResult {
  const rest = total - certificates.length
  return html`
    ${dataTable({ caption: 'Certificates that would have other roles', columns: COLUMNS, rows: certificates, keyOf: ({ fingerprint }) => fingerprint, empty: complete ? empty('No registered certificate gets or loses a role', undefined, 'users') : nothing })}
    ${rest > 0 ? html`<p class="muted">and ${plural(rest, 'more certificate')}</p>` : nothing}
    ${complete ? nothing : html`<p>${badge('warn', 'not all were looked at')} There are too many certificates to look at each of them in time.</p>`}
    <p class="muted">Of the certificates that are in force. Users with passwords and certificates that are not registered are not counted.</p>`
}
