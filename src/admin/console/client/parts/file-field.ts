import { html, nothing, type TemplateResult } from 'lit-html'
import { button } from './button.ts'
import { textField } from './field.ts'
import { icon } from './icon.ts'
import { reading } from './reading.ts'
import { toast } from './toast.ts'

/** What was pasted or chosen: text as it is, a file that is no text in base64 under its name. */
export interface Given {
  readonly text: string
  /** null: it is seen as text. */
  readonly file: string | null
}

export const NOTHING_GIVEN: Given = { text: '', file: null }

export interface FileFieldOptions {
  /** Unique on the page. */
  readonly name: string
  readonly label: string
  readonly hint?: unknown
  readonly error?: string | null
  readonly value: Given
  /** As in `accept` of a file input. */
  readonly accept: string
  readonly placeholder?: string
  changed(value: Given): void
}

/** More is no certificate and no request. */
const LARGEST = 1_000_000
/** What is given last to each field: a file that is read more slowly than that counts for nothing. */
const last = new Map<string, object>()

/** Text to paste, or a file to choose or drop. */
export function fileField(options: FileFieldOptions): TemplateResult {
  const { name, label, hint, error = null, value, accept, placeholder } = options
  const changed = (given: Given): void => {
    last.delete(name)
    options.changed(given)
  }
  const chosen = ({ target }: Event): void => {
    const input = target as HTMLInputElement
    const [file] = input.files ?? []
    // The same file may be chosen again after it was changed.
    input.value = ''
    if (file !== undefined) reading(take(file, name, changed))
  }
  const dropped = (event: DragEvent): void => {
    const [file] = event.dataTransfer?.files ?? []
    if (file === undefined) return
    event.preventDefault()
    reading(take(file, name, changed))
  }
  const pick = ({ currentTarget }: Event): void => (currentTarget as HTMLElement).closest('.file-field')?.querySelector('input')?.click()
  return html`<div class="file-field" @drop=${dropped} @dragover=${(event: Event) => event.preventDefault()}>
    ${
      value.file === null
        ? textField({
            name,
            label,
            rows: 8,
            monospaced: true,
            error,
            value: value.text,
            ...(hint === undefined ? {} : { hint }),
            ...(placeholder === undefined ? {} : { placeholder }),
            changed: (text) => changed({ text, file: null }),
          })
        : html`<div class="field">
          <span class="field-name">${label}</span>
          <p class="file-chosen">${icon('award')}<bdi>${value.file}</bdi>
            ${button({ label: 'Take another', act: () => changed(NOTHING_GIVEN) })}</p>
          <p class="field-error" aria-live="polite">${error === null ? nothing : html`${icon('alert')}${error}`}</p>
        </div>`
    }
    <input class="visually-hidden" type="file" tabindex="-1" accept=${accept} aria-label="${label}: file" @change=${chosen}>
    ${value.file === null ? button({ label: 'Choose a file', icon: 'upload', act: pick }) : nothing}
  </div>`
}

async function take(file: File, name: string, changed: (value: Given) => void): Promise<void> {
  if (file.size > LARGEST) {
    toast('bad', `${file.name} is larger than any certificate`)
    return
  }
  last.set(name, file)
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (last.get(name) !== file) return
  const text = new TextDecoder().decode(bytes)
  if (text.includes('-----BEGIN')) changed({ text, file: null })
  else changed({ text: base64(bytes), file: file.name })
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
