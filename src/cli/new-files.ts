import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from '../certificates/replace-file.ts'
import { CertgateError } from '../errors.ts'
import { shortPath } from './short-path.ts'

export interface NewFile {
  /** Relative to the folder. */
  readonly path: string
  readonly content: string | Uint8Array
  /** Set from the first byte on: a private key is never readable to others, not even for a moment. */
  readonly mode: 0o600 | 0o644
}

const ELSEWHERE = 'choose another --dir'

/**
 * Writes all of the files or none: refuses if one exists, and takes back what it made where writing fails midway.
 * Folders it makes have mode 0700. All of it is on disk when this returns. `elsewhere`: how to choose another place, for the hint. In one
 * turn of the event loop, so that no signal handler of ours comes between.
 */
export function writeNewFiles(folder: string, files: readonly NewFile[], cwd: string, elsewhere = ELSEWHERE): void {
  const present = files.map((file) => join(folder, file.path)).filter(exists)
  if (present.length > 0) throw alreadyThere(present, cwd, elsewhere)

  const undo: (() => void)[] = []
  const touched = new Set<string>()
  try {
    for (const file of files) {
      const path = join(folder, file.path)
      const made = mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      touched.add(dirname(path))
      for (const one of made === undefined ? [] : foldersBetween(made, dirname(path))) {
        undo.push(() => rmdirSync(one))
        touched.add(dirname(one))
      }
      // `wx` also refuses what somebody made since the check above, and a link that leads elsewhere.
      const descriptor = openSync(path, 'wx', file.mode)
      undo.push(() => unlinkSync(path))
      try {
        writeFileSync(descriptor, file.content)
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    }
    for (const one of touched) syncFolder(one)
  } catch (cause) {
    for (const step of undo.reverse()) attempt(step)
    throw writeFailure(cause, cwd, elsewhere)
  }
}

/** From the outermost new folder to the innermost, so that taking back in reverse order empties each before its parent. */
function foldersBetween(outermost: string, innermost: string): string[] {
  const folders = [innermost]
  while (folders[0] !== outermost && folders[0] !== undefined && dirname(folders[0]) !== folders[0]) folders.unshift(dirname(folders[0]))
  return folders
}

function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}

function alreadyThere(present: readonly string[], cwd: string, elsewhere: string): CertgateError {
  const [first = '', ...more] = present.map((path) => shortPath(path, cwd))
  const names = more.length < 3 ? [first, ...more].join(', ') : `${first} and ${more.length} more files`
  const hint = `nothing was written; move what is there away, or ${elsewhere}`
  return new CertgateError('file_exists', `${names} already ${present.length === 1 ? 'exists' : 'exist'}`, { hint })
}

function writeFailure(cause: unknown, cwd: string, elsewhere: string): CertgateError {
  const { code, path } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST' && path !== undefined) return alreadyThere([path], cwd, elsewhere)
  const about = path === undefined ? 'the files' : shortPath(path, cwd)
  const why = cause instanceof Error ? cause.message.replace(/^[A-Z]+: /, '').replace(/, [a-z]+.*$/, '') : String(cause)
  return new CertgateError('io_failed', `cannot write ${about}: ${why}`, { cause, hint: 'nothing was left behind' })
}

function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // The first failure is the one to tell; a folder that somebody else has filled meanwhile stays.
  }
}
