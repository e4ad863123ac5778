import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const FINDINGS = join(import.meta.dirname, 'findings')

export interface WrittenFinding {
  readonly target: string
  readonly kind: string
  readonly detail: string
  /** What repeats it. */
  readonly command: string
  readonly seed: number
  readonly bytes: number
  /** Latin-1, to be looked at. */
  readonly text: string
  readonly base64: string
}

/** Writes a finding to a file of its own, and returns its name. */
export function writeFinding(target: string, kind: string, detail: string, input: Uint8Array, seed: number, folder = FINDINGS): string {
  mkdirSync(folder, { recursive: true })
  const digest = createHash('sha256').update(kind).update(input).digest('hex').slice(0, 12)
  const file = join(folder, `${target}-${digest}.json`)
  const bytes = Buffer.from(input)
  const written: WrittenFinding = {
    target,
    kind,
    detail: detail.slice(0, 4_000),
    command: `npm run fuzz -- --replay ${relative(process.cwd(), file)}`,
    seed,
    bytes: bytes.length,
    text: bytes.toString('latin1').slice(0, 2_000),
    base64: bytes.toString('base64'),
  }
  writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`)
  return file
}

export const readFinding = (file: string): WrittenFinding => JSON.parse(readFileSync(file, 'utf8'))
