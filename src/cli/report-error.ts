import { relative } from 'node:path'
import { getSystemErrorMap, inspect } from 'node:util'
import { CertgateError, ConfigError, type Problem, UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { styles } from './style.ts'

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

/** Every problem of a configuration, each with its place, the line it stands on, and what to do. */
export function formatProblems(problems: readonly Problem[], terminal: Terminal): string {
  const { bold, dim, red, yellow, cyan } = styles(terminal)
  const blocks = problems.map((problem) => {
    const severity = problem.severity === 'error' ? red('error:') : yellow('warning:')
    const place = bold(`${shortPath(problem.file, terminal.cwd)}:${problem.line}:${problem.column}:`)
    const snippet = problem.snippet === '' ? [] : [dim(problem.snippet.replace(/\n+$/, ''))]
    const hint = problem.hint === undefined ? [] : [`${cyan('hint:')} ${problem.hint}`]
    return [`${place} ${severity} ${problem.message}`, ...snippet, ...hint, ''].join('\n')
  })
  return blocks.map((block) => `${block}\n`).join('')
}

/** Relative to where the user stands, unless that would lead upwards. */
export function shortPath(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short === '' || short.startsWith('..') ? file : short
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
