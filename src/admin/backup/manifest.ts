import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { isAbsolute } from 'node:path'
import { CertgateError } from '../../errors.ts'

export const MANIFEST = 'manifest.json'
export const STORE = 'store.db'
const FORMAT = 'certgate-backup'
const VERSION = 1

/** One file of a backup. */
export interface BackedUpFile {
  /** In the backup, with `/`. */
  readonly path: string
  /** Where it belongs: relative to the folder of the configuration, or absolute where it lay outside. */
  readonly original: string
  readonly sha256: string
  readonly bytes: number
  /** Permission bits in octal, e.g. `600`. */
  readonly mode: string
}

/** What a backup says of itself. It is written last: where it stands, the rest is there. */
export interface Manifest {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  readonly created_at: string
  /** Absolute, as it was. */
  readonly config_folder: string
  /** Name of the configuration in it. */
  readonly config: string
  readonly store: BackedUpFile & { readonly certificates: number; readonly audit: { readonly entries: number; readonly head: string } }
  readonly files: readonly BackedUpFile[]
  /** Absolute: files of the authority that whoever made the backup may not read. */
  readonly left_out: readonly string[]
}

export type NewManifest = Omit<Manifest, 'format' | 'version'>

export function manifestText(manifest: NewManifest): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...manifest }, null, 2)}\n`
}

/** Throws `backup_unusable` for anything that could not have been written by `manifestText`: it names paths to write to. */
export function parseManifest(text: string): Manifest {
  let manifest: Manifest
  try {
    manifest = JSON.parse(text) as Manifest
  } catch (cause) {
    throw unusable(`its ${MANIFEST} is not JSON`, cause)
  }
  if (manifest?.format !== FORMAT) throw unusable(`its ${MANIFEST} is of something else`)
  if (manifest.version !== VERSION) throw unusable(`it was made by another version of certgate (format ${String(manifest.version)})`)
  if (!Array.isArray(manifest.files) || !isFile(manifest.store) || !manifest.files.every(isFile) || !isLocal(manifest.config)) {
    throw unusable(`its ${MANIFEST} is damaged`)
  }
  const targets = [manifest.store, ...manifest.files].map(({ original }) => original)
  if (new Set(targets).size !== targets.length) throw unusable(`its ${MANIFEST} names a file twice`)
  return manifest
}

export function unusable(reason: string, cause?: unknown): CertgateError {
  return new CertgateError('backup_unusable', `this backup cannot be used: ${reason}`, cause === undefined ? {} : { cause })
}

/** SHA-256 of a file, read piece by piece. */
export async function fileDigest(path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

function isFile(file: unknown): boolean {
  if (typeof file !== 'object' || file === null) return false
  const { path, original, sha256, mode } = file as Partial<BackedUpFile>
  if (!isLocal(path) || typeof original !== 'string') return false
  const isPlace = isAbsolute(original) ? isNormal(original.slice(1)) : isNormal(original)
  return isPlace && /^[0-9a-f]{64}$/.test(String(sha256)) && /^[0-7]{3}$/.test(String(mode))
}

const isLocal = (path: unknown): path is string => typeof path === 'string' && !isAbsolute(path) && isNormal(path)

/** Leads nowhere but down. */
function isNormal(path: string): boolean {
  return !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}
