import { parseArgs } from 'node:util'
import { CASES } from './cases/index.ts'
import type { Case, LineUp } from './cases/types.ts'
import { WrongUsage } from './lab/errors.ts'
import { CONTENDERS, type ContenderName } from './peers/types.ts'

/** What is run, and for how long. */
export interface BenchConfig {
  /** Line-ups hold the chosen contenders only. */
  readonly cases: readonly Case[]
  readonly contenders: readonly ContenderName[]
  /** Measured rounds per case. */
  readonly repeats: number
  /** Measured per round. */
  readonly seconds: number
  /** Loaded before that in each round, not measured. */
  readonly leadIn: number
  /** Connections per contender. */
  readonly connections: number
  /** Requests each contender answers before its first round: Node.js compiles hot code step by step. */
  readonly warmUpRequests: number
  /** Load of each case before its first round, in seconds. */
  readonly warmUpSeconds: number
  readonly validateOnly: boolean
  /** Where results go besides the report. */
  readonly json: string | null
}

/** Every ratio is against it. */
export const BASELINE: ContenderName = 'nginx'

export const USAGE = `usage: npm run bench -- [options]
       npm run bench -- issuance [SECONDS] [ENTRIES]   certificates per second, signed and on record
       npm run bench -- registry [ENTRIES]             what a registry costs a worker (default: 1000000 entries)
       npm run bench -- revocation [ROUNDS]            from cert revoke to the last closed WebSocket

Loads certgate and other proxies, all doing the same work in the same seconds, and reports CPU per request as a ratio to nginx.
Needs Linux, nginx, gcc, libssl-dev; takes in HAProxy and Caddy where they are installed. Writes bench/results/.

  --case A,B            only these cases (default: all)
  --contenders A,B      only these and nginx (default: all)
  --repeats N           measured rounds per case (default: 6)
  --seconds S           measured per round (default: 3)
  --connections N       per contender (default: 24)
  --warm-up N           requests before the first round (default: 50000)
  --validate            only check that every contender does the same work; under a minute
  --json FILE           write the results there too
  --list                print the cases
  --help

contenders: ${CONTENDERS.join(', ')}
`

const OPTIONS = {
  case: { type: 'string' },
  contenders: { type: 'string' },
  repeats: { type: 'string', default: '6' },
  seconds: { type: 'string', default: '3' },
  connections: { type: 'string', default: '24' },
  'warm-up': { type: 'string', default: '50000' },
  validate: { type: 'boolean', default: false },
  json: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Reads the command line: a configuration, or a text to print instead. Throws WrongUsage. */
export function parseConfig(args: readonly string[]): BenchConfig | { readonly print: string } {
  const flags = readFlags(args)
  if (flags.help) return { print: USAGE }
  if (flags.list) return { print: CASES.map(({ name, title }) => `${name.padEnd(18)} ${title}\n`).join('') }
  const chosen = choose('contender', flags.contenders, CONTENDERS)
  const contenders = CONTENDERS.filter((name) => name === BASELINE || chosen.includes(name))
  const names = choose(
    'case',
    flags.case,
    CASES.map(({ name }) => name),
  )
  const seconds = positive('--seconds', flags.seconds, 0.1, 600)
  return {
    cases: CASES.filter(({ name }) => names.includes(name))
      .map((one) => withContenders(one, contenders))
      .filter(isWorthRunning),
    contenders,
    repeats: whole('--repeats', flags.repeats, 1, 1000),
    seconds,
    leadIn: Math.min(1, seconds),
    connections: whole('--connections', flags.connections, 1, 5000),
    warmUpRequests: whole('--warm-up', flags['warm-up'], 0, 10_000_000),
    warmUpSeconds: Math.min(3, seconds),
    validateOnly: flags.validate,
    json: flags.json ?? null,
  }
}

/** A case without the contenders that were not asked for, or are not installed. */
export function withContenders(one: Case, contenders: readonly ContenderName[]): Case {
  return { ...one, lineUp: restrict(one.lineUp, contenders) }
}

/** Without two sides there is no ratio. */
export function isWorthRunning({ kind, lineUp }: Case): boolean {
  return lineUp.entrants.length >= (kind === 'duel' ? 2 : 1)
}

function restrict({ name, entrants }: LineUp, contenders: readonly ContenderName[]): LineUp {
  return { name, entrants: entrants.filter(({ peer }) => contenders.includes(peer)) }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values
  } catch (cause) {
    throw new WrongUsage(cause instanceof Error ? cause.message : String(cause), 'npm run bench -- --help', { cause })
  }
}

function choose<Name extends string>(what: string, list: string | undefined, known: readonly Name[]): Name[] {
  if (list === undefined) return [...known]
  return list.split(',').map((word) => {
    const found = known.find((name) => name === word.trim())
    if (found === undefined) throw new WrongUsage(`there is no ${what} ${JSON.stringify(word)}`, `known: ${known.join(', ')}`)
    return found
  })
}

function positive(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new WrongUsage(`${option} takes a number from ${least} to ${most}, not ${JSON.stringify(text)}`)
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = positive(option, text, least, most)
  if (Number.isInteger(value)) return value
  throw new WrongUsage(`${option} takes a whole number, not ${JSON.stringify(text)}`)
}
