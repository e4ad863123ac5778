import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = process.env.CERTGATE_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

/** How a case is scored: `must` fails the suite, everything else is reported. */
export type Binding = string

/** A set as published, read from CERTGATE_VECTORS at run time; null, and the test skipped aloud, where it is not there. */
export function readVectors<Set extends { readonly vectors: readonly unknown[] }>(t: TestContext, name: string): Set | null {
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) {
    t.skip(`${file} is not there: set CERTGATE_VECTORS to the folder with the attack vectors`)
    return null
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Set
}

/** CERTGATE_ONLY narrows a run to the ids that match, to look at one case closely. */
export function selected(id: string): boolean {
  const only = process.env.CERTGATE_ONLY
  return only === undefined || new RegExp(only).test(id)
}
