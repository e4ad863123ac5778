import { getSystemErrorMap, inspect } from 'node:util'
import { CertgateError, ConfigError, type Problem, UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { diagnostic } from './diagnostics.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

export { shortPath }

/** Tells a person what went wrong, on standard error, and gives the exit code: 2 for wrong usage, else 1. */
export function reportError(error: unknown, terminal: Terminal): number {
  const { bold, red, cyan } = styles(terminal)
  const say = (message: string, hint?: string) => {
    terminal.err(`${bold(red('certgate:'))} ${message}\n${hint === undefined ? '' : `${cyan('hint:')} ${hint}\n`}`)
  }
  if (error instanceof ConfigError) terminal.err(formatProblems(error.problems, terminal))
  if (error instanceof CertgateError) say(error.message, error.hint)
  else if (isSystemError(error)) say(describeSystemError(error, terminal.cwd))
  else say(`unexpected error: ${firstLine(error)}`, debugging(terminal) ? undefined : 'set CERTGATE_DEBUG=1 to see where it came from')
  if (debugging(terminal)) terminal.err(`${inspect(error)}\n`)
  return error instanceof UsageError ? 2 : 1
}

/** Every problem of a configuration, as `certgate check` shows them, each followed by an empty line. */
export function formatProblems(problems: readonly Problem[], terminal: Terminal): string {
  return problems.map((problem) => `${diagnostic(problem, terminal)}\n`).join('')
}

function debugging(terminal: Terminal): boolean {
  return Boolean(terminal.env.CERTGATE_DEBUG)
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n', 1)[0] ?? ''
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number'
}

/** `ENOENT: no such file or directory, open '/x'` becomes `x: no such file or directory`. */
function describeSystemError(error: NodeJS.ErrnoException, cwd: string): string {
  const [code, description] = getSystemErrorMap().get(error.errno ?? 0) ?? [error.code ?? 'error', firstLine(error)]
  const about = error.path === undefined ? (error.syscall ?? code) : shortPath(error.path, cwd)
  return `${about}: ${description}`
}
