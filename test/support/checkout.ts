import { cpSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of this checkout. */
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

/** What a clone does not have, what packages are not made from, and what is too large to copy and linked instead. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'data', 'dist', 'tmp', 'bench', 'test', 'test-results'])

/** Copies what the program and its package are made of; `node_modules` is a link to the checkout's. */
export function copyCheckout(folder: string): void {
  for (const name of readdirSync(CHECKOUT)) {
    if (!LEFT_OUT.has(name) && !name.endsWith('.tgz')) cpSync(join(CHECKOUT, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'))
}
