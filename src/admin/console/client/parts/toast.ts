import { html, render } from 'lit-html'
import { iconButton } from './button.ts'
import { icon } from './icon.ts'

interface Toast {
  readonly tone: 'good' | 'bad'
  readonly words: string
}

/** Milliseconds; what went wrong stays until it is put away. */
const STAYS = 6_000
const toasts = new Set<Toast>()
const regions = { good: region('status'), bad: region('alert') }

/** Tells what came of something, beside whatever is shown; read out by screen readers. */
export function toast(tone: Toast['tone'], words: string): void {
  const told = { tone, words }
  toasts.add(told)
  draw()
  raise()
  if (tone === 'good') setTimeout(() => dismiss(told), STAYS)
}

function dismiss(told: Toast): void {
  toasts.delete(told)
  draw()
}

function draw(): void {
  for (const [tone, place] of Object.entries(regions)) {
    const own = [...toasts].filter((one) => one.tone === tone)
    render(
      own.map(
        (one) =>
          html`<div class="toast" data-tone=${one.tone}>${icon(one.tone === 'good' ? 'check' : 'alert')}<p>${one.words}</p>${iconButton('x', 'Dismiss', () => dismiss(one))}</div>`,
      ),
      place,
    )
  }
}

/** What came to the top layer last is on top. */
function raise(): void {
  const place = document.querySelector<HTMLElement>('.toasts')
  if (place === null || document.querySelector('dialog[open]') === null) return
  place.hidePopover()
  place.showPopover()
}

/** There before it says anything: only changes of a live region are read out. */
function region(role: 'status' | 'alert'): HTMLElement {
  let place = document.querySelector<HTMLElement>('.toasts')
  if (place === null) {
    place = document.createElement('div')
    place.className = 'toasts'
    // Over dialogs too, which are in the top layer.
    place.popover = 'manual'
    document.body.append(place)
    place.showPopover()
  }
  const own = document.createElement('div')
  own.setAttribute('role', role)
  place.append(own)
  return own
}
