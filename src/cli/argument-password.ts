import { UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { givenPassword, type PasswordFlags } from './password-flags.ts'

/** RavenDB's commands take a password as their last argument, which is not a good place for it; a flag may give it instead. */
export async function argumentPassword(argument: string | undefined, flags: PasswordFlags, terminal: Terminal): Promise<string | null> {
  const given = await givenPassword(flags, terminal)
  if (argument === undefined) return given
  if (given !== null) throw new UsageError('a password is given both as an argument and by a flag')
  terminal.err(
    'certgate: a password on the command line is seen by all users of this machine (ps), and stays in the history of the shell\n',
  )
  terminal.err('hint: use --password-file FILE or --password-stdin\n')
  return argument
}
