/** The files of a zip archive whose entries are stored as they are, by name. */
export function storedFiles(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const size = zip.readUInt32LE(at + 18)
    const nameEnd = at + 30 + zip.readUInt16LE(at + 26)
    const begin = nameEnd + zip.readUInt16LE(at + 28)
    files.set(zip.subarray(at + 30, nameEnd).toString(), zip.subarray(begin, begin + size))
    at = begin + size
  }
  return files
}
