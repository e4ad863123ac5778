import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BenchError } from '../lab/errors.ts'
import { requireTools } from '../lab/tools.ts'

const sources = import.meta.dirname

/** Compiles the load generator into the folder unless it is newer than its sources, and returns its path. */
export function buildLoad(folder: string): string {
  const binary = join(folder, 'load')
  const files = readdirSync(sources).filter((name) => /\.[ch]$/.test(name))
  const newest = Math.max(...files.map((name) => statSync(join(sources, name)).mtimeMs))
  const built = statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built > newest) return binary
  requireTools(['gcc', 'openssl/ssl.h'])
  mkdirSync(folder, { recursive: true })
  const units = files.filter((name) => name.endsWith('.c')).map((name) => join(sources, name))
  const { status, stderr } = spawnSync('gcc', ['-std=gnu17', '-O2', '-Wall', '-o', binary, ...units, '-lssl', '-lcrypto'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new BenchError(`the load generator does not compile:\n${stderr}`)
  return binary
}
