import { html, nothing, type TemplateResult } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { icon } from './icon.ts'

export interface FieldOptions {
  /** Unique on the page; the form's name of it too. */
  readonly name: string
  readonly label: string
  readonly hint?: unknown
  /** What is wrong with it; null: nothing. */
  readonly error?: string | null
  readonly required?: boolean
  /** The label is for screen readers only, e.g. of a search field. */
  readonly isLabelHidden?: boolean
}

export interface TextOptions extends FieldOptions {
  readonly value: string
  readonly type?: 'text' | 'search' | 'password' | 'number' | 'date'
  readonly placeholder?: string
  /** More than one line, and how many are seen. */
  readonly rows?: number
  readonly monospaced?: boolean
  readonly autocomplete?: 'off' | 'new-password'
  changed(value: string): void
}

export interface Choice {
  readonly value: string
  readonly label: string
  /** Why it cannot be chosen, said beside it; null: it can. */
  readonly whyNot?: string | null
}

export function textField(options: TextOptions): TemplateResult {
  const { name, value, type = 'text', placeholder, rows, monospaced = false, autocomplete = 'off', required = false } = options
  const typed = ({ target }: Event): void => options.changed((target as HTMLInputElement | HTMLTextAreaElement).value)
  const control =
    rows === undefined
      ? html`<input id=${name} name=${name} type=${type} .value=${live(value)} placeholder=${placeholder ?? nothing} autocomplete=${autocomplete} spellcheck="false" ?required=${required} data-monospaced=${monospaced} aria-describedby=${describedBy(options)} aria-invalid=${invalid(options)} @input=${typed}>`
      : html`<textarea id=${name} name=${name} rows=${rows} .value=${live(value)} placeholder=${placeholder ?? nothing} spellcheck="false" ?required=${required} data-monospaced=${monospaced} aria-describedby=${describedBy(options)} aria-invalid=${invalid(options)} @input=${typed}></textarea>`
  return around(options, control)
}

export function selectField(
  options: FieldOptions & { readonly value: string; readonly choices: readonly Choice[]; changed(value: string): void },
): TemplateResult {
  const { name, value, choices, required = false } = options
  const chosen = ({ target }: Event): void => options.changed((target as HTMLSelectElement).value)
  return around(
    options,
    html`<select id=${name} name=${name} ?required=${required} aria-describedby=${describedBy(options)} aria-invalid=${invalid(options)} @change=${chosen}>
      ${choices.map(
        (choice) =>
          html`<option value=${choice.value} ?disabled=${choice.whyNot != null} .selected=${live(choice.value === value)}>${choice.label}${choice.whyNot == null ? nothing : ` – ${choice.whyNot}`}</option>`,
      )}
    </select>`,
  )
}

export function checkField(options: FieldOptions & { readonly value: boolean; changed(value: boolean): void }): TemplateResult {
  const { name, value, label } = options
  const checked = ({ target }: Event): void => options.changed((target as HTMLInputElement).checked)
  return html`<div class="field field-check">
    <input id=${name} name=${name} type="checkbox" .checked=${live(value)} aria-describedby=${describedBy(options)} aria-invalid=${invalid(options)} @change=${checked}>
    <label for=${name}>${label}</label>${notes(options)}
  </div>`
}

/** Several that belong together, e.g. check boxes, under one name. */
export function fieldGroup(legend: string, fields: unknown): TemplateResult {
  return html`<fieldset class="field-group"><legend>${legend}</legend>${fields}</fieldset>`
}

function around(options: FieldOptions, control: TemplateResult): TemplateResult {
  const { name, label, required = false, isLabelHidden = false } = options
  return html`<div class="field">
    <label for=${name} class=${isLabelHidden ? 'visually-hidden' : nothing}>${label}${required ? html`<span class="muted"> (required)</span>` : nothing}</label>
    ${control}${notes(options)}
  </div>`
}

function notes({ name, hint, error }: FieldOptions): TemplateResult {
  return html`${hint === undefined ? nothing : html`<p class="field-hint" id="${name}-hint">${hint}</p>`}<p class="field-error" id="${name}-error" aria-live="polite">${error == null ? nothing : html`${icon('alert')}${error}`}</p>`
}

function describedBy({ name, hint }: FieldOptions): string {
  return hint === undefined ? `${name}-error` : `${name}-hint ${name}-error`
}

const invalid = ({ error }: FieldOptions): 'true' | typeof nothing => (error == null ? nothing : 'true')
