import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRegularFile } from '../../regular-file.ts'

/** So many lists at most are kept; the oldest go. */
const MAX_FILES = 64
const SUFFIX = '.crl'

export interface CachedBytes {
  readonly bytes: Buffer
  /** When they were fetched. */
  readonly at: number
}

/**
 * Fetched revocation lists on disk, so that a restart while a distribution point is down locks nobody out. Nothing here is trusted: what
 * is read is verified like what is fetched.
 */
export class ListCache {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** `place`: whatever names the list, e.g. its URL and CA. null: there is none, or it cannot be read. */
  read(place: string, maxBytes: number): CachedBytes | null {
    const file = this.#fileOf(place)
    try {
      return { bytes: readRegularFile(file, maxBytes), at: statSync(file).mtimeMs }
    } catch {
      return null
    }
  }

  /** Throws where it cannot be written; what was there stays. */
  write(place: string, bytes: Buffer): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const file = this.#fileOf(place)
    const beside = `${file}.${process.pid}.new`
    writeFileSync(beside, bytes, { mode: 0o600 })
    renameSync(beside, file)
    this.#prune()
  }

  #prune(): void {
    const files = readdirSync(this.#folder).filter((name) => name.endsWith(SUFFIX))
    if (files.length <= MAX_FILES) return
    const aged = files.map((name) => ({ file: join(this.#folder, name), at: statSync(join(this.#folder, name)).mtimeMs }))
    for (const { file } of aged.sort((a, b) => b.at - a.at).slice(MAX_FILES)) rmSync(file, { force: true })
  }

  #fileOf(place: string): string {
    return join(this.#folder, `${createHash('sha256').update(place).digest('hex')}${SUFFIX}`)
  }
}
