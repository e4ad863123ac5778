/** What follows a flag, or stands by itself. */
export type Argument = { readonly kind: 'file' | 'folder' | 'text' } | { readonly kind: 'words'; readonly words: readonly string[] }

export interface FlagSpec {
  readonly long: string
  readonly short: string | null
  /** null: a flag without a value. */
  readonly argument: Argument | null
  readonly description: string
}

export interface CommandSpec {
  readonly name: string
  readonly summary: string
  readonly flags: readonly FlagSpec[]
  readonly positional: Argument
}

const flagLine = /^ +(?:(-[a-zA-Z]), )?(--[a-z][a-z-]*)(?:[ =](\S+))?(?: {2,}(.*))?$/gm

/** Reads a command's own help, so that completion can never know other flags than the help does. */
export function parseUsage(name: string, summary: string, usage: string): CommandSpec {
  const flags = [...usage.matchAll(flagLine)].map(
    ([, short, long = '', argument, description = '']): FlagSpec => ({
      long,
      short: short ?? null,
      argument: argument === undefined ? null : parseArgument(argument),
      description: description.trim(),
    }),
  )
  const [synopsis = ''] = usage.split('\n')
  const words = synopsis
    .replace(/\[-[^\]]*\]|\([^)]*\)/g, '')
    .replace(/[[\]]/g, '')
    .split(/\s+/)
  const positional = words.slice(2 + name.split(' ').length).map(parseArgument)
  flags.push({ long: '--help', short: '-h', argument: null, description: 'what the command does, and its flags' })
  return { name, summary, flags, positional: positional.find(({ kind }) => kind !== 'text') ?? { kind: 'text' } }
}

function parseArgument(text: string): Argument {
  if (/^[a-z0-9]+(?:\|[a-z0-9]+)+$/.test(text)) return { kind: 'words', words: text.split('|') }
  if (/^(?:FILE|F)\b/.test(text)) return { kind: 'file' }
  return { kind: /^(?:DIR|D|FOLDER)\b/.test(text) ? 'folder' : 'text' }
}
