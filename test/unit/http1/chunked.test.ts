import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CHUNK_MALFORMED, CHUNK_MORE, ChunkedReader } from '../../../src/http1/chunked.ts'

interface Read {
  readonly end: number
  readonly data: string
  readonly trailers: readonly string[]
}

/** Reads `text` in slices that end at `cuts`. */
function read(text: string, cuts: readonly number[] = []): Read {
  const bytes = Buffer.from(text, 'latin1')
  const reader = new ChunkedReader(64)
  let data = ''
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    const end = reader.read(bytes, from, to, (a, b) => {
      data += bytes.latin1Slice(a, b)
    })
    if (end !== CHUNK_MORE) return { end, data, trailers: reader.trailers }
    from = to
  }
  return { end: CHUNK_MORE, data, trailers: reader.trailers }
}

const GOOD = '5\r\nhello\r\n00A;name=value;q="x \\"y\\\\";z\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nY:\r\n\r\n'
const EXPECTED: Read = { end: GOOD.length, data: 'hello0123456789', trailers: ['X-Sum: 1', 'Y:'] }

test('reads sizes, extensions, data and trailers', () => assert.deepEqual(read(GOOD), EXPECTED))

test('gives the same however the message is split in two', () => {
  for (let at = 1; at < GOOD.length; at++) assert.deepEqual(read(GOOD, [at]), EXPECTED, `split at ${at}`)
})

test('gives the same byte by byte', () => {
  assert.deepEqual(read(GOOD, [...GOOD].map((_, i) => i + 1).slice(0, -1)), EXPECTED)
})

test('stops exactly at the end of the message', () => {
  assert.equal(read('1\r\na\r\n0\r\n\r\nGET / HTTP/1.1').end, '1\r\na\r\n0\r\n\r\n'.length)
})

describe('refuses', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['an empty size', '\r\nhello'],
    ['a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['0x', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a space after the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['an underscore in the size', '1_0\r\nhello\r\n'],
    ['bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
    ['bare CR after the size', '5\rhello'],
    ['bare LF in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
    ['NUL in an extension', '5;a\0\r\nhello\r\n0\r\n\r\n'],
    ['data longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
    ['data shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
    ['bare LF after data', '5\r\nhello\n0\r\n\r\n'],
    ['a size beyond exact numbers', 'fffffffffffff\r\n'],
    ['a size of many zeros', '0000000000000\r\n\r\n'],
    ['a trailer without a colon', '0\r\nabc\r\n\r\n'],
    ['a trailer with a bad name', '0\r\na b: c\r\n\r\n'],
    ['a folded trailer', '0\r\na: b\r\n c\r\n\r\n'],
    ['a length among the trailers', '0\r\na: b\r\nContent-Length: 0\r\n\r\n'],
    ['an encoding among the trailers', '0\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['bare LF after a trailer', '0\r\na: b\n\r\n'],
    ['bare LF at the end', '0\r\n\n'],
    ['trailers over the limit', `0\r\na: ${'b'.repeat(70)}\r\n\r\n`],
    ['an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'],
    ['an extension that is only a value', '5;=a\r\nhello\r\n0\r\n\r\n'],
    ['an extension without its value', '5;a=\r\nhello\r\n0\r\n\r\n'],
    ['a bracket in the name of an extension', '5;bad[=x\r\nhello\r\n0\r\n\r\n'],
    ['a space in an extension', '5; a=b\r\nhello\r\n0\r\n\r\n'],
    ['a quote that does not end', '5;a="b\r\nhello\r\n0\r\n\r\n'],
    ['something after a quoted value', '5;a="b"c\r\nhello\r\n0\r\n\r\n'],
    ['a control character in a quoted value', '5;a="\x01"\r\nhello\r\n0\r\n\r\n'],
    ['an extension without end', `5;${'a'.repeat(5000)}\r\n`],
  ]
  for (const [name, text] of cases) {
    test(name, () => {
      assert.equal(read(text).end, CHUNK_MALFORMED)
      const bytewise = read(text, [...text].map((_, i) => i + 1).slice(0, -1))
      assert.equal(bytewise.end, CHUNK_MALFORMED, 'byte by byte')
    })
  }
})

test('nothing follows the end of a message', () => {
  const reader = new ChunkedReader()
  const bytes = Buffer.from('0\r\n\r\nx')
  assert.equal(reader.read(bytes, 0, bytes.length), 5)
  assert.equal(reader.read(bytes, 5, 6), CHUNK_MALFORMED)
})
