import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import { nearest } from '../config/suggest.ts'
import { UsageError } from '../errors.ts'

/** Where a command reads its surroundings from and writes to; tests pass their own. */
export interface Terminal {
  /** Writes text as it is (with its own line ends) to standard output. */
  out(text: string): void
  /** Writes text as it is (with its own line ends) to standard error. */
  err(text: string): void
  /** Standard output is a terminal. */
  readonly isTty: boolean
  /** ANSI colours are wanted: a terminal, and neither NO_COLOR nor TERM=dumb. */
  readonly colour: boolean
  /** Width in characters; 80 where unknown. */
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute; relative paths in arguments are relative to it. */
  readonly cwd: string
}

export interface Command {
  readonly name: string
  /** One line for the overview: lower case, no full stop. */
  readonly summary: string
  /**
   * What `--help` prints: `usage: certgate NAME ...`, then one line per flag (`  -c, --config FILE   what it is`), then examples.
   * Completion reads the flags and their argument names (FILE, DIR) from here, so each flag must be listed.
   */
  readonly usage: string
  /** Resolves to the exit code: 0 fine, 1 the thing asked about is not fine. Throws UsageError for 2. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

export interface CommandEntry {
  /** As typed after `certgate`; two words where commands share a noun. */
  readonly name: string
  readonly summary: string
  /** Loads only this command's code: `certgate version` must not wait for the parts that serve. */
  load(): Promise<Command>
}

export type Flag = Pick<ParseArgsOptionDescriptor, 'type' | 'short' | 'multiple'>
export type Flags = Readonly<Record<string, Flag>>

type FlagValue<F extends Flag> = F['type'] extends 'boolean' ? boolean : F['multiple'] extends true ? readonly string[] : string | undefined

export interface ParsedArguments<F extends Flags> {
  /** A boolean flag is false where absent; a `multiple` one an empty list; any other string undefined. */
  readonly flags: { readonly [K in keyof F]: FlagValue<F[K]> }
  readonly positionals: readonly string[]
}

/** How many positional arguments a command takes, and what to call them in the error. */
export interface Arity {
  readonly min?: number
  readonly max: number
  /** E.g. `METHOD URL`; used in `missing METHOD URL`. */
  readonly names?: string
}

/**
 * Reads flags and positional arguments of one command; `--` ends the flags.
 * Throws UsageError for an unknown or repeated flag, a missing or surplus value, and too few or too many positionals.
 */
export function parseArguments<const F extends Flags>(
  command: string,
  args: readonly string[],
  flags: F,
  arity: Arity = { max: 0 },
): ParsedArguments<F> {
  const hint = `see 'certgate ${command} --help'`
  const { tokens } = parseArgs({ args: [...args], options: flags, strict: false, allowPositionals: true, tokens: true })
  const found = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    if (flag === undefined) throw unknownFlag(token.rawName, Object.keys(flags), hint)
    const earlier = found.get(token.name)
    if (earlier !== undefined && flag.multiple !== true && flag.type === 'string') {
      throw new UsageError(`--${token.name} is given more than once`, hint)
    }
    found.set(token.name, [...(earlier ?? []), readValue(token, flag, hint)])
  }
  checkArity(positionals, arity, hint)

  const values = Object.entries(flags).map(([name, flag]) => {
    const given = found.get(name)
    if (flag.type === 'boolean') return [name, given !== undefined] as const
    return [name, flag.multiple === true ? (given ?? []) : given?.[0]] as const
  })
  return { flags: Object.fromEntries(values) as ParsedArguments<F>['flags'], positionals }
}

interface OptionToken {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function readValue(token: OptionToken, flag: Flag, hint: string): string {
  if (flag.type === 'boolean') {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`, hint)
    return ''
  }
  const { value } = token
  if (value === undefined) throw new UsageError(`${token.rawName} needs a value`, hint)
  // `--config --json` is a forgotten value, not a file named --json; `--config=--json` says that it is meant.
  if (token.inlineValue !== true && value.length > 1 && value.startsWith('-')) {
    throw new UsageError(`${token.rawName} needs a value, but ${value} follows`, hint)
  }
  return value
}

function unknownFlag(rawName: string, known: readonly string[], hint: string): UsageError {
  const near = nearest(rawName.replace(/^-+/, ''), known)
  return new UsageError(`unknown flag ${rawName}`, near === undefined ? hint : `did you mean --${near}? ${hint}`)
}

function checkArity(positionals: readonly string[], arity: Arity, hint: string): void {
  if (positionals.length < (arity.min ?? 0)) throw new UsageError(`missing ${arity.names ?? 'argument'}`, hint)
  const surplus = positionals[arity.max]
  if (surplus !== undefined) throw new UsageError(`unexpected argument '${surplus}'`, hint)
}
