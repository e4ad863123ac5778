import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'

/** Larger than every mapping, CA bundle and CRL in use; a disk image named by mistake is not read into memory. */
const MAX_BYTES = 64 * 1024 * 1024

/** Opening a FIFO that nobody writes to, or a terminal, must neither wait nor change anything. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** What is there is not what certgate reads; the message completes "cannot read FILE: ". */
class UnfitFileError extends Error {}

/**
 * The bytes of a regular file of at most `limit` bytes. Anything else that a name can stand for (FIFO, device, socket, directory)
 * is refused without waiting for it: it would hold up the whole process. What was opened is judged, not the name, so that nobody
 * can swap it in between. Throws an error that `unreadable` puts into words.
 */
export function readRegularFile(file: string, limit = MAX_BYTES): Buffer {
  const descriptor = openSync(file, FLAGS)
  try {
    const status = fstatSync(descriptor)
    if (status.isDirectory()) throw new UnfitFileError('it is a directory')
    if (!status.isFile()) throw new UnfitFileError(`it is ${kindOf(status)}, and only a regular file is read`)
    return readAll(descriptor, status.size, limit)
  } finally {
    closeSync(descriptor)
  }
}

/** The same as text. A byte order mark is dropped; what is not UTF-8 throws too. */
export function readRegularText(file: string, limit = MAX_BYTES): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readRegularFile(file, limit))
}

/** Why a file could not be read, in words. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error))
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of its path is not a directory'],
  ['ELOOP', 'its symbolic links go in a circle'],
  ['ENXIO', 'it is a socket or a device, and only a regular file is read'],
  ['ERR_ENCODING_INVALID_ENCODED_DATA', 'it is not UTF-8 text'],
])

/** The size is only where to begin: files under /proc say 0, and others may grow meanwhile. */
function readAll(descriptor: number, size: number, limit: number): Buffer {
  const tooLarge = () => new UnfitFileError(`it is larger than ${limit >= 1024 ** 2 ? `${limit / 1024 ** 2} MiB` : `${limit / 1024} KiB`}`)
  if (size > limit) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.max(size - length + 1, 4096))
    const read = readSync(descriptor, chunk, 0, chunk.length, null)
    if (read === 0) return Buffer.concat(chunks, length)
    length += read
    if (length > limit) throw tooLarge()
    chunks.push(chunk.subarray(0, read))
  }
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a directory'
  if (status.isFIFO()) return 'a FIFO'
  if (status.isCharacterDevice() || status.isBlockDevice()) return 'a device'
  return 'something else'
}
