import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../config/settings.ts'

/** Files that a gateway cannot be made again without, beside its store. */
export interface BackupSources {
  /** Absolute. */
  readonly configFile: string
  /** Absolute, each once: the configuration, what it names, and the authority. */
  readonly files: readonly string[]
  /** Of them what may be kept from the gateway's user: the root's key is best kept elsewhere. Left out, and said so, where it is. */
  readonly optional: ReadonlySet<string>
}

/** What the configuration names, with the authority as it is now. Throws the system's error where a folder of it cannot be read. */
export function backupSources(settings: Pick<Settings, 'file' | 'watchedFiles' | 'authority'>): BackupSources {
  const named = [settings.file, ...settings.watchedFiles]
  const authority = filesOfAuthority(settings.authority)
  const optional = new Set(authority.filter((file) => !named.includes(file)))
  return { configFile: settings.file, files: [...new Set([...named, ...authority])], optional }
}

function filesOfAuthority(authority: Settings['authority']): readonly string[] {
  if (authority === null) return []
  const { source, crlFolder } = authority
  if (source.kind === 'folder') return [...regularFiles(source.folder), ...regularFiles(crlFolder)]
  const { cert, key, pfx } = source.certificate
  return [cert, key, pfx, ...regularFiles(crlFolder)].filter((file) => file !== null)
}

/** All in a folder and below it, in order; none where there is no such folder. Links to folders are not followed: they may go in circles. */
function regularFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return regularFiles(path)
      const isFile = entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      return isFile && !entry.name.endsWith('.partial') ? [path] : []
    })
}
