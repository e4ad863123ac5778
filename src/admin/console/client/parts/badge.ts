import { html, type TemplateResult } from 'lit-html'
import { type IconName, icon } from './icon.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'muted' | 'info'

const ICONS: Readonly<Record<Tone, IconName>> = { good: 'check', warn: 'alert', bad: 'x', muted: 'minus', info: 'clock' }

/** A state in words, with a picture and a colour: never by colour alone. */
export function badge(tone: Tone, words: string, picture: IconName = ICONS[tone]): TemplateResult {
  return html`<span class="badge" data-tone=${tone}>${icon(picture)}${words}</span>`
}

const STATES: ReadonlyMap<string, Tone> = new Map([
  ['valid', 'good'],
  ['expiring', 'warn'],
  ['expired', 'bad'],
  ['disabled', 'muted'],
  ['revoked', 'bad'],
])

/** Of a registered certificate, by the API's word. */
export function certificateBadge(state: string): TemplateResult {
  const picture: IconName | undefined = state === 'revoked' ? 'slash' : state === 'expired' ? 'clock' : undefined
  return badge(STATES.get(state) ?? 'info', state, picture)
}
