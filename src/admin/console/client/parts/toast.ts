import { html, render } from 'lit-html'
import { iconButton } from './button.ts'
import { icon } from './icon.ts'

interface Toast {
  readonly tone: 'good' | 'bad'
  readonly words: string
}

/** Where toasts are seen, and read out as they come: a live region for each tone. */
interface Place {
  readonly element: HTMLElement
  readonly regions: Readonly<Record<Toast['tone'], HTMLElement>>
}

/** Milliseconds; what went wrong stays until it is put away. */
const STAYS = 6_000
const toasts = new Set<Toast>()
/** That of the page, and one in each dialog that is open: what is outside of a modal dialog is neither reached nor read out. */
const places: Place[] = []

/** Tells what came of something, beside whatever is shown; read out by screen readers. */
export function toast(tone: Toast['tone'], words: string): void {
  const told = { tone, words }
  toasts.add(told)
  draw()
  if (tone === 'good') setTimeout(() => dismiss(told), STAYS)
}

/** Toasts come in the page, or in this dialog that is shown over it, until what is returned is called. */
export function tellIn(parent: HTMLElement): () => void {
  const place = openPlace(parent)
  draw()
  return () => {
    places.splice(places.indexOf(place), 1)
    place.element.remove()
    draw()
  }
}

function dismiss(told: Toast): void {
  toasts.delete(told)
  draw()
}

function draw(): void {
  const last = places.at(-1)
  for (const place of places) {
    for (const [tone, region] of Object.entries(place.regions)) {
      const own = place === last ? [...toasts].filter((one) => one.tone === tone) : []
      render(
        own.map(
          (one) =>
            html`<div class="toast" data-tone=${one.tone}>${icon(one.tone === 'good' ? 'check' : 'alert')}<p>${one.words}</p>${iconButton('x', 'Dismiss', () => dismiss(one))}</div>`,
        ),
        region,
      )
    }
  }
}

/** There before it says anything: only changes of a live region are read out. */
function openPlace(parent: HTMLElement): Place {
  const element = document.createElement('div')
  element.className = 'toasts'
  // In the top layer: over a dialog, and not cut off by it.
  element.popover = 'manual'
  const region = (role: 'status' | 'alert'): HTMLElement => {
    const own = document.createElement('div')
    own.setAttribute('role', role)
    element.append(own)
    return own
  }
  const place = { element, regions: { good: region('status'), bad: region('alert') } }
  parent.append(element)
  element.showPopover()
  places.push(place)
  return place
}
