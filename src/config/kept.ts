import { existsSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether a registry is or was there: the store itself, or its sealed base, which shows that there was one. Where that cannot be seen
 * it counts as there: to take another is what must not happen.
 */
export function hasRegistry(store: string): boolean {
  return sizeOf(store) > 0 || sizeOf(`${store}.base`) > 0
}

function sizeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

export function hasAuthority(folder: string): boolean {
  return existsSync(join(folder, 'issuing.crt'))
}

/** Two names of one file, e.g. through a symbolic link. */
export function isSameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other)
  } catch {
    return false
  }
}
