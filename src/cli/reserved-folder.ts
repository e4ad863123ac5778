import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CertgateError } from '../errors.ts'
import { shortPath } from './short-path.ts'

/** A folder that files can be written into: found out before anything is issued, because then it is too late. */
export interface ReservedFolder {
  readonly folder: string
  /** Takes away the folder if it was made for this and nothing is in it. */
  release(): void
}

/** Makes the folder where it is missing (mode 0700) and tries to write into it. Throws `file_exists` if one of these names is taken, or `io_failed`. */
export function reserveFolder(folder: string, names: readonly string[], cwd: string): ReservedFolder {
  const taken = names.map((name) => join(folder, name)).filter(exists)
  if (taken.length > 0) {
    const list = taken.map((path) => shortPath(path, cwd)).join(', ')
    throw new CertgateError('file_exists', `${list} already ${taken.length === 1 ? 'exists' : 'exist'}`, {
      hint: 'nothing was issued; move what is there away, or choose another place with --out',
    })
  }
  let made: string | undefined
  const release = () => {
    if (made === undefined) return
    for (let path = folder; path.length >= made.length; path = dirname(path)) {
      try {
        rmdirSync(path)
      } catch {
        // Somebody has put something there.
        return
      }
    }
  }
  try {
    made = mkdirSync(folder, { recursive: true, mode: 0o700 })
    const trial = join(folder, `.${randomUUID()}`)
    writeFileSync(trial, '', { flag: 'wx', mode: 0o600 })
    unlinkSync(trial)
  } catch (cause) {
    release()
    throw new CertgateError('io_failed', `cannot write into ${shortPath(folder, cwd)}: ${reasonOf(cause)}`, {
      cause,
      hint: 'nothing was issued; choose another place with --out',
    })
  }
  return { folder, release }
}

/** What cannot be looked at shows when it is written to. */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/** `EACCES: permission denied, open '/x'` becomes `permission denied`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^[A-Z]+: /, '').replace(/, [a-z]+.*$/s, '')
}
