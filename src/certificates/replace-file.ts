import { chmodSync, chownSync, closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
    writeNewFile(partial, content, before === undefined ? mode : before.mode & mode & 0o777)
    giveOwner(partial, before ?? statSync(dirname(target)))
    // Not narrowed by the umask of whoever replaces it: others read it as before. After the owner, who may take bits of it away.
    if (before !== undefined) chmodSync(partial, before.mode & 0o777)
    renameSync(partial, target)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  syncFolder(dirname(target))
}

/** What root makes for somebody else has to be readable to them: a command of root on the files of a gateway that runs as its own user. */
export function giveOwner(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  if (process.geteuid?.() === 0) chownSync(path, uid, gid)
}

/** Has its mode from the first byte on, and is on disk when this returns. Throws EEXIST where something is there. */
export function writeNewFile(path: string, content: string | Uint8Array, mode: number): void {
  const descriptor = openSync(path, 'wx', mode)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
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
