import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readRegularFile, unreadable } from '../../regular-file.ts'
import { AdminProblem } from '../problem.ts'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** A file as it was when it was read. */
export interface FileContent {
  /** As it is configured. */
  readonly file: string
  /** Where it really lies: at the end of symbolic links. */
  readonly target: string
  /** null: there is none yet. */
  readonly bytes: Buffer | null
  /** '' where there is none. */
  readonly text: string
}

/** Reads a file that may be written. Throws AdminProblem 409 where it can neither be read nor made. */
export function readContent(file: string): FileContent {
  const target = targetOf(file)
  const bytes = bytesOf(target, file)
  try {
    return { file, target, bytes, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? new Uint8Array()) }
  } catch (error) {
    throw conflict('unreadable', `${file} cannot be read: ${unreadable(error)}`)
  }
}

/** Whether it still is what was read: nobody else has written it since. */
export function isUnchanged({ target, bytes, file }: FileContent): boolean {
  const now = bytesOf(target, file)
  return bytes === null || now === null ? bytes === now : bytes.equals(now)
}

/** Links are followed by us, once: what is renamed over is the file itself, and a link stays a link. */
function targetOf(file: string): string {
  try {
    return realpathSync(file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw conflict('unreadable', `${file} cannot be read: ${unreadable(error)}`)
  }
  if (isLink(file)) throw conflict('dangling_link', `${file} is a symbolic link to something that does not exist`, 'make the file it names')
  try {
    return join(realpathSync(dirname(file)), basename(file))
  } catch {
    throw conflict('unreadable', `the folder ${dirname(file)} does not exist`, 'make it, or change `roles_mapping`')
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink()
  } catch {
    return false
  }
}

function bytesOf(target: string, file: string): Buffer | null {
  try {
    return readRegularFile(target)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw conflict('unreadable', `${file} cannot be read: ${unreadable(error)}`)
  }
}

/** A new content that lies complete and durable beside a file, and what was there, until one of them is wanted no more. */
export class Replacement {
  readonly #content: FileContent
  readonly #next: string
  /** null: there was nothing. */
  readonly #kept: string | null
  readonly #bytes: Buffer

  /** Throws AdminProblem: 409 for a file that is not to be written, 507 for a full disk. Nothing has changed then. `now`: milliseconds. */
  constructor(content: FileContent, text: string, now = Date.now()) {
    const { target, bytes } = content
    sweep(target, now - LEFT_BEHIND)
    this.#content = content
    this.#bytes = Buffer.concat([
      bytes?.subarray(0, 3).equals(BYTE_ORDER_MARK) === true ? BYTE_ORDER_MARK : Buffer.alloc(0),
      Buffer.from(text),
    ])
    const status = bytes === null ? null : writable(content)
    const beside = (what: string): string => join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.${what}`)
    this.#next = beside('new')
    let kept: string | null = null
    try {
      writeWhole(this.#next, this.#bytes, status)
      if (status !== null) {
        kept = beside('old')
        keep(target, kept)
      }
    } catch (error) {
      remove(this.#next)
      if (kept !== null) remove(kept)
      throw unwritable(content.file, error)
    }
    this.#kept = kept
  }

  /** Puts it in the file's place, in one step. False, with nothing changed: somebody else has written the file since it was read. */
  commit(): boolean {
    const { file, target } = this.#content
    if (!isUnchanged(this.#content)) return false
    try {
      renameSync(this.#next, target)
    } catch (error) {
      throw unwritable(file, error)
    }
    syncFolder(target)
    return true
  }

  /** Puts back what was there, which needs no room. False: somebody else has written the file since, and theirs stays. */
  undo(): boolean {
    if (!isUnchanged({ ...this.#content, bytes: this.#bytes })) return false
    const { target } = this.#content
    if (this.#kept === null) unlinkSync(target)
    else renameSync(this.#kept, target)
    syncFolder(target)
    return true
  }

  /** Removes what is left over; to be called in any case. */
  dispose(): void {
    remove(this.#next)
    if (this.#kept !== null) remove(this.#kept)
  }
}

/** Milliseconds: no edit takes as long. */
const LEFT_BEHIND = 3_600_000

/** Removes what processes that were killed left beside a file; an edit under way elsewhere keeps what it needs. */
function sweep(target: string, until: number): void {
  const [folder, start] = [dirname(target), `.${basename(target)}.`]
  try {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      // By when it got its name: a kept file is as old as its content.
      const isOurs = name.startsWith(start) && /^[0-9a-f]{12}\.(new|old)$/.test(name.slice(start.length))
      if (isOurs && lstatSync(path).ctimeMs < until) remove(path)
    }
  } catch {
    // Nothing depends on it.
  }
}

/** The superuser could write it all the same; who took the right away meant nobody. */
function writable({ file, target }: FileContent): Stats {
  const status = statSync(target)
  if ((status.mode & 0o222) === 0) throw conflict('read_only', `${file} is read-only`, 'chmod u+w it, or edit it where it comes from')
  try {
    accessSync(target, constants.W_OK)
  } catch (error) {
    throw unwritable(file, error)
  }
  return status
}

/** Durable when this returns, with the mode and owner of the file that it is to replace. */
function writeWhole(path: string, bytes: Buffer, status: Stats | null): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    const isForeign = status !== null && (status.uid !== process.geteuid?.() || status.gid !== process.getegid?.())
    if (isForeign) fchownSync(descriptor, status.uid, status.gid)
    fchmodSync(descriptor, (status?.mode ?? 0o640) & 0o777)
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The very file under a second name; a copy where the file system has no such thing. */
function keep(target: string, kept: string): void {
  try {
    linkSync(target, kept)
  } catch {
    copyFileSync(target, kept, constants.COPYFILE_EXCL)
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It was never made, or has got its place.
  }
}

/** So that the new name outlives a power cut; some file systems cannot, and then it holds as well as they do. */
function syncFolder(target: string): void {
  try {
    const descriptor = openSync(dirname(target), constants.O_RDONLY)
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // The change itself is made and seen.
  }
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied; its owner and mode are to stay, and this user may not set them'],
  ['EROFS', 'its file system is read-only'],
])

function unwritable(file: string, error: unknown): AdminProblem {
  if (error instanceof AdminProblem) return error
  const code = codeOf(error)
  if (FULL.has(code)) {
    return new AdminProblem(507, 'disk_full', `${file} cannot be written: the disk is full`, {
      hint: 'nothing was changed; make room',
      cause: error,
    })
  }
  const reason = REASONS.get(code) ?? unreadable(error)
  return conflict(
    'read_only',
    `${file} cannot be written: ${reason}`,
    'it is written beside and renamed: file and folder have to be writable',
    error,
  )
}

function conflict(reason: string, message: string, hint?: string, cause?: unknown): AdminProblem {
  return new AdminProblem(409, reason, message, { hint, cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
