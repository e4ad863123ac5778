import { crc32 } from 'node:zlib'

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string
  readonly content: Uint8Array
  /** Permission bits, e.g. 0o600. */
  readonly mode: number
}

const LOCAL_HEADER = 0x04034b50
const CENTRAL_HEADER = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50
const VERSION = 20
/** Unix, so that the mode is looked at. */
const MADE_BY = (3 << 8) | 30
const UTF8_NAMES = 1 << 11
const REGULAR_FILE = 0o100000
/** Beyond it the format needs its 64-bit form; certificates do not come near. */
const MAX_BYTES = 0xfffffffe
const MAX_ENTRIES = 0xfffe

/** A zip archive whose entries are stored as they are, with Unix modes and UTF-8 names. `at` in milliseconds. Throws RangeError. */
export function writeZip(entries: readonly ZipEntry[], at: number): Buffer {
  if (entries.length > MAX_ENTRIES) throw new RangeError('too many files for one archive')
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    checkName(entry.name)
    const name = Buffer.from(entry.name)
    const facts = factsOf(entry, name, at)
    const local = Buffer.concat([number32(LOCAL_HEADER), number16(VERSION), facts, number16(0), name, entry.content])
    const attributes = number32(((REGULAR_FILE | (entry.mode & 0o777)) << 16) >>> 0)
    // No extra field, no comment, first disk, binary.
    const nothing = Buffer.alloc(8)
    directory.push(number32(CENTRAL_HEADER), number16(MADE_BY), number16(VERSION), facts, nothing, attributes, number32(offset), name)
    files.push(local)
    offset += local.length
    if (offset > MAX_BYTES) throw new RangeError('too much for one archive')
  }
  const list = Buffer.concat(directory)
  const count = number16(entries.length)
  const end = [number32(END_OF_DIRECTORY), number16(0), number16(0), count, count, number32(list.length), number32(offset), number16(0)]
  return Buffer.concat([...files, list, ...end])
}

/** What the local and the central header both say, from the flags to the length of the name. */
function factsOf({ content }: ZipEntry, name: Buffer, at: number): Buffer {
  const date = new Date(at)
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  const day = ((Math.min(Math.max(date.getUTCFullYear(), 1980), 2107) - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  return Buffer.concat([
    number16(UTF8_NAMES),
    number16(0),
    number16(time),
    number16(day),
    number32(crc32(content)),
    number32(content.length),
    number32(content.length),
    number16(name.length),
  ])
}

/** Whoever unpacks it must not be led out of their folder. */
function checkName(name: string): void {
  const parts = name.split('/')
  if (
    name === '' ||
    name.length > 1024 ||
    /[\\\p{Cc}:]/u.test(name) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw new RangeError('not a name for a file in an archive')
  }
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
