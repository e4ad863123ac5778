import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RecordTable } from './record-table.ts'
import { EPOCH_BYTES, FORMAT, HEADER, HEADER_BYTES, HISTORY_BYTES, MAGIC, RegistryBaseError } from './registry-layout.ts'
import type { TrustRecord } from './registry-types.ts'

/** What is to be sealed: every entry as of `version`, in any order. */
export interface BaseContent {
  readonly entries: Iterable<TrustRecord> | AsyncIterable<TrustRecord>
  readonly epoch: string
  readonly version: number
  /** What led to it, in the words of its store: a version alone does not tell two pasts of one store apart. Default: not told. */
  readonly history?: string
}

export interface WrittenBase {
  readonly entries: number
  readonly bytes: number
}

/** Entries between two turns of the event loop. */
const SLICE = 1 << 9

/**
 * Writes a base for the workers (mode 0600): complete, or not at all, and then what stood there before stays. Throws
 * RegistryBaseError for an entry that cannot be held, and the system's error where the disk does not take it.
 */
export async function writeBase(file: string, content: BaseContent): Promise<WrittenBase> {
  const table = await tableOf(content.entries)
  const header = headerOf(content, table)
  const beside = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(beside, 'wx', 0o600)
  try {
    const digest = createHash('sha256').update(header.subarray(0, HEADER.digest))
    let bytes = HEADER_BYTES
    for (const part of table.parts()) {
      digest.update(part)
      await writeWhole(handle, part, bytes)
      bytes += part.length
    }
    digest.digest().copy(header, HEADER.digest)
    await writeWhole(handle, header, 0)
    await handle.sync()
    await handle.close()
    await rename(beside, file)
    await syncFolder(dirname(file))
    return { entries: table.count, bytes }
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(beside, { force: true })
    throw error
  }
}

/** The bytes of a base in memory, e.g. for a registry that is empty. */
export async function encodeBase(content: BaseContent): Promise<Buffer> {
  const table = await tableOf(content.entries)
  const header = headerOf(content, table)
  const parts = [...table.parts()]
  const digest = createHash('sha256').update(header.subarray(0, HEADER.digest))
  for (const part of parts) digest.update(part)
  digest.digest().copy(header, HEADER.digest)
  return Buffer.concat([header, ...parts])
}

async function tableOf(entries: BaseContent['entries']): Promise<RecordTable> {
  const table = new RecordTable()
  for await (const entry of entries) {
    table.add(entry)
    if (table.count % SLICE === 0) await nextTurn()
  }
  await table.seal()
  return table
}

function headerOf({ epoch, version, history = '' }: BaseContent, table: RecordTable): Buffer {
  if (!Number.isSafeInteger(version) || version < 0) throw new RegistryBaseError(`${version} is no version of a registry`)
  if (Buffer.byteLength(epoch) > EPOCH_BYTES) throw new RegistryBaseError(`an epoch has at most ${EPOCH_BYTES} bytes`)
  if (Buffer.byteLength(history) > HISTORY_BYTES) throw new RegistryBaseError(`a history has at most ${HISTORY_BYTES} bytes`)
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32LE(FORMAT, HEADER.format)
  header.writeUInt32LE(table.count, HEADER.count)
  header.writeDoubleLE(version, HEADER.version)
  header.writeUInt32LE(table.sanCount, HEADER.sans)
  header.writeUInt32LE(table.blobBytes, HEADER.blobs)
  header.write(epoch, HEADER.epoch, EPOCH_BYTES)
  header.write(history, HEADER.history, HISTORY_BYTES)
  return header
}

/** The system may take less than it was given, as where the disk is almost full: the rest then fails, or fits after all. */
async function writeWhole(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten
  }
}

/** Without it the new name may be lost in a power cut. Not every system can. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch {
    // The file itself is on the disk, and a base is written anew where it is missing.
  } finally {
    await folder.close()
  }
}
