import { html } from 'lit-html'
import { askFile, save } from '../../api.ts'
import { button } from '../../parts/button.ts'
import { openDialog } from '../../parts/dialog.ts'
import { textField } from '../../parts/field.ts'
import { failure } from '../../parts/states.ts'

/** All certificates in one PKCS#12 file, without keys. */
export async function exportAll(): Promise<void> {
  let password = ''
  let error: unknown = null
  let isBusy = false
  await openDialog<true>({
    title: 'Export certificates',
    view: ({ close, redraw, signal }) => {
      const submit = async (event: Event): Promise<void> => {
        event.preventDefault()
        if (isBusy) return
        isBusy = true
        error = null
        redraw()
        try {
          save(await askFile('POST /api/v1/certificates/export', { body: { password }, signal }))
          close(true)
        } catch (reason) {
          error = reason
        }
        isBusy = false
        redraw()
      }
      const changed = (value: string): void => {
        password = value
        redraw()
      }
      return html`<form novalidate @submit=${(event: Event) => void submit(event)}>
        ${error === null ? '' : failure(error)}
        <p class="dialog-text">One PFX with all certificates of the registry, whatever is filtered. Keys are not in it: the gateway has none of them.</p>
        ${textField({ name: 'export-password', label: 'Password of the file', type: 'password', autocomplete: 'new-password', hint: 'Empty: none.', value: password, changed })}
        <div class="dialog-actions">
          ${button({ label: 'Cancel', act: () => close() })}
          ${button({ label: 'Export', kind: 'primary', icon: 'download', submit: true, isBusy })}
        </div>
      </form>`
    },
  })
}
