import { type CertgateError, UsageError } from '../../errors.ts'
import { administratorName } from '../administrator-name.ts'
import type { Draft } from './draft.ts'
import { attempt, type Form } from './form.ts'
import { choicesHtml, fieldHtml } from './page.ts'
import type { Step } from './step.ts'

/** Characters of a password that a person chooses: its file may be carried about, and guessed at for as long as anybody likes. */
const SHORTEST = 12
const LONGEST = 128

export const adminStep: Step = {
  path: '/admin',
  name: 'Administrator',
  title: 'The first administrator',
  content(draft, entered, problems) {
    const chosen = entered?.text('password_kind') || (draft.password === null ? 'generated' : 'chosen')
    const inset =
      fieldHtml(
        {
          name: 'password',
          label: 'Password',
          type: 'password',
          hint: `At least ${SHORTEST} characters.${draft.password === null ? '' : ' Leave it empty to keep the one that you chose.'}`,
          more: 'autocomplete="new-password"',
        },
        problems,
      ) + fieldHtml({ name: 'again', label: 'Again', type: 'password', more: 'autocomplete="new-password"' }, problems)
    return (
      fieldHtml(
        {
          name: 'administrator',
          label: 'Name',
          value: entered?.text('administrator') ?? draft.administrator,
          hint: 'The common name of the client certificate. It may do everything, in the gateway and in its administration.',
          more: 'autocomplete="off" required',
        },
        problems,
      ) +
      choicesHtml(
        'password_kind',
        'Password of the certificate file',
        [
          { value: 'generated', label: 'Make one up, and show it once' },
          { value: 'chosen', label: 'I choose one', inset },
        ],
        chosen,
      )
    )
  },
  async submit(form, draft) {
    const problems = new Map<string, CertgateError>()
    const administrator = await attempt(problems, 'administrator', () => administratorName(form.text('administrator')))
    const password = passwordOf(form, draft, problems)
    if (problems.size > 0 || administrator === undefined) return { draft, problems }
    return { draft: { ...draft, administrator, password }, problems }
  },
}

function passwordOf(form: Form, draft: Draft, problems: Map<string, CertgateError>): string | null {
  const [kind, password, again] = ['password_kind', 'password', 'again'].map((field) => form.text(field))
  if (kind === 'generated') {
    if (password !== '')
      problems.set('password', new UsageError('a password was entered, and one is to be made up', 'choose one of the two'))
    return null
  }
  if (password === '' && again === '' && draft.password !== null) return draft.password
  const length = [...(password ?? '')].length
  if (length < SHORTEST) problems.set('password', new UsageError(`the password has ${length} characters, and ${SHORTEST} are the least`))
  else if (length > LONGEST) problems.set('password', new UsageError(`the password is longer than ${LONGEST} characters`))
  else if (password !== again) problems.set('again', new UsageError('the passwords differ'))
  return password ?? null
}
