import { crc32 } from 'node:zlib'
import type { ZipEntry } from './zip.ts'

const CENTRAL_HEADER = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50
const END_BYTES = 22
const CENTRAL_BYTES = 46
const LOCAL_BYTES = 30

/**
 * The files of an archive that `writeZip` wrote: stored, UTF-8 names, no comment, no folder. Throws RangeError for anything else, so
 * that nothing of an archive lands where its reader did not say.
 */
export function readStoredZip(zip: Buffer): ZipEntry[] {
  try {
    return entriesOf(zip)
  } catch (cause) {
    throw new RangeError('this is not an archive of certgate', { cause })
  }
}

function entriesOf(zip: Buffer): ZipEntry[] {
  const end = zip.length - END_BYTES
  expect(zip.readUInt32LE(end) === END_OF_DIRECTORY)
  const entries: ZipEntry[] = []
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    expect(zip.readUInt32LE(at) === CENTRAL_HEADER && zip.readUInt16LE(at + 10) === 0)
    const length = zip.readUInt32LE(at + 24)
    const nameEnd = at + CENTRAL_BYTES + zip.readUInt16LE(at + 28)
    const name = new TextDecoder('utf-8', { fatal: true }).decode(zip.subarray(at + CENTRAL_BYTES, nameEnd))
    expect(name !== '' && !name.startsWith('.') && !/[/\\\p{Cc}:]/u.test(name))
    const local = zip.readUInt32LE(at + 42)
    const start = local + LOCAL_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const content = zip.subarray(start, start + length)
    expect(content.length === length && crc32(content) === zip.readUInt32LE(at + 16))
    entries.push({ name, content, mode: (zip.readUInt32LE(at + 38) >>> 16) & 0o777 })
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  expect(at === end)
  return entries
}

function expect(holds: boolean): void {
  if (!holds) throw new RangeError('damaged')
}
