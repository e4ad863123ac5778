import { html, type TemplateResult } from 'lit-html'
import { absolute, relative } from '../format.ts'

/** A moment: how long ago or ahead, and when exactly for who points at it. `null` becomes `never`. */
export function moment(iso: string | null, never = 'never'): TemplateResult {
  if (iso === null) return html`<span class="muted">${never}</span>`
  const time = Date.parse(iso)
  return html`<time datetime=${iso} title=${absolute(time)}>${relative(time, Date.now())}</time>`
}

/** A moment as a date, with the time for who points at it. */
export function date(iso: string): TemplateResult {
  return html`<time datetime=${iso} title=${absolute(Date.parse(iso))}>${iso.slice(0, 10)}</time>`
}
