import { html, type TemplateResult } from 'lit-html'
import { iconButton } from './button.ts'
import { toast } from './toast.ts'

/** Text that is wanted elsewhere, e.g. a fingerprint. `what` names it; `shown`: a shorter form of it. */
export function copyable(text: string, what: string, shown = text): TemplateResult {
  return html`<span class="copyable"><code title=${text}>${shown}</code>${iconButton('copy', `Copy ${what}`, () => void copy(text, what))}</span>`
}

/** The beginning is enough to tell it from others. */
export function fingerprint(text: string): TemplateResult {
  return copyable(text, 'fingerprint', `${text.slice(0, 16)}…`)
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast('good', `Copied the ${what}`)
  } catch {
    toast('bad', `The browser does not let the ${what} be copied`)
  }
}
