import { parseArgs } from 'node:util'

export interface FuzzOptions {
  readonly minutes: number
  /** Names; null: all. */
  readonly targets: readonly string[] | null
  readonly seed: number
  /** A finding's file to run again, instead of anything else. */
  readonly replay: string | null
  readonly json: boolean
}

export class WrongUsage extends Error {}

export const USAGE = `usage: npm run fuzz -- [--minutes N] [--target NAME]... [--seed S] [--json] | --replay FILE
  --minutes N    for all targets together; 1 by default, and parts of one as 0.5
  --target NAME  only this one; may be given again
  --seed S       the same inputs again; a new one each time by default
  --json         the report as JSON
  --replay FILE  runs what a finding's file holds
`

export function readOptions(args: readonly string[], known: readonly string[]): FuzzOptions {
  const { values } = parse(args)
  const minutes = Number(values.minutes ?? '1')
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
  if (!(minutes > 0 && minutes <= 60 * 24 * 7)) throw new WrongUsage('--minutes takes a number above 0')
  if (!Number.isSafeInteger(seed)) throw new WrongUsage('--seed takes a whole number')
  for (const name of values.target ?? []) {
    if (!known.includes(name)) throw new WrongUsage(`there is no target '${name}': ${known.join(', ')}`)
  }
  return { minutes, targets: values.target ?? null, seed, replay: values.replay ?? null, json: values.json ?? false }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        target: { type: 'string', multiple: true },
        seed: { type: 'string' },
        replay: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error))
  }
}
