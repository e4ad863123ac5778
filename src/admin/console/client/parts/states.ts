import { html, nothing, type TemplateResult } from 'lit-html'
import { ApiError } from '../api.ts'
import type { Loaded } from '../store.ts'
import { problemList } from './code.ts'
import { type IconName, icon } from './icon.ts'

/** The h1 of a page, with what belongs beside it. It takes the focus when one comes to the page. */
export function pageHeading(title: unknown, beside: unknown = nothing): TemplateResult {
  return html`<div class="page-heading"><h1 tabindex="-1">${title}</h1>${beside === nothing ? nothing : html`<div class="page-actions">${beside}</div>`}</div>`
}

export function loading(what = 'Loading'): TemplateResult {
  return html`<p class="state" role="status"><span class="spinner" aria-hidden="true"></span>${what}…</p>`
}

/** Nothing to show, and what one could do about it. */
export function empty(title: string, more: unknown = nothing, picture: IconName = 'search'): TemplateResult {
  return html`<div class="state empty">${icon(picture)}<p><strong>${title}</strong></p>${more === nothing ? nothing : html`<p>${more}</p>`}</div>`
}

export interface Retry {
  readonly label?: string
  act(): void
}

export function failure(error: unknown, retry?: Retry): TemplateResult {
  const { message, hint, problems } = error instanceof ApiError ? error : { message: messageOf(error), hint: null, problems: [] }
  return html`<div class="notice" data-tone="bad" role="alert">
    ${icon('alert')}
    <div>
      <p><strong>${message}</strong></p>
      ${hint === null ? nothing : html`<p>${hint}</p>`}
      ${problems.length === 0 ? nothing : problemList(problems)}
      ${retry === undefined ? nothing : html`<p><button class="button" type="button" @click=${retry.act}>${retry.label ?? 'Try again'}</button></p>`}
    </div>
  </div>`
}

/** What a person may not see, and why. */
export function notAllowed(reason: string): TemplateResult {
  return html`<div class="notice" data-tone="muted">${icon('slash')}<div><p><strong>Not for you</strong></p><p>${reason} Ask an administrator of this gateway.</p></div></div>`
}

/** A message that is part of the page. */
export function notice(
  tone: 'good' | 'warn' | 'bad' | 'muted',
  title: unknown,
  more: unknown = nothing,
  picture: IconName = tone === 'good' ? 'check' : tone === 'muted' ? 'clock' : 'alert',
): TemplateResult {
  return html`<div class="notice" data-tone=${tone}>${icon(picture)}<div><p><strong>${title}</strong></p>${more}</div></div>`
}

/** One of the three that a resource can be in. */
export function whenLoaded<T>(state: Loaded<T>, view: (value: T) => TemplateResult, retry?: () => void): TemplateResult {
  switch (state.kind) {
    case 'loading':
      return loading()
    case 'failed':
      return failure(state.error, retry === undefined ? undefined : { act: retry })
    case 'ready':
      return view(state.value)
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
