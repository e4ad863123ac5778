import { html, type TemplateResult } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { button } from '../../parts/button.ts'
import { diffView } from '../../parts/code.ts'
import { copy } from '../../parts/copy.ts'
import { notice, pageHeading } from '../../parts/states.ts'
import { tabs } from '../../parts/tabs.ts'
import { State } from '../../store.ts'
import type { MappingDesk } from './desk.ts'
import { changedBy } from './review.ts'

const chosen = new State('yours')

/** Two changed the same text: what each did to it, and what is to become of that. Whatever is chosen is reviewed before it is saved. */
export function conflict(desk: MappingDesk): TemplateResult {
  const { base, text, theirs } = desk
  const now = theirs?.text ?? base.text
  const both = desk.merged
  const difference = (from: string, to: string, label: string) => (): TemplateResult =>
    html`${guard([from, to], () => diffView(from, to, label))}`
  const views = [
    { key: 'yours', label: 'What you changed', view: difference(base.text, text, 'What you changed') },
    { key: 'theirs', label: 'What changed elsewhere', view: difference(base.text, now, 'What changed elsewhere') },
    { key: 'against', label: 'Yours against theirs', view: difference(now, text, 'From theirs to yours') },
  ]
  const choose = (key: string): void => {
    chosen.value = key
  }
  return html`
    ${pageHeading('Changed in two places', button({ label: 'Back to editing', act: () => desk.edit() }))}
    ${notice('warn', `${changedBy(desk)} while you edited`, html`<p>Nothing was overwritten. Choose what is to become of both; you see the result before it is saved.</p>`)}
    <ul class="choices">
      ${choice('Both changes', both === null ? 'They touch the same lines: only you can say what is meant.' : 'Yours and theirs touch different lines, and go together.', button({ label: 'Put both together', kind: both === null ? 'plain' : 'primary', whyNot: both === null ? 'They touch the same lines.' : null, act: () => desk.goOn(both ?? text) }))}
      ${choice('Yours', 'Goes on with your text; the review shows what of theirs it takes back.', button({ label: 'Go on with mine', act: () => desk.goOn(text) }))}
      ${choice('Theirs', 'Goes on with their text; yours is set aside, and can be put back.', button({ label: 'Take theirs', act: () => desk.takeTheirs() }))}
      ${choice('Elsewhere', 'Your whole text, to be kept in a place of your own.', button({ label: 'Copy my text', icon: 'copy', act: () => void copy(text, 'text') }))}
    </ul>
    <section class="panel"><div class="panel-body">${tabs('conflict', views, chosen.value, choose)}</div></section>`
}

function choice(title: string, words: string, act: TemplateResult): TemplateResult {
  return html`<li><div><strong>${title}</strong><p class="muted">${words}</p></div>${act}</li>`
}
