/**
 * A process of its own that writes a store: `node store-writer.ts MODE FILE [COUNT]`.
 * `forever`: adds entries until it is killed, and prints each fingerprint once it is recorded. `count`: adds COUNT and ends.
 * `fill`: adds until the disk is full, tells how that ended, frees a ballast beside the file and adds one more.
 */
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { CertgateError } from '../../src/errors.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { CLI, newEntry } from './registry-store.ts'

const [mode, file, count] = process.argv.slice(2) as [string, string, string | undefined]
const ballast = `${file}.ballast`
if (mode === 'fill') writeFileSync(ballast, Buffer.alloc(512 * 1024, 1))
const store = openStore(file, { busyTimeout: 30_000 })

function add(): string {
  const entry = newEntry({ issuerKeyId: 'ca', origin: 'issued' })
  return store.registry.add([entry], CLI)[0]?.fingerprint ?? ''
}

function report(line: unknown): void {
  writeSync(1, `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

/** How many of each a store has: an addition makes one of each, or none. */
async function contents(of: Store) {
  const { entries, serials, audit } = await of.check()
  return { entries, serials, audit: audit.entries }
}

function codeOf(error: unknown): string {
  return error instanceof CertgateError ? error.code : String(error)
}

if (mode === 'forever') {
  for (;;) report(add())
} else if (mode === 'count') {
  for (let added = 0; added < Number(count); added++) add()
} else if (mode === 'fill') {
  let added = 0
  let code = ''
  while (code === '') {
    try {
      add()
      added++
    } catch (error) {
      code = codeOf(error)
    }
  }
  report({ code, added, ...(await contents(store)) })
  rmSync(ballast)
  const reopened = openStore(file)
  reopened.registry.add([newEntry({ issuerKeyId: 'ca', origin: 'issued' })], CLI)
  report(await contents(reopened))
  reopened.close()
}
store.close()
