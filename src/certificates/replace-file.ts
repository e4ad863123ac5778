import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * A reader sees the old content or the new, whole, also after a crash; both are gone from nobody's view in between. Mode and owner of what is
 * replaced stay; `mode` is that of a file which was not there. Throws what the system says.
 */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  const target = targetOf(path)
  const partial = join(dirname(target), `.${basename(target)}.partial`)
  // What a crash left behind; its mode may have been another.
  rmSync(partial, { force: true })
  try {
    const before = statSync(target, { throwIfNoEntry: false })
    writeNewFile(partial, content, before === undefined ? mode : before.mode & mode & 0o777, {
      owner: before ?? statSync(dirname(target)),
      // Not narrowed by the umask of whoever replaces it: others read it as before.
      ...(before === undefined ? {} : { exactly: before.mode & 0o777 }),
    })
    renameSync(partial, target)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  syncFolder(dirname(target))
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface NewFileOptions {
  /** Whose it is to be where root makes it. */
  readonly owner?: Owner
  /** Mode that it is to have in the end, whatever the umask. */
  readonly exactly?: number
}

/**
 * Has its mode from the first byte on, and is on disk when this returns. Throws EEXIST where something is there. Owner and mode are those of the very
 * file that was opened: under its name whoever may write to the folder may have put a link to another by then.
 */
export function writeNewFile(path: string, content: string | Uint8Array, mode: number, { owner, exactly }: NewFileOptions = {}): void {
  const descriptor = openSync(path, 'wx', mode)
  try {
    writeFileSync(descriptor, content)
    if (owner !== undefined) give(descriptor, owner)
    // After the owner, who may take bits of it away.
    if (exactly !== undefined) fchmodSync(descriptor, exactly)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Gives a folder to somebody, where root does it; throws where a link lies in its place. */
export function giveOwner(folder: string, owner: Owner): void {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    give(descriptor, owner)
  } finally {
    closeSync(descriptor)
  }
}

/** What root makes for somebody else has to be readable to them: a command of root on the files of a gateway that runs as its own user. */
function give(descriptor: number, { uid, gid }: Owner): void {
  if (process.geteuid?.() === 0) fchownSync(descriptor, uid, gid)
}

/** A name in a folder is on disk only when the folder is. Some file systems cannot, and need not be told. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    closeSync(descriptor)
  }
}

/** A link stays a link: what it leads to is replaced. */
function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw error
  }
}
