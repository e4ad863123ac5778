import type { CommandEntry, Terminal } from './command.ts'
import { groups } from './commands.ts'
import { styles } from './style.ts'
import { wrapped } from './table.ts'

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

/** One command's usage text, its headings in bold; on a terminal no wider than that, but for examples, which are to be copied. */
export function commandHelp(usage: string, terminal: Terminal): string {
  const { bold } = styles(terminal)
  const lines = helpLines(usage.trim(), terminal.isTty ? Math.min(terminal.columns, READABLE) : Number.POSITIVE_INFINITY)
  return `${lines.join('\n').replace(/^[a-z][a-z ]*:/gm, (heading) => bold(heading))}\n`
}

/** The commands that share a first word, as `certgate cert --help` shows them. */
export function familyHelp(family: readonly CommandEntry[], terminal: Terminal): string {
  const { bold, cyan, dim } = styles(terminal)
  const width = Math.max(...family.map(({ name }) => name.length))
  const lines = family.map(({ name, summary }) => `  ${cyan(name.padEnd(width))}  ${summary}`)
  const [first = ''] = family[0]?.name.split(' ') ?? []
  return `${bold('usage:')} certgate ${first} COMMAND [FLAGS]\n\n${lines.join('\n')}\n\n${dim(`'certgate ${first} COMMAND --help' tells more`)}\n`
}

const flagLine = /^( {2}(?:-[a-zA-Z], | {4})--\S+(?: \S+)?) {2,}(\S.*)$/
const continuation = /^ {10,}(\S.*)$/
const usageLine = /^(?:usage:| {6}) certgate /
/** Longer lines are hard to follow, however wide the terminal is. */
const READABLE = 100
/** A longer flag has its description below it. */
const LONGEST_FLAG = 32
const GAP = 2
const HANGING = ' '.repeat('usage: certgate '.length)

/** Descriptions of flags below each other, whichever file they come from; paragraphs and descriptions at most `width` wide. */
function helpLines(usage: string, width: number): string[] {
  const blocks = blocksOf(usage.split('\n'))
  const flags = blocks.flatMap((block) => (block.kind === 'flag' ? [block.flag.length] : []))
  const ordinary = flags.filter((length) => length <= LONGEST_FLAG)
  const column = Math.max(0, ...(ordinary.length > 0 ? ordinary : flags)) + GAP
  return blocks.flatMap((block) => {
    if (block.kind === 'flag') return flagLines(block, column, width)
    if (block.kind === 'usage') return hanging(block.line, width)
    if (block.kind === 'line') return [block.line]
    return block.lines.every((line) => line.length <= width) ? block.lines : wrapped(block.lines.join(' '), width)
  })
}

type Block =
  | { readonly kind: 'flag'; readonly flag: string; readonly description: readonly string[] }
  | { readonly kind: 'usage'; readonly line: string }
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'paragraph'; readonly lines: string[] }

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  for (const line of lines) {
    const last = blocks.at(-1)
    const [, flag, description = ''] = flagLine.exec(line) ?? []
    const more = continuation.exec(line)?.[1]
    if (flag !== undefined) blocks.push({ kind: 'flag', flag, description: [description] })
    else if (more !== undefined && last?.kind === 'flag') blocks[blocks.length - 1] = { ...last, description: [...last.description, more] }
    else if (usageLine.test(line)) blocks.push({ kind: 'usage', line })
    else if (!/^\S/.test(line) || /^[a-z ]+:$/.test(line)) blocks.push({ kind: 'line', line })
    else if (last?.kind === 'paragraph') last.lines.push(line)
    else blocks.push({ kind: 'paragraph', lines: [line] })
  }
  return blocks
}

function flagLines({ flag, description }: Block & { kind: 'flag' }, column: number, width: number): string[] {
  const room = width - column
  const lines = description.some((line) => line.length > room) ? wrapped(description.join(' '), room) : description
  const indent = ' '.repeat(column)
  const below = lines.map((line) => `${indent}${line}`)
  if (flag.length > column - GAP) return [flag, ...below]
  return [`${flag.padEnd(column)}${lines[0]}`, ...below.slice(1)]
}

/** Its later lines begin further right, and what is in brackets stays together. */
function hanging(line: string, width: number): string[] {
  if (line.length <= width) return [line]
  const rest = line.slice(HANGING.length)
  const joined = rest.replace(/\[[^\]]*\]|\([^)]*\)/g, (one) => one.replaceAll(' ', '\u00a0'))
  const [first = '', ...more] = wrapped(joined, width - HANGING.length).map((one) => one.replaceAll('\u00a0', ' '))
  return [`${line.slice(0, HANGING.length)}${first}`, ...more.map((one) => `${HANGING}${one}`)]
}
