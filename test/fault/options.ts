import { parseArgs } from 'node:util'

export interface FaultOptions {
  /** Empty: only list them. */
  readonly names: readonly string[]
  readonly short: boolean
  readonly minutes: number | null
  readonly json: boolean
}

export class WrongUsage extends Error {}

export const USAGE = `usage: npm run fault -- NAME... [--short] [--minutes N] [--json]     all: every one; no name: lists them
  --short        smaller numbers, for CI
  --minutes N    how long, for faults that take a time (soak)
  --json         results as JSON, one per line
`

export function readOptions(args: readonly string[], known: readonly string[]): FaultOptions {
  const { values, positionals } = parse(args)
  const minutes = values.minutes === undefined ? null : Number(values.minutes)
  if (minutes !== null && !(minutes > 0 && minutes <= 60 * 24 * 7)) throw new WrongUsage('--minutes takes a number above 0')
  for (const name of positionals) {
    if (name !== 'all' && !known.includes(name)) throw new WrongUsage(`there is no fault '${name}': ${known.join(', ')}`)
  }
  const names = positionals.includes('all') ? known : positionals
  return { names, short: values.short ?? false, minutes, json: values.json ?? false }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { short: { type: 'boolean' }, minutes: { type: 'string' }, json: { type: 'boolean' } },
      allowPositionals: true,
    })
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error))
  }
}
