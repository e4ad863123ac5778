import { delimiter, dirname } from 'node:path'
import type { Terminal } from './command.ts'
import { shortPath } from './short-path.ts'

/** How this program was called, so that a command line we print works as printed; `bin/certgate` leaves its own path in the environment. */
export function programName(terminal: Pick<Terminal, 'env' | 'cwd'>): string {
  const called = terminal.env.CERTGATE_COMMAND
  if (!called?.startsWith('/')) return called ? shellWord(called) : 'certgate'
  const onPath = (terminal.env.PATH ?? '').split(delimiter).includes(dirname(called))
  return onPath && called.endsWith('/certgate') ? 'certgate' : shellWord(shortPath(called, terminal.cwd))
}

/** One word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
