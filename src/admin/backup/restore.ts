import { createHash, randomUUID } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { syncFolder, writeNewFile } from '../../certificates/replace-file.ts'
import { CertgateError } from '../../errors.ts'
import { readRegularFile, unreadable } from '../../regular-file.ts'
import { restoreStore } from '../../store/backup.ts'
import { isStoreInUse } from '../../store/in-use.ts'
import { sealedBeside } from '../../store/store-file.ts'
import type { Actor } from '../../store/types.ts'
import { openBase } from '../../tls/registry-base.ts'
import { type BackedUpFile, type Manifest, unusable } from './manifest.ts'
import { verifyBackup } from './verify.ts'

export interface RestoreOrder {
  /** Absolute. */
  readonly folder: string
  /** Absolute: where the configuration is to be. */
  readonly to: string
  /** Move what is in the way aside; else it is refused. */
  readonly force: boolean
  /** Put what lay outside the folder of the configuration back to where it was; else into `outside` below `to`. */
  readonly originalPlaces: boolean
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Asked once the backup was found to be whole, before anything is touched: throws where a gateway runs on what would be replaced. */
  assertStopped(manifest: Manifest): Promise<void>
}

export interface Restored {
  readonly manifest: Manifest
  /** Where each file is now. */
  readonly files: readonly string[]
  /** Where the ones are that stood in the way. */
  readonly movedAside: readonly string[]
  /** Not where the configuration looks for it: these have to be put there by hand. */
  readonly misplaced: readonly { readonly from: string; readonly to: string }[]
}

/** What SQLite keeps beside a store belongs to the old one, and would damage the new one. */
const COMPANIONS = ['', '-wal', '-shm', '-journal']

interface Step {
  readonly file: BackedUpFile
  readonly target: string
  readonly partial: string
  readonly isStore: boolean
}

/**
 * Puts a backup in place: everything is verified, then written beside its place, and only then given its name; what fails before that
 * changes nothing, and later is taken back. The store has a new epoch, and the restore is its newest audit entry, with the epoch that was
 * sealed there before: a gateway goes on from that one to this, and from this to no older one.
 */
export async function restoreBackup(order: RestoreOrder): Promise<Restored> {
  const manifest = await verifyBackup(order.folder)
  await order.assertStopped(manifest)
  const steps = inOrder(manifest).map((file): Step => {
    const target = targetOf(file, order)
    return { file, target, partial: `${target}.${randomUUID()}.partial`, isStore: file === manifest.store }
  })
  const targets = new Set(steps.map(({ target }) => target))
  if (targets.size !== steps.length) throw unusable('two of its files have the same place')
  const store = steps.find(({ isStore }) => isStore)
  if (store !== undefined && isStoreInUse(store.target)) {
    throw new CertgateError('store_locked', `${store.target} is in use: a gateway runs on it`, { hint: 'stop it first' })
  }
  const inTheWay = steps.toReversed().flatMap(occupied)
  if (inTheWay.length > 0 && !order.force) throw alreadyThere(inTheWay)
  try {
    for (const step of steps) await stage(step, order)
    const movedAside = commit(steps, inTheWay, new Date(order.now))
    return { manifest, files: [...targets], movedAside, misplaced: misplaced(steps, order) }
  } catch (error) {
    if (error instanceof CertgateError) throw error
    throw new CertgateError('io_failed', `cannot restore: ${unreadable(error)}`, { cause: error, hint: 'nothing was changed' })
  } finally {
    for (const { partial } of steps) rmSync(partial, { force: true })
  }
}

/**
 * The store first and the configuration last; what is in the way goes the other way round. What a crash leaves behind has no configuration then, and
 * nothing starts on it: without the store a gateway would make a new one, in which nobody is revoked.
 */
function inOrder({ files, store, config }: Manifest): readonly BackedUpFile[] {
  const isConfig = ({ original }: BackedUpFile) => original === config
  return [store, ...files.filter((file) => !isConfig(file)), ...files.filter(isConfig)]
}

function targetOf({ original, path }: BackedUpFile, { to, originalPlaces }: RestoreOrder): string {
  if (!isAbsolute(original)) return resolve(to, original)
  if (originalPlaces) return original
  return resolve(to, path.startsWith('outside/') ? path : join('outside', path))
}

function occupied({ target, isStore }: Step): string[] {
  return (isStore ? COMPANIONS : ['']).map((suffix) => `${target}${suffix}`).filter(isThere)
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Verified once more while it is copied: it might have been changed since. */
async function stage({ file, target, partial, isStore }: Step, order: RestoreOrder): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const from = join(order.folder, file.path)
  if (isStore) {
    const replaced = await openBase(sealedBeside(target)).catch(() => null)
    await restoreStore(from, partial, order.actor, { replaces: replaced?.epoch ?? null, now: () => order.now })
    return
  }
  const content = readRegularFile(from)
  if (createHash('sha256').update(content).digest('hex') !== file.sha256) throw unusable(`${file.path} was changed`)
  // Whatever mode the backup has by now: a key is nobody else's for a moment either.
  writeNewFile(partial, content, 0o600, { exactly: Number.parseInt(file.mode, 8) })
}

/** Returns where the old ones are. Both lists in the order that they are dealt with in. */
function commit(steps: readonly Step[], inTheWay: readonly string[], now: Date): string[] {
  const suffix = `.before-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`
  const undo: (() => void)[] = []
  const rename = (from: string, to: string) => {
    if (existsSync(to)) throw new CertgateError('file_exists', `${to} exists already`, { hint: 'nothing was changed; try again' })
    renameSync(from, to)
    undo.push(() => renameSync(to, from))
  }
  try {
    for (const path of inTheWay) rename(path, `${path}${suffix}`)
    // On the disk in this order too.
    for (const some of [steps.slice(0, -1), steps.slice(-1)]) {
      for (const { partial, target } of some) rename(partial, target)
      for (const folder of new Set(some.map(({ target }) => dirname(target)))) syncFolder(folder)
    }
    return inTheWay.map((path) => `${path}${suffix}`)
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw error
  }
}

function misplaced(steps: readonly Step[], { originalPlaces }: RestoreOrder): Restored['misplaced'] {
  if (originalPlaces) return []
  return steps.filter(({ file }) => isAbsolute(file.original)).map(({ file, target }) => ({ from: target, to: file.original }))
}

function alreadyThere(paths: readonly string[]): CertgateError {
  const [first = '', ...more] = paths
  const names = more.length === 0 ? `${first} exists` : `${first} and ${more.length} more files exist`
  return new CertgateError('file_exists', `${names} already`, {
    hint: 'nothing was changed; choose another --dir, or --force, which moves them aside',
  })
}
