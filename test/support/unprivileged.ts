import { lchownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const NOBODY = 65_534

/**
 * Does something as a user whom modes hold back, with `folder` and all in it as theirs: the superuser, for whom they mean nothing, is
 * somebody else meanwhile. Nothing else may run in this process until it is done.
 */
export async function unprivileged<T>(folder: string, act: () => T | Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act()
  giveAway(folder)
  process.seteuid?.(NOBODY)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
  }
}

function giveAway(folder: string): void {
  lchownSync(folder, NOBODY, NOBODY)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) giveAway(path)
    else lchownSync(path, NOBODY, NOBODY)
  }
}
