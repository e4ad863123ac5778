/** What the wizard answers to one request. */
export interface WizardAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Called once all of it was handed over to the client. */
  readonly sent?: () => void
  /** Called instead where the client went away before. */
  readonly brokeOff?: () => void
}

export const htmlAnswer = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): WizardAnswer => ({
  status,
  headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers },
  body,
})

/** From one page to another: they lie beside each other, wherever that is. */
export const linkTo = (path: string): string => `./${path.slice(1)}`

/** After a form was taken: a reload of the next page sends nothing again. */
export const goTo = (path: string): WizardAnswer => ({ status: 303, headers: { Location: path }, body: '' })

export const fileAnswer = (name: string, type: string, body: Buffer, sent?: () => void): WizardAnswer => ({
  status: 200,
  headers: { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"` },
  body,
  ...(sent === undefined ? {} : { sent }),
})
