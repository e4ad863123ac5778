import { nearest } from '../config/suggest.ts'
import { UsageError } from '../errors.ts'
import type { CommandEntry, Terminal } from './command.ts'
import { commands, notInThisVersion } from './commands.ts'
import { commandHelp, familyHelp, overview } from './help.ts'
import { reportError } from './report-error.ts'

/**
 * Runs one command line (without the program's own name) and resolves to its exit code: 0 fine, 1 the thing asked about is not fine,
 * 2 wrong usage. Never rejects: what a command throws is told on standard error.
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal)
  } catch (error) {
    return reportError(error, terminal)
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = argv
  if (first === undefined) {
    terminal.err(overview(terminal))
    return 2
  }
  if (first === '--version' || first === '-V' || first === '-v') return dispatch(['version', ...rest], terminal)
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    terminal.out(overview(terminal))
    return 0
  }
  if (first === 'help') return dispatch([...rest, '--help'], terminal)
  if (first.startsWith('-')) throw new UsageError(`unknown flag ${first}`, "a command comes first: see 'certgate --help'")

  const family = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (family.length > 0 && (rest[0] === '--help' || rest[0] === '-h')) {
    terminal.out(familyHelp(family, terminal))
    return 0
  }
  const { entry, args } = find(first, rest)
  const command = await entry.load()
  if (asksForHelp(args)) {
    terminal.out(commandHelp(command.usage, terminal))
    return 0
  }
  return command.run(args, terminal)
}

function find(first: string, rest: readonly string[]): { entry: CommandEntry; args: readonly string[] } {
  const [second, ...beyond] = rest
  const both = `${first} ${second ?? ''}`
  const two = commands.find((command) => command.name === both)
  if (two !== undefined) return { entry: two, args: beyond }
  const one = commands.find((command) => command.name === first)
  if (one !== undefined) return { entry: one, args: rest }
  const hint = "see 'certgate --help'"
  const absent = notInThisVersion.has(first) ? first : notInThisVersion.has(both) ? both : undefined
  if (absent !== undefined) throw new UsageError(`'${absent}' is not in this version`, hint)

  const sharing = commands.filter((command) => command.name.startsWith(`${first} `))
  if (sharing.length > 0) {
    const message = second === undefined || second.startsWith('-') ? `'${first}' needs another word` : `unknown command '${both}'`
    const words = sharing.map(({ name }) => name.slice(first.length + 1))
    const near = second === undefined ? undefined : nearest(second, words)
    if (near !== undefined) throw new UsageError(message, `did you mean 'certgate ${first} ${near}'?`)
    throw new UsageError(message, `there is ${sharing.map(({ name }) => `'certgate ${name}'`).join(', ')}`)
  }
  const names = commands.map((command) => command.name)
  const near = nearest(first, names) ?? nearest(both, names)
  throw new UsageError(`unknown command '${first}'`, near === undefined ? hint : `did you mean 'certgate ${near}'?`)
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}
