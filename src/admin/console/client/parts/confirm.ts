import { html, nothing } from 'lit-html'
import { button } from './button.ts'
import { openDialog } from './dialog.ts'
import { textField } from './field.ts'
import { failure, messageOf } from './states.ts'
import { toast } from './toast.ts'

export interface Confirmation {
  readonly title: string
  /** What will come of it, and whether it can be taken back. A function is asked at each drawing: with fields of its own. */
  readonly body: unknown | ((redraw: () => void) => unknown)
  /** What the button does, e.g. `Revoke certificate`. */
  readonly action: string
  readonly isDangerous?: boolean
  /** To be typed before it can be pressed, e.g. the name of what would be gone. */
  readonly typed?: string
  /** Done while the dialog is open; where it fails the dialog stays and says why. */
  act?(): Promise<void>
}

/** Resolves to whether it was confirmed, and done where `act` does it: what is under way as the dialog is given up is waited for. */
export async function confirm(options: Confirmation): Promise<boolean> {
  const { title, body, action, isDangerous = false, typed = '' } = options
  let text = ''
  let error: unknown = null
  let isBusy = false
  let underWay: Promise<void> | undefined
  const done = await openDialog<true>({
    title,
    view: ({ close, redraw }) => {
      const act = async (): Promise<void> => {
        isBusy = true
        error = null
        redraw()
        try {
          underWay = options.act?.()
          await underWay
          close(true)
        } catch (reason) {
          error = reason
        }
        isBusy = false
        redraw()
      }
      const submit = (event: Event): void => {
        event.preventDefault()
        if (!isBusy && (typed === '' || text === typed)) void act()
      }
      const changed = (value: string): void => {
        text = value
        redraw()
      }
      const shown = typeof body === 'function' ? (body as (redraw: () => void) => unknown)(redraw) : body
      const missing = typed !== '' && text !== typed ? `Type ${typed} first.` : null
      return html`<form @submit=${submit}>
        <div class="dialog-text">${shown}</div>
        ${typed === '' ? nothing : textField({ name: 'confirm-typed', label: `Type ${typed} to confirm`, value: text, changed })}
        ${error === null ? nothing : failure(error)}
        <div class="dialog-actions">
          ${button({ label: 'Cancel', act: () => close() })}
          ${button({ label: action, kind: isDangerous ? 'danger' : 'primary', submit: true, isBusy, whyNot: missing })}
        </div>
      </form>`
    },
  })
  return done === true || (isBusy && (await cameOf(underWay)))
}

/** Nobody sees the dialog any more, in which it would be said. */
async function cameOf(underWay: Promise<void> | undefined): Promise<boolean> {
  try {
    await underWay
    return true
  } catch (error) {
    toast('bad', messageOf(error))
    return false
  }
}
