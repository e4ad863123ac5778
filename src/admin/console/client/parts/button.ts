import { html, nothing, type TemplateResult } from 'lit-html'
import { type IconName, icon } from './icon.ts'

export interface ButtonOptions {
  readonly label: string
  /** For who hears it without what stands around, e.g. `Edit readall`; begins with the label. */
  readonly name?: string
  readonly kind?: 'plain' | 'primary' | 'danger'
  readonly icon?: IconName
  readonly submit?: boolean
  /** Under way: it cannot be pressed again. */
  readonly isBusy?: boolean
  /** Why it may not be used, e.g. `whyNot('ClusterAdmin')`; null: it may. It stays reachable, and says why. */
  readonly whyNot?: string | null
  act?(event: Event): void
}

export function button(options: ButtonOptions): TemplateResult {
  const { label, name, kind = 'plain', submit = false, isBusy = false, whyNot = null } = options
  const isOff = isBusy || whyNot !== null
  const press = (event: Event): void => {
    if (isOff) event.preventDefault()
    else options.act?.(event)
  }
  return html`<button class="button" data-kind=${kind} type=${submit ? 'submit' : 'button'} aria-disabled=${isOff ? 'true' : nothing} title=${whyNot ?? nothing} @click=${press}>
    ${isBusy ? html`<span class="spinner" aria-hidden="true"></span>` : options.icon === undefined ? nothing : icon(options.icon)}<span>${label}</span>${name === undefined ? nothing : html`<span class="visually-hidden">${name.slice(label.length)}</span>`}${whyNot === null ? nothing : html`<span class="visually-hidden"> (${whyNot})</span>`}
  </button>`
}

/** One that only has a picture; `label` is what it is called. */
export function iconButton(name: IconName, label: string, act: (event: Event) => void): TemplateResult {
  return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${act}>${icon(name)}</button>`
}
