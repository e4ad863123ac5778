import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { safeFileName } from '../certificates/safe-file-name.ts'
import { readStoredZip } from '../certificates/zip-read.ts'
import { CertgateError, UsageError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { type NewFile, writeNewFiles } from './new-files.ts'
import { printable } from './printable.ts'
import { programName } from './program-name.ts'
import { type ReservedFolder, reasonOf, reserveFolder } from './reserved-folder.ts'

/** Where an issued certificate goes: a folder, or one file. Reserved before it is issued. */
export interface Destination {
  readonly reserved: ReservedFolder
  /** Of the files, without extension. */
  readonly base: string
  /** The one file in the folder; null: several. */
  readonly file: string | null
}

/** `out` undefined: a new folder called `folder` where the user stands. Throws `file_exists` or `io_failed` before anything is issued. */
export function bundleDestination(name: string, out: string | undefined, folder: string, terminal: Terminal): Destination {
  const base = safeFileName(name)
  const path = resolve(terminal.cwd, out ?? folder)
  const file = out !== undefined && extname(path).toLowerCase() === '.zip' ? basename(path) : null
  const names = file === null ? ownFiles(base) : [file]
  return { reserved: reserveFolder(file === null ? path : dirname(path), names, terminal.cwd), base, file }
}

const README = 'README.txt'
const ownFiles = (base: string): readonly string[] => ['.pfx', '.crt', '.key'].map((extension) => `${base}${extension}`)

/** For a certificate whose key somebody else has: NAME.crt, or the file that `out` names. */
export function certificateDestination(name: string, out: string | undefined, terminal: Terminal): Destination {
  const base = safeFileName(name)
  const path = resolve(terminal.cwd, out ?? '.')
  if (extname(path).toLowerCase() === '.zip') throw new UsageError('--out names an archive, and a signed request gives one certificate')
  const isFile = out !== undefined && /^\.(?:crt|pem|cer)$/i.test(extname(path))
  const file = isFile ? basename(path) : `${base}.crt`
  return { reserved: reserveFolder(isFile ? dirname(path) : path, [file], terminal.cwd), base, file }
}

/** What was issued, as far as its files are concerned. */
export interface IssuedFiles {
  readonly fingerprint: string
  readonly name: string
}

/** Writes the archive of a bundle, or what is in it. Returns the paths. Throws `lost` where that fails. */
export function writeBundleFiles(zip: Buffer, to: Destination, issued: IssuedFiles, terminal: Terminal): readonly string[] {
  return keepingTrack(issued, terminal, () => {
    if (to.file !== null) return write(to, [{ path: to.file, content: zip, mode: 0o600 }], terminal)
    const { folder } = to.reserved
    const files = readStoredZip(zip).flatMap(({ name, content }): NewFile[] => {
      const present = presentFile(join(folder, name))
      // Several certificates may share a folder: the authority is the same, and each has its own instructions.
      const isOwn = ownFiles(to.base).includes(name)
      if (present !== null && !isOwn && name !== README && present.equals(content)) return []
      const shared = present !== null && !isOwn
      return [{ path: shared ? `${to.base}.${name}` : name, content, mode: 0o600 }]
    })
    return write(to, files, terminal)
  })
}

export function writeCertificateFile(pem: string, to: Destination, issued: IssuedFiles, terminal: Terminal): readonly string[] {
  return keepingTrack(issued, terminal, () => write(to, [{ path: to.file ?? `${to.base}.crt`, content: pem, mode: 0o644 }], terminal))
}

function write(to: Destination, files: readonly NewFile[], terminal: Terminal): readonly string[] {
  writeNewFiles(to.reserved.folder, files, terminal.cwd)
  return files.map(({ path }) => join(to.reserved.folder, path))
}

/** The certificate exists by now and its key, which nobody has kept, does not: that must not go unsaid. */
function keepingTrack<T>({ fingerprint, name }: IssuedFiles, terminal: Terminal, step: () => T): T {
  try {
    return step()
  } catch (cause) {
    const why = cause instanceof CertgateError ? cause.message : reasonOf(cause)
    throw new CertgateError('io_failed', `the certificate '${printable(name)}' was issued (SHA-256 ${fingerprint}) but is lost: ${why}`, {
      cause,
      hint: `revoke it, then issue another: ${programName(terminal)} cert revoke ${fingerprint} --reason cessationOfOperation`,
    })
  }
}

function presentFile(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
