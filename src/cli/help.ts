import type { CommandEntry, Terminal } from './command.ts'
import { groups } from './commands.ts'
import { styles } from './style.ts'

const examples: readonly (readonly [string, string])[] = [
  ['certgate start', 'a certificate lock in front of a demo service, from nothing'],
  ['certgate init --dir data --name gate.example --upstream http://127.0.0.1:9200', ''],
  ['certgate check --config data/certgate.yml', 'every problem at once, each with its line'],
  ['certgate serve --config data/certgate.yml', ''],
  ['certgate explain --config data/certgate.yml --cn alice GET /movies/_doc/3', 'who, which roles, allowed or not, and why'],
  ['certgate cert generate --config data/certgate.yml alice', 'a client certificate; cert list, show and revoke know it from then on'],
]

/** The overview of all commands. */
export function overview(terminal: Terminal): string {
  const { bold, dim, cyan } = styles(terminal)
  const width = Math.max(...groups.flatMap((group) => group.commands.map((command) => command.name.length)))
  const lines = [`${bold('certgate')} puts a certificate lock on any service`, '', `${bold('usage:')} certgate COMMAND [FLAGS]`, '']
  for (const group of groups) {
    lines.push(bold(`${group.title}:`))
    for (const { name, summary } of group.commands) lines.push(`  ${cyan(name.padEnd(width))}  ${summary}`)
    lines.push('')
  }
  lines.push(bold('examples:'))
  for (const [line, comment] of examples) lines.push(...(comment === '' ? [] : [dim(`  # ${comment}`)]), `  ${line}`)
  lines.push('', `${dim("'certgate COMMAND --help' tells more; exit code 0: fine, 1: not fine, 2: wrong usage")}`)
  return `${lines.join('\n')}\n`
}

/** One command's usage text, its headings in bold. */
export function commandHelp(usage: string, terminal: Terminal): string {
  const { bold } = styles(terminal)
  return `${aligned(usage.trim()).replace(/^[a-z][a-z ]*:/gm, (heading) => bold(heading))}\n`
}

/** The commands that share a first word, as `certgate cert --help` shows them. */
export function familyHelp(family: readonly CommandEntry[], terminal: Terminal): string {
  const { bold, cyan, dim } = styles(terminal)
  const width = Math.max(...family.map(({ name }) => name.length))
  const lines = family.map(({ name, summary }) => `  ${cyan(name.padEnd(width))}  ${summary}`)
  const [first = ''] = family[0]?.name.split(' ') ?? []
  return `${bold('usage:')} certgate ${first} COMMAND [FLAGS]\n\n${lines.join('\n')}\n\n${dim(`'certgate ${first} COMMAND --help' tells more`)}\n`
}

const flagLine = /^( {2}(?:-[a-zA-Z], | {4})--\S+(?: \S+)?)( {2,})(\S.*)$/
const continuation = /^ {10,}(\S.*)$/

/** Descriptions of flags below each other, as far from them as that of the longest is: their lines come from several files. */
function aligned(usage: string): string {
  const lines = usage.split('\n')
  const flags = lines.map((line) => flagLine.exec(line))
  const [, longest = '', gap = ''] =
    flags.filter((flag) => flag !== null).sort((a, b) => (b[1] ?? '').length - (a[1] ?? '').length)[0] ?? []
  const column = longest.length + gap.length
  return lines
    .map((line, index) => {
      const [, flag, , description] = flags[index] ?? []
      if (flag !== undefined) return `${flag.padEnd(column)}${description}`
      const more = column === 0 ? undefined : continuation.exec(line)?.[1]
      return more === undefined ? line : `${' '.repeat(column)}${more}`
    })
    .join('\n')
}
