import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MaterialError } from '../errors.ts'
import { readRegularText, unreadable } from '../regular-file.ts'

/**
 * One root and issuing CA of an authority folder. The first lies in the folder itself, each that replaced another in a folder of its own.
 * Which one signs follows from who replaced whom: there is nothing else that could contradict it.
 */
export interface Generation {
  /** '': the folder itself. */
  readonly name: string
  readonly folder: string
  /** Milliseconds: until when its root is trusted; null: it is the one that signs. */
  readonly trustedUntil: number | null
}

/** What a generation says of the one that it replaced. */
export interface Succession {
  readonly replaces: string
  /** Milliseconds. */
  readonly overlapUntil: number
}

export const SUCCESSION_FILE = 'generation.json'
const GENERATION = /^[0-9a-f]{16}$/
/** Not named so before it is whole: to rename it is what makes the rotation. */
const PENDING = /^pending-[0-9a-f]{16}$/

/** All generations, the one that signs first. Throws MaterialError where they do not make one line: nothing may sign then. */
export function readGenerations(folder: string): readonly [signing: Generation, ...retired: Generation[]] {
  const successors = new Map<string, { readonly name: string; readonly overlapUntil: number }>()
  const names = foldersIn(folder, GENERATION)
  for (const name of names) {
    const { replaces, overlapUntil } = readSuccession(join(folder, name, SUCCESSION_FILE))
    if (successors.has(replaces)) throw broken(folder, `${successors.get(replaces)?.name} and ${name} both replace the same authority`)
    successors.set(replaces, { name, overlapUntil })
  }
  const line: Generation[] = []
  for (let name = ''; ; ) {
    const successor = successors.get(name)
    const here = name === '' ? folder : join(folder, name)
    line.unshift({ name, folder: here, trustedUntil: successor?.overlapUntil ?? null })
    if (successor === undefined) break
    name = successor.name
  }
  const [signing, ...retired] = line
  if (signing === undefined || line.length !== names.length + 1) throw broken(folder, 'an authority is missing that another one replaced')
  return [signing, ...retired]
}

/** Folders that a rotation which never happened left behind. */
export function pendingFolders(folder: string): string[] {
  return foldersIn(folder, PENDING).map((name) => join(folder, name))
}

export const successionText = ({ replaces, overlapUntil }: Succession): string =>
  `${JSON.stringify({ replaces, overlap_until: new Date(overlapUntil).toISOString() }, null, 2)}\n`

function readSuccession(file: string): Succession {
  let value: unknown
  try {
    value = JSON.parse(readRegularText(file))
  } catch (cause) {
    throw new MaterialError(file, `cannot read ${file}: ${unreadable(cause)}`, { cause })
  }
  const { replaces, overlap_until: until } = (value ?? {}) as { readonly replaces?: unknown; readonly overlap_until?: unknown }
  const overlapUntil = typeof until === 'string' ? Date.parse(until) : Number.NaN
  if (typeof replaces !== 'string' || (replaces !== '' && !GENERATION.test(replaces)) || Number.isNaN(overlapUntil))
    throw new MaterialError(file, `${file} does not say which authority was replaced, and until when that is trusted`)
  return { replaces, overlapUntil }
}

function foldersIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && pattern.test(entry.name))
      .map(({ name }) => name)
      .sort()
  } catch (cause) {
    throw new MaterialError(folder, `cannot read the authority folder ${folder}: ${unreadable(cause)}`, { cause })
  }
}

function broken(folder: string, what: string): MaterialError {
  return new MaterialError(folder, `the authority folder ${folder} is damaged: ${what}`, { hint: 'restore it from a backup' })
}
