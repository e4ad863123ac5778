import { InputError, UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { newPassword } from './generated-password.ts'
import { firstLineOf } from './named-file.ts'
import { readSecret } from './secret.ts'

/** Never the password itself: other users of the machine see the command line. */
export const PASSWORD_FLAGS = { 'password-file': { type: 'string' }, 'password-stdin': { type: 'boolean' } } as const

export const PASSWORD_USAGE = `      --password-file FILE   the password is the first line of it
      --password-stdin       read it from standard input; asked for on a terminal`

export interface PasswordFlags {
  readonly 'password-file': string | undefined
  readonly 'password-stdin': boolean
}

/** Of a key that is made. `generated`: nobody knows it yet, so it has to be shown. null: none. */
export interface ChosenPassword {
  readonly password: string | null
  readonly generated: boolean
}

/** What the flags say, one made up where they say nothing, none where `no-password` is set. Throws UsageError, InputError. */
export async function choosePassword(
  flags: PasswordFlags & { readonly 'no-password': boolean },
  terminal: Terminal,
): Promise<ChosenPassword> {
  const given = await givenPassword(flags, terminal)
  if (flags['no-password']) {
    if (given !== null) throw new UsageError('--no-password and a password are both given')
    return { password: null, generated: false }
  }
  return given === null ? { password: newPassword(), generated: true } : { password: given, generated: false }
}

/** null where no flag gives one. */
export async function givenPassword(flags: PasswordFlags, terminal: Terminal): Promise<string | null> {
  const file = flags['password-file']
  if (file !== undefined && flags['password-stdin']) throw new UsageError('--password-file and --password-stdin are both given')
  if (file !== undefined) return checked(firstLineOf(file, terminal.cwd), `the first line of ${file}`)
  if (!flags['password-stdin']) return null
  const password = checked(await readSecret('password: ', terminal), 'the password')
  if (process.stdin.isTTY && (await readSecret('again: ', terminal)) !== password) throw new InputError('the passwords differ')
  return password
}

function checked(password: string, what: string): string {
  if (password === '') throw new InputError(`${what} is empty`)
  return password
}
