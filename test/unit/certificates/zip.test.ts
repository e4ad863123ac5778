import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { writeZip } from '../../../src/certificates/zip.ts'

const at = Date.parse('2026-11-22T13:14:16Z')
const entry = (name: string, content = 'x', mode = 0o600) => ({ name, content: Buffer.from(content), mode })

/** What the central directory says, and the content that each local header leads to. */
function unpack(zip: Buffer) {
  const end = zip.length - 22
  assert.equal(zip.readUInt32LE(end), 0x06054b50)
  const found: { name: string; mode: number; content: string }[] = []
  let position = zip.readUInt32LE(end + 16)
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    assert.equal(zip.readUInt32LE(position), 0x02014b50)
    const size = zip.readUInt32LE(position + 20)
    const length = zip.readUInt16LE(position + 28)
    const local = zip.readUInt32LE(position + 42)
    const name = zip.subarray(position + 46, position + 46 + length).toString()
    assert.equal(zip.readUInt32LE(local), 0x04034b50)
    assert.deepEqual(zip.subarray(local + 6, local + 28), zip.subarray(position + 8, position + 30), 'both headers agree')
    const content = zip.subarray(local + 30 + length, local + 30 + length + size)
    assert.equal(zip.readUInt32LE(position + 16), crc32(content))
    found.push({ name, mode: zip.readUInt32LE(position + 38) >>> 16, content: content.toString() })
    position += 46 + length
  }
  assert.equal(position, end)
  return found
}

test('what is put in comes out, with its name, mode and content', () => {
  const entries = [entry('a.txt', 'hello'), entry('Jürgen 李.key', '', 0o644), entry('sub/b', 'x'.repeat(70_000))]
  assert.deepEqual(
    unpack(writeZip(entries, at)),
    entries.map(({ name, content, mode }) => ({ name, content: content.toString(), mode: 0o100000 | mode })),
  )
})

test('an archive of nothing is an archive', () => {
  assert.equal(writeZip([], at).length, 22)
})

test('names that lead elsewhere are refused', () => {
  for (const name of ['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a\\b', 'c:x', 'a\0b', 'x'.repeat(2000)]) {
    assert.throws(() => writeZip([entry(name)], at), RangeError, name)
  }
})

test('a time before the format began is its first day', () => {
  assert.equal(writeZip([entry('a')], 0).readUInt16LE(12), (1 << 5) | 1)
})
