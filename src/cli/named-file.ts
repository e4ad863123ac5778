import { resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { readRegularFile, readRegularText, unreadable } from '../regular-file.ts'

/** A file of at most `limit` bytes that a command was given by name, called as it was written. Throws InputError. */
export function readNamedFile(name: string, cwd: string, limit?: number): Buffer {
  return orTold(name, () => readRegularFile(resolve(cwd, name), limit))
}

/** The same as text. */
export function readNamedText(name: string, cwd: string, limit?: number): string {
  return orTold(name, () => readRegularText(resolve(cwd, name), limit))
}

/** The first line of a file, which has a password or something else that is short. */
export function firstLineOf(name: string, cwd: string): string {
  return readNamedText(name, cwd, 4096).split(/\r?\n/, 1)[0] ?? ''
}

/** Every command says it in these words. */
export function cannotRead(name: string, error: unknown): InputError {
  return new InputError(`cannot read ${name}: ${unreadable(error)}`, { cause: error })
}

function orTold<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw cannotRead(name, error)
  }
}
