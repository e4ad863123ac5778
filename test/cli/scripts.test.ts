import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseScript, Runner } from './script.ts'

// The promise: what a person types is answered as the scripts beside this file say, through the real entry bin/certgate.

const folder = mkdtempSync(join(tmpdir(), 'certgate-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const name of readdirSync(import.meta.dirname).filter((file) => file.endsWith('.txt'))) {
  test(name, () => {
    const work = join(folder, name.replace('.txt', ''))
    mkdirSync(work)
    new Runner(work).run(parseScript(readFileSync(join(import.meta.dirname, name), 'utf8')), name)
  })
}
