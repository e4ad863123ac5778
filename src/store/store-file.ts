import { chmodSync, closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { unreadable } from '../regular-file.ts'
import { StoreError } from './failure.ts'

/** Its owner's alone: it says who may do what, and whoever writes it decides that. */
const MODE = 0o600
const FOLDER_MODE = 0o700

/** What SQLite keeps beside the file while it is in use, and a killed process leaves behind: part of it until it is opened again. */
const COMPANIONS = ['-wal', '-shm', '-journal']

/** Where the registry of a store lies sealed for those that only read it: as secret as the store. */
export const sealedBeside = (file: string): string => `${file}.base`

/**
 * Throws `io_failed` where a store was, and is gone or emptied: to begin anew would forget its revocations, and let whoever has a good chain
 * in again.
 */
export function assertNotLost(file: string): void {
  const sealed = sealedBeside(file)
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  try {
    if (sizeOf(file) > 0 || sizeOf(sealed) === 0) return
  } catch (error) {
    throw unusable(file, error)
  }
  throw new StoreError('io_failed', `store ${file} is gone: ${sealed} shows that there was one`, {
    hint: 'run "certgate restore" with a backup; to begin anew, without what was registered and revoked, remove that file too',
  })
}

/** Makes an empty file for nobody else to read, and its folder, unless they exist. Refuses what is no regular file. */
export function ensureFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: FOLDER_MODE })
    const status = statSync(file, { throwIfNoEntry: false })
    if (status === undefined) createFile(file)
    else if (!status.isFile()) throw new StoreError('io_failed', `store ${file} is not a regular file`)
  } catch (error) {
    throw unusable(file, error)
  }
}

/** Removes a file that was not finished, with what is beside it. */
export function removeUnfinished(file: string): void {
  for (const name of [file, ...companionsOf(file)]) {
    if (statSync(name, { throwIfNoEntry: false }) !== undefined) rmSync(name)
  }
}

/** Throws `file_exists` where something is, or was left of a store. */
export function assertAbsent(file: string): void {
  const there = [file, ...companionsOf(file)].find((name) => statSync(name, { throwIfNoEntry: false }) !== undefined)
  if (there !== undefined) throw new StoreError('file_exists', `${there} exists already`, { hint: 'move it away, or name another file' })
}

/** Gives a finished file its name. Overwrites nothing, also nothing that appeared meanwhile: `file_exists`. */
export function giveName(partial: string, file: string): void {
  assertAbsent(file)
  try {
    linkSync(partial, file)
    rmSync(partial)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new StoreError('file_exists', `${file} exists already`, { cause: error })
    // A file system without hard links.
    renameSync(partial, file)
  }
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Takes the file and its companions away from everybody but its owner. */
export function protectFile(file: string): void {
  try {
    for (const name of [file, ...companionsOf(file)]) {
      const status = statSync(name, { throwIfNoEntry: false })
      if (status !== undefined && (status.mode & 0o077) !== 0) chmodSync(name, MODE)
    }
  } catch (error) {
    throw unusable(file, error)
  }
}

function companionsOf(file: string): string[] {
  return COMPANIONS.map((suffix) => `${file}${suffix}`)
}

function createFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', MODE))
  } catch (error) {
    // Another process made it at the same moment; a link that leads nowhere is told when it is opened.
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function unusable(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const full = codeOf(error) === 'ENOSPC'
  // EEXIST comes of making the folder only.
  const reason = codeOf(error) === 'EEXIST' ? 'a part of its path is not a directory' : unreadable(error)
  return new StoreError(full ? 'store_full' : 'io_failed', `store ${file} cannot be used: ${full ? 'the disk is full' : reason}`, {
    cause: error,
  })
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}
