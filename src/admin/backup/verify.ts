import { join } from 'node:path'
import { CertgateError } from '../../errors.ts'
import { readRegularText, unreadable } from '../../regular-file.ts'
import { checkBackup } from '../../store/backup.ts'
import { fileDigest, MANIFEST, type Manifest, parseManifest, unusable } from './manifest.ts'

/** Reads a whole backup, changing nothing. Throws `backup_unusable` for the first thing that is not as it was written. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const manifest = parseManifest(manifestOf(folder))
  for (const file of [...manifest.files, manifest.store]) {
    const found = await digestOf(folder, file.path)
    if (found === null) throw unusable(`${file.path} is missing`)
    if (found !== file.sha256) throw unusable(`${file.path} was changed`)
  }
  try {
    await checkBackup(join(folder, manifest.store.path), { expectedHead: manifest.store.audit.head })
  } catch (error) {
    if (!(error instanceof CertgateError)) throw error
    throw unusable(error.message, error)
  }
  return manifest
}

function manifestOf(folder: string): string {
  try {
    return readRegularText(join(folder, MANIFEST))
  } catch (cause) {
    throw unusable(`${join(folder, MANIFEST)}: ${unreadable(cause)}`, cause)
  }
}

async function digestOf(folder: string, path: string): Promise<string | null> {
  try {
    return (await fileDigest(join(folder, path))).sha256
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unusable(`${path}: ${unreadable(error)}`, error)
  }
}
