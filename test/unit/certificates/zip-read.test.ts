import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeZip } from '../../../src/certificates/zip.ts'
import { readStoredZip } from '../../../src/certificates/zip-read.ts'

const entry = (name: string, text: string) => ({ name, content: Buffer.from(text), mode: 0o600 })

test('what was written is read', () => {
  const entries = [entry('名前.pfx', 'a'), entry('README.txt', ''), entry('x.key', 'PK\u0005\u0006')]
  const read = readStoredZip(writeZip(entries, Date.UTC(2026, 0, 1)))
  assert.deepEqual(
    read.map(({ name, content, mode }) => ({ name, content: Buffer.from(content), mode })),
    entries,
  )
  assert.deepEqual(readStoredZip(writeZip([], 0)), [])
})

test('any other byte of it is noticed, or changes nothing that counts', () => {
  const zip = writeZip([entry('a.key', 'secret'), entry('b.crt', 'open')], Date.UTC(2026, 0, 1))
  for (let at = 0; at < zip.length; at++) {
    const damaged = Buffer.from(zip)
    damaged[at] = (damaged[at] ?? 0) ^ 0xff
    try {
      const names = readStoredZip(damaged).map(({ name }) => name)
      assert.ok(names.every((name) => !/[/\\]|^\./.test(name)))
    } catch (error) {
      assert.ok(error instanceof RangeError)
    }
  }
  for (let length = 0; length < zip.length; length++) assert.throws(() => readStoredZip(zip.subarray(0, length)), RangeError)
})

test('a name that leads out of the folder is refused', () => {
  for (const name of ['../x', 'a/b', '.hidden', '..']) {
    const safe = 'x'.repeat(name.length)
    const zip = Buffer.from(
      writeZip([entry(safe, 'y')], 0)
        .toString('latin1')
        .replaceAll(safe, name),
      'latin1',
    )
    assert.throws(() => readStoredZip(zip), RangeError, name)
  }
})
