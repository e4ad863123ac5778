import { createHash, randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { CertgateError } from '../../errors.ts'
import { readRegularFile, unreadable } from '../../regular-file.ts'
import type { Store } from '../../store/store.ts'
import type { Actor } from '../../store/types.ts'
import { type BackedUpFile, fileDigest, MANIFEST, type Manifest, manifestText, type NewManifest, parseManifest, STORE } from './manifest.ts'
import type { BackupSources } from './sources.ts'

export interface BackupOrder {
  /** Absolute; must not exist. */
  readonly folder: string
  readonly sources: BackupSources
  readonly store: Store
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Copies store, authority and configuration into a new folder (mode 0700) while the gateway runs. It is complete under its name, or not
 * there: throws `file_exists`, `io_failed` or what a damaged store does, and leaves nothing behind.
 */
export async function makeBackup(order: BackupOrder): Promise<Manifest> {
  const { folder, store, actor } = order
  if (existsSync(folder)) {
    throw new CertgateError('file_exists', `${folder} exists already`, { hint: 'each backup has a folder of its own: name a new one' })
  }
  const partial = `${folder}.${randomUUID()}.partial`
  let made = partial
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
    mkdirSync(partial, { mode: 0o700 })
    const manifest = await fill(partial, order)
    syncFolder(partial)
    renameSync(partial, folder)
    made = folder
    syncFolder(dirname(folder))
    store.audit.append({ action: 'store.backup', target: folder, details: { head: manifest.store.audit.head } }, actor)
    return manifest
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (error instanceof CertgateError) throw error
    throw new CertgateError('io_failed', `cannot make the backup ${folder}: ${unreadable(error)}`, {
      cause: error,
      hint: 'it is written by the gateway where that runs: choose a folder that its user may write to',
    })
  }
}

async function fill(partial: string, { sources, store, now }: BackupOrder): Promise<Manifest> {
  const configFolder = dirname(sources.configFile)
  const copy = join(partial, STORE)
  const checked = await store.backup(copy)
  const original = placeOf(store.file, configFolder)
  const leftOut = sources.files.filter((file) => sources.optional.has(file) && !isReadable(file))
  const files = sources.files.filter((file) => !leftOut.includes(file)).map((file, index) => copyFile(file, configFolder, partial, index))
  const manifest: NewManifest = {
    created_at: new Date(now).toISOString(),
    config_folder: configFolder,
    config: basename(sources.configFile),
    store: { path: STORE, original, ...(await fileDigest(copy)), mode: '600', certificates: checked.entries, audit: checked.audit },
    files,
    left_out: leftOut,
  }
  const text = manifestText(manifest)
  writeSecret(join(partial, MANIFEST), text)
  return parseManifest(text)
}

function copyFile(file: string, configFolder: string, partial: string, index: number): BackedUpFile {
  const original = placeOf(file, configFolder)
  const path = original === resolve(original) ? `outside/${index}/${basename(file)}` : `files/${original}`
  let content: Buffer
  let mode: number
  try {
    content = readRegularFile(file)
    mode = statSync(file).mode & 0o777
  } catch (cause) {
    throw new CertgateError('io_failed', `cannot read ${file}, which the configuration names: ${unreadable(cause)}`, { cause })
  }
  writeSecret(join(partial, path), content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { path, original, sha256, bytes: content.length, mode: mode.toString(8).padStart(3, '0') }
}

function isReadable(file: string): boolean {
  try {
    closeSync(openSync(file, 'r'))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES'
  }
}

/** Relative where it is in the folder of the configuration, so that both can be restored elsewhere; else absolute. */
function placeOf(file: string, configFolder: string): string {
  const path = relative(configFolder, file)
  return path === '' || path.startsWith('..') || resolve(path) === path ? file : path.split(sep).join('/')
}

/** Keys are among them: nobody else reads any of it. */
function writeSecret(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
