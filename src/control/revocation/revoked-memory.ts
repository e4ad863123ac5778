import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readRegularText } from '../../regular-file.ts'
import { LruMap } from '../../tls/lru.ts'
import type { Finding } from './finding.ts'

/** About 300 bytes each on disk; the oldest go. */
const MAX_REVOKED = 16_384
const MAX_BYTES = 64 * 1024 * 1024

interface Line {
  readonly key: string
  /** When it was revoked as of; null: that was taken back by a newer answer. */
  readonly thisUpdate: number | null
  readonly foundAt: number
  readonly detail: string
}

/**
 * Revocations that OCSP told of, in a file beside the fetched lists: also after a restart an answer of before one does not undo it. A line
 * each; what is half written is passed over. Its lines can only refuse, never let in.
 */
export class RevokedMemory {
  readonly #file: string | null
  readonly #revoked = new LruMap<string, Finding>(MAX_REVOKED)

  /** `file` null: only as long as this process. */
  constructor(file: string | null) {
    this.#file = file
    const lines = file === null ? [] : linesOf(file)
    for (const line of lines) this.#take(line)
    // Written anew where it has grown by what counts no more.
    if (file !== null && lines.length > 2 * this.#revoked.size + 100) this.#rewrite(file)
  }

  get(key: string): Finding | undefined {
    return this.#revoked.get(key)
  }

  /** Takes up what was found. Throws where it cannot be written; it counts all the same. */
  note(key: string, { status, thisUpdate, foundAt, detail }: Finding): void {
    const before = this.#revoked.get(key)
    const revoked = status === 'revoked'
    if (revoked ? before?.thisUpdate === thisUpdate : before === undefined) return
    const line: Line = { key, thisUpdate: revoked ? thisUpdate : null, foundAt, detail }
    this.#take(line)
    // That it is still revoked, as of later, needs no line of its own: the guard only becomes stricter by it.
    if (this.#file === null || (revoked && before !== undefined)) return
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
    // On a line of its own also after one that is half written.
    appendFileSync(this.#file, `\n${JSON.stringify(line)}\n`, { mode: 0o600, flush: true })
  }

  #take({ key, thisUpdate, foundAt, detail }: Line): void {
    if (thisUpdate === null) this.#revoked.delete(key)
    else this.#revoked.set(key, { status: 'revoked', thisUpdate, until: thisUpdate, foundAt, detail })
  }

  #rewrite(file: string): void {
    const text = this.#revoked
      .entries()
      .map(([key, { thisUpdate, foundAt, detail }]) => `${JSON.stringify({ key, thisUpdate, foundAt, detail })}\n`)
    const beside = `${file}.${process.pid}.new`
    try {
      writeFileSync(beside, text.join(''), { mode: 0o600, flush: true })
      renameSync(beside, file)
    } catch {
      // It stays as long as it was.
    }
  }
}

function linesOf(file: string): Line[] {
  let text: string
  try {
    text = readRegularText(file, MAX_BYTES)
  } catch {
    return []
  }
  return text.split('\n').flatMap((line): Line[] => {
    try {
      const read: unknown = JSON.parse(line)
      return isLine(read) ? [read] : []
    } catch {
      return []
    }
  })
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false
  const { key, thisUpdate, foundAt, detail } = value as Record<string, unknown>
  const dated = thisUpdate === null || Number.isFinite(thisUpdate)
  return typeof key === 'string' && dated && Number.isFinite(foundAt) && typeof detail === 'string'
}
