import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { BODY_COMPLETE, BODY_MALFORMED, BODY_MORE, BODY_TOO_LARGE, RequestBody } from '../../../src/http1/request-body.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'

const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: [], prefixes: [] })

function headWith(field: string): RequestHead {
  const head = new RequestHead()
  const bytes = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`)
  assert.equal(head.read(bytes, 0, bytes.length, TABLE, { headers: 10, targetBytes: 10 }), 1)
  return head
}
const LENGTH_8 = headWith('Content-Length: 8')
const CHUNKED = headWith('Transfer-Encoding: chunked')

interface Given {
  readonly have?: number
  readonly maxBytes?: number
  readonly maxTrailerBytes?: number
}

function begun(head: RequestHead, { have = 0, maxBytes = 0, maxTrailerBytes = 1_000 }: Given = {}, body = new RequestBody()): RequestBody {
  body.begin(head, have, maxBytes, maxTrailerBytes)
  return body
}

/** Reads pieces until the body is complete or wrong: the last outcome, the content, and what came behind the body. */
function readAll(body: RequestBody, pieces: readonly string[]): [number, string, string] {
  let content = ''
  for (const [i, piece] of pieces.entries()) {
    const outcome = body.read(Buffer.from(piece))
    content += body.take() ?? ''
    if (outcome !== BODY_MORE) return [outcome, content, piece.slice(body.end) + pieces.slice(i + 1).join('')]
  }
  return [BODY_MORE, content, '']
}

describe('by length', () => {
  test('ends with its last byte; what came with the head counts', () => {
    for (const have of [0, 3, 7]) {
      const text = `${'abcdefgh'.slice(have)}GET /next`
      for (let at = 0; at <= text.length; at++) {
        const result = readAll(begun(LENGTH_8, { have }), [text.slice(0, at), text.slice(at)])
        assert.deepEqual(result, [BODY_COMPLETE, 'abcdefgh'.slice(have), 'GET /next'])
      }
    }
  })

  test('goes on until then', () => {
    assert.deepEqual(readAll(begun(LENGTH_8), ['abc', 'defg']), [BODY_MORE, 'abcdefg', ''])
  })

  test('is passed on without a copy where all of it is body', () => {
    const body = begun(LENGTH_8)
    const bytes = Buffer.from('abcd')
    body.read(bytes)
    assert.equal(body.take(), bytes)
  })
})

describe('in chunks', () => {
  const text = '3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\nSum: 1\r\n\r\n'

  test('loses its framing wherever it was cut, and its trailers are told apart', () => {
    for (let at = 0; at <= text.length; at++) {
      const body = begun(CHUNKED)
      assert.deepEqual(readAll(body, [text.slice(0, at), `${text.slice(at)}GET /next`]), [BODY_COMPLETE, 'abcdefgh', 'GET /next'])
      assert.deepEqual(body.trailers, ['Sum: 1'])
    }
  })

  test('has no content where framing alone came', () => {
    const body = begun(CHUNKED)
    body.read(Buffer.from('3\r\nabc'))
    assert.equal(body.read(Buffer.from('\r\n5')), BODY_MORE)
    assert.equal(body.take(), null)
  })

  test('is wrong where its framing is, or its trailers are too long', () => {
    assert.equal(readAll(begun(CHUNKED), ['3\r\nabcd'])[0], BODY_MALFORMED)
    assert.equal(readAll(begun(CHUNKED, { maxTrailerBytes: 5 }), [text])[0], BODY_MALFORMED)
    assert.equal(readAll(begun(CHUNKED, { maxTrailerBytes: 8 }), [text])[0], BODY_COMPLETE)
  })

  test('is too large beyond its limit and not at it, however small its pieces are', () => {
    for (const [maxBytes, outcome] of [
      [8, BODY_COMPLETE],
      [7, BODY_TOO_LARGE],
    ] as const) {
      assert.equal(readAll(begun(CHUNKED, { maxBytes }), [text])[0], outcome)
      assert.equal(readAll(begun(CHUNKED, { maxBytes }), text.split(''))[0], outcome)
    }
  })
})

test('nothing of one body is left in the next', () => {
  const body = begun(CHUNKED, { maxBytes: 8 })
  assert.equal(readAll(body, ['8\r\nabcdefgh\r\n0\r\nSum: 1\r\n\r\n'])[0], BODY_COMPLETE)
  body.drop()
  assert.deepEqual([body.take(), body.trailers], [null, []])
  assert.deepEqual(readAll(begun(CHUNKED, { maxBytes: 8 }, body), ['1\r\nx\r\n0\r\n\r\n']), [BODY_COMPLETE, 'x', ''])
  assert.deepEqual(body.trailers, [])
  readAll(begun(LENGTH_8, {}, body), ['abc'])
  assert.deepEqual(readAll(begun(LENGTH_8, { have: 6 }, body), ['gh']), [BODY_COMPLETE, 'gh', ''])
})
