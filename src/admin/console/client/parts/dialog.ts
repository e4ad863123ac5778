import { html, render, type TemplateResult } from 'lit-html'
import { iconButton } from './button.ts'
import { tellIn } from './toast.ts'

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
/** How to give up each that is open, the last one on top. */
const open: (() => void)[] = []

/** Gives up all that are open: what they stand over is left. False: none was. */
export function giveUpDialogs(): boolean {
  const all = open.toReversed()
  for (const giveUp of all) giveUp()
  return all.length > 0
}

/**
 * Opens a native modal dialog; resolves to what it was closed with, undefined where it was given up (Escape, the cross, another address). Focus goes
 * back to where it was.
 */
export function openDialog<T>({ title, wide = false, view }: DialogOptions<T>): Promise<T | undefined> {
  const before = document.activeElement
  const element = document.createElement('dialog')
  const heading = `dialog-${++opened}`
  element.setAttribute('aria-labelledby', heading)
  element.dataset.wide = String(wide)
  // Apart from what else stands in it, which lit is not to clear away.
  const content = document.createElement('div')
  element.append(content)
  document.body.append(element)
  const over = new AbortController()
  let result: T | undefined
  const close = (value?: T): void => {
    if (over.signal.aborted) return
    result = value
    element.close()
    ended()
  }
  const redraw = (): void => {
    if (over.signal.aborted) return
    const head = html`<header class="dialog-head"><h2 id=${heading}>${title}</h2>${iconButton('x', 'Close', () => close())}</header>`
    render(html`${head}<div class="dialog-body">${view({ close, redraw, signal: over.signal })}</div>`, content)
  }
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  const ended = (): void => {
    if (over.signal.aborted) return
    over.abort()
    open.splice(open.indexOf(close), 1)
    endTelling()
    element.remove()
    if (before instanceof HTMLElement && before.isConnected) before.focus()
    resolve(result)
  }
  element.addEventListener('close', ended)
  // Escape: at once, as `close` comes later. A file that was not chosen is told by the same name.
  element.addEventListener('cancel', (event) => {
    if (event.target !== element) return
    event.preventDefault()
    close()
  })
  redraw()
  element.showModal()
  const endTelling = tellIn(element)
  open.push(close)
  // The cross is no good beginning: what it is about comes after it.
  element.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea, button):not([type=hidden])')?.focus()
  return promise
}
