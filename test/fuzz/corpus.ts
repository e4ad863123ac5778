import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A case that is kept: what it is about, its bytes, and how they are judged. */
export interface CorpusCase {
  readonly note: string
  readonly input: Buffer
  /** The first word of the outcome. */
  readonly expected: 'accepted' | 'refused'
}

interface Written {
  readonly note: string
  /** Latin-1 where the bytes are text enough; else `utf8` or `base64`. */
  readonly text?: string
  readonly utf8?: string
  readonly base64?: string
  readonly expected: 'accepted' | 'refused'
}

export const CORPUS = join(import.meta.dirname, 'corpus')

/** The cases of a target in corpus/TARGET.json; none where it has no file. */
export function readCorpus(target: string, folder = CORPUS): readonly CorpusCase[] {
  const file = join(folder, `${target}.json`)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as Written[]).map((written) => ({
    note: written.note,
    input: bytesOf(written),
    expected: written.expected,
  }))
}

function bytesOf({ text, utf8, base64, note }: Written): Buffer {
  if (text !== undefined) return Buffer.from(text, 'latin1')
  if (utf8 !== undefined) return Buffer.from(utf8)
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  throw new TypeError(`a case of the corpus has no bytes: ${note}`)
}
