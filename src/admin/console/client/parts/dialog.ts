import { html, render, type TemplateResult } from 'lit-html'
import { iconButton } from './button.ts'

export interface DialogControl<T> {
  /** Closes it with a result; without one: it was given up. */
  close(result?: T): void
  /** Draws it anew after something of its own was changed. */
  redraw(): void
  /** Aborted when it closes. */
  readonly signal: AbortSignal
}

export interface DialogOptions<T> {
  readonly title: string
  readonly wide?: boolean
  view(control: DialogControl<T>): TemplateResult
}

let opened = 0

/**
 * Opens a native modal dialog; resolves to what it was closed with, undefined where it was given up (Escape, the cross). Focus goes back to
 * where it was.
 */
export function openDialog<T>({ title, wide = false, view }: DialogOptions<T>): Promise<T | undefined> {
  const before = document.activeElement
  const element = document.createElement('dialog')
  const heading = `dialog-${++opened}`
  element.setAttribute('aria-labelledby', heading)
  element.dataset.wide = String(wide)
  document.body.append(element)
  const over = new AbortController()
  let result: T | undefined
  const close = (value?: T): void => {
    result = value
    element.close()
  }
  const redraw = (): void => {
    if (over.signal.aborted) return
    const head = html`<header class="dialog-head"><h2 id=${heading}>${title}</h2>${iconButton('x', 'Close', () => close())}</header>`
    render(html`${head}<div class="dialog-body">${view({ close, redraw, signal: over.signal })}</div>`, element)
  }
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  element.addEventListener('close', () => {
    over.abort()
    element.remove()
    if (before instanceof HTMLElement && before.isConnected) before.focus()
    resolve(result)
  })
  redraw()
  element.showModal()
  // The cross is no good beginning: what it is about comes after it.
  element.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea, button):not([type=hidden])')?.focus()
  return promise
}
