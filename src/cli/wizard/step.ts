import type { Draft } from './draft.ts'
import type { Form, Problems } from './form.ts'

/** One question of the wizard, on a page of its own. */
export interface Step {
  readonly path: string
  /** In the list of steps. */
  readonly name: string
  readonly title: string
  readonly multipart?: boolean
  /** HTML of the form's content. `entered`: what did not do, to be kept. */
  content(draft: Draft, entered: Form | null, problems: Problems): string
  /** Takes an answer. With problems the draft may still have changed: what was uploaded is kept. */
  submit(form: Form, draft: Draft): Promise<{ readonly draft: Draft; readonly problems: Problems }>
}
