import type { Problem } from '../errors.ts'
import type { Terminal } from './command.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

/**
 * One problem the way compilers show theirs: what is wrong, where, the line with a caret under it, and what to do.
 * The snippet's gutter carries the arrow and the hint, so that a list of them is easy to scan.
 */
export function diagnostic(problem: Problem, terminal: Terminal): string {
  const { bold, red, yellow, cyan } = styles(terminal)
  const paint = problem.severity === 'error' ? red : yellow
  const [source = '', carets = ''] = problem.snippet.split('\n')
  const gutter = /^ *\d+ /.exec(source)?.[0].length ?? 2
  const margin = ' '.repeat(gutter)
  const lines = [
    `${bold(paint(problem.severity))}${bold(`: ${problem.message}`)}`,
    `${margin.slice(1)}${cyan('-->')} ${shortPath(problem.file, terminal.cwd)}:${problem.line}:${problem.column}`,
  ]
  if (problem.snippet !== '') {
    lines.push(`${margin}${cyan('|')}`)
    lines.push(`${cyan(source.slice(0, gutter + 1))}${source.slice(gutter + 1)}`)
    lines.push(`${cyan(carets.slice(0, gutter + 1))}${bold(paint(carets.slice(gutter + 1)))}`)
  }
  if (problem.hint !== undefined) lines.push(`${margin}${cyan('=')} ${problem.hint}`)
  return `${lines.join('\n')}\n`
}

/** `2 errors, 1 warning`; empty where there is neither. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
  ] as const
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
    .join(', ')
}
