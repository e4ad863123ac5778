import { join } from 'node:path'
import { CHECKOUT } from '../../support/checkout.ts'
import { type Finished, run } from '../../support/outside-program.ts'

/** Runs a command of certgate to its end. */
export function certgate(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return run(join(CHECKOUT, 'bin/certgate'), args, { env })
}
