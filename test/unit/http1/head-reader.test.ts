import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HEAD_ABSENT, HEAD_PARTIAL, HEAD_READ, HEAD_REFUSED, HeadReader, type HeadRules } from '../../../src/http1/head-reader.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { LENT } from '../../../src/http1/lent-buffer.ts'

const LIMITS = { headBytes: 300, headers: 20, targetBytes: 100 }
const RULES: HeadRules = { table: compileHeaderTable(REQUEST_NAMES, { exact: ['x-user'], prefixes: [] }), limits: LIMITS }
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const read = (reader: HeadReader, text: string, begun = false, rules = RULES): number => reader.read(Buffer.from(text), begun, rules)

/** What is forwarded of a head that was just read. */
function left({ head }: HeadReader, text: string): string {
  let at = head.fieldsStart
  let kept = ''
  for (let k = 0; k < head.cuts.length; k += 2) {
    kept += text.slice(at, head.cuts.ranges[k])
    at = head.cuts.ranges[k + 1]
  }
  return kept + text.slice(at, head.end - 2)
}

/** Puts a text where reads land, behind which what others sent is still there. */
function lend(text: string): number {
  LENT.fill('GET /other HTTP/1.1\r\n')
  return LENT.write(text, 'latin1')
}

describe('empty lines', () => {
  test('up to two before a request line are ignored, whole or halved', () => {
    const reader = new HeadReader()
    assert.equal(read(reader, `\r\n\r\n${get('/a')}`), HEAD_READ)
    assert.deepEqual([reader.start, reader.head.methodStart, reader.head.end], [4, 4, 4 + get('/a').length])
    assert.deepEqual([read(reader, '\r\n'), reader.rest], [HEAD_ABSENT, null])
    assert.deepEqual([read(reader, '\r'), String(reader.rest)], [HEAD_ABSENT, '\r'])
    assert.deepEqual([read(reader, '\r\n'), reader.rest], [HEAD_ABSENT, null])
    assert.equal(read(reader, get('/b')), HEAD_READ)
    assert.deepEqual([read(reader, '\r\n\r'), String(reader.rest)], [HEAD_ABSENT, '\r'])
  })

  test('a third is no request line', () => {
    assert.equal(read(new HeadReader(), `\r\n\r\n\r\n${get('/a')}`), HEAD_REFUSED)
    const reader = new HeadReader()
    for (const part of ['\r\n', '\r', '\r\n']) assert.equal(read(reader, part), HEAD_ABSENT)
    assert.equal(read(reader, `\r\n${get('/a')}`), HEAD_REFUSED, 'nor is one that comes later')
  })

  test('what follows half of one has to be the other half', () => {
    assert.equal(read(new HeadReader(), `\r${get('/a')}`), HEAD_REFUSED)
  })
})

describe('a head in parts', () => {
  test('is the same head wherever it was cut, however often', () => {
    const text = get('/a', 'X-User: root\r\nX-Kept: 1\r\n')
    for (const step of [1, 2, 3, 7, 40]) {
      const reader = new HeadReader()
      let received = ''
      let outcome = HEAD_ABSENT
      for (let at = 0; at < text.length; at += step) {
        received += text.slice(at, at + step)
        outcome = read(reader, received, at > 0)
        if (received.length < text.length) assert.deepEqual([outcome, String(reader.rest)], [HEAD_PARTIAL, received])
      }
      assert.equal(outcome, HEAD_READ, `in steps of ${step}`)
      assert.equal(left(reader, text), 'Host: a\r\nX-Kept: 1\r\n')
      assert.equal(reader.rest, null, 'nothing of it is kept once it is whole')
    }
  })

  test('behind empty lines is found by its blank line, wherever that was cut', () => {
    const text = `\r\n\r\n${get('/a')}`
    for (let at = 5; at < text.length; at++) {
      const reader = new HeadReader()
      assert.equal(read(reader, text.slice(0, at)), HEAD_PARTIAL)
      assert.equal(read(reader, `${reader.rest}${text.slice(at)}`, true), HEAD_READ, `cut at ${at}`)
    }
  })

  test('is not held without its blank line, and not beyond its limit', () => {
    const endless = get('/a').slice(0, -2) + 'X: y\r\n'.repeat(100)
    assert.equal(read(new HeadReader(), endless.slice(0, LIMITS.headBytes)), HEAD_REFUSED)
    const reader = new HeadReader()
    const few: HeadRules = { ...RULES, limits: { ...LIMITS, headers: 1_000 } }
    assert.equal(read(reader, endless.slice(0, LIMITS.headBytes), false, few), HEAD_PARTIAL)
    assert.equal(read(reader, endless.slice(0, LIMITS.headBytes + 1), true, few), HEAD_REFUSED)
    assert.deepEqual([reader.problem, reader.detail], ['head_too_large', 'the head is longer than 300 bytes'])
  })
})

test('a whole head over the limit is refused, one of exactly its length is not, whatever came before it', () => {
  const exact = get('/a', `X: ${'y'.repeat(LIMITS.headBytes - get('/a', 'X: \r\n').length)}\r\n`)
  assert.equal(read(new HeadReader(), `\r\n${exact}`), HEAD_READ)
  const reader = new HeadReader()
  assert.equal(read(reader, exact.replace('X: ', 'X:  ')), HEAD_REFUSED)
  assert.equal(reader.problem, 'head_too_large')
})

test('what is wrong with a head is said by its kind', () => {
  for (const [text, problem] of [
    ['GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'malformed_request'],
    [get('/a', 'Expect: tea\r\n'), 'expectation_failed'],
    [get(`/${'a'.repeat(100)}`), 'head_too_large'],
    [get('/a', 'X: y\r\n'.repeat(20)), 'head_too_large'],
  ] as const) {
    const reader = new HeadReader()
    assert.deepEqual([read(reader, text), reader.problem], [HEAD_REFUSED, problem])
    assert.notEqual(reader.detail, '')
  }
})

describe('a Connection list', () => {
  test('takes out what it names, asks for an upgrade and for the end', () => {
    const reader = new HeadReader()
    const text = get('/a', 'X-Hop: 1\r\nConnection: close, X-Hop,upgrade\r\nX-Kept: 2\r\nUpgrade: websocket\r\n')
    assert.equal(read(reader, text), HEAD_READ)
    assert.deepEqual([left(reader, text), reader.close, reader.head.upgradeRequested], ['Host: a\r\nX-Kept: 2\r\n', true, true])
    read(reader, get('/a'))
    assert.deepEqual([reader.close, reader.head.upgradeRequested], [false, false], 'for that request alone')
  })

  test('that names what has to stay is refused', () => {
    const reader = new HeadReader()
    assert.deepEqual([read(reader, get('/a', 'Connection: content-length, x\r\n')), reader.problem], [HEAD_REFUSED, 'malformed_request'])
  })
})

describe('a head that repeats', () => {
  function repeating(text: string): HeadReader {
    const reader = new HeadReader()
    for (let i = 0; i < 3; i++) assert.equal(read(reader, text), HEAD_READ)
    assert.notEqual(reader.head.memo, 0)
    return reader
  }

  test('is known in lent memory, and handed out in memory of its own', () => {
    const text = get('/a', 'X-User: root\r\nConnection: close\r\n')
    const reader = repeating(text)
    const { head } = reader
    read(reader, `\r\n${get('/b')}`)
    assert.equal(reader.repeats(lend(text), RULES), true)
    lend('overwritten by the next read of another connection')
    assert.deepEqual([reader.head, reader.start, reader.close], [head, 0, true])
    assert.equal(reader.remembered.latin1Slice(), text)
    assert.equal(left(reader, text), 'Host: a\r\n')
  })

  test('is not known where anything is behind it, in front of it, or other than it was', () => {
    const text = get('/a')
    const reader = repeating(text)
    for (const other of [`${text}x`, `\r\n${text}`, text.slice(0, -1), get('/b'), text + text]) {
      assert.equal(reader.repeats(lend(other), RULES), false)
    }
    assert.equal(reader.repeats(lend(text), { ...RULES }), false, 'other rules')
  })

  test('is known at the front of more, and in parts', () => {
    const text = get('/a')
    const reader = repeating(text)
    const { head } = reader
    assert.deepEqual([read(reader, text + get('/b')), reader.head], [HEAD_READ, head])
    assert.equal(read(reader, text.slice(0, 10)), HEAD_PARTIAL)
    assert.deepEqual([read(reader, text, true), reader.head], [HEAD_READ, head])
  })

  test('nothing is known to a connection that sent another, or nothing', () => {
    repeating(get('/a'))
    assert.equal(new HeadReader().repeats(lend(get('/a')), RULES), false)
  })
})

describe('fields that come again behind another first line', () => {
  const chunked = 'Transfer-Encoding: chunked\r\n'
  const knowing = (): HeadReader => {
    const reader = new HeadReader()
    for (let i = 0; i < 3; i++) read(reader, get('/a', chunked))
    return reader
  }

  test('are taken as read', () => {
    const reader = knowing()
    assert.equal(read(reader, get('/other', chunked)), HEAD_READ)
    assert.deepEqual([reader.head.chunked, reader.head.memo, reader.head.fieldsMemo], [true, 0, 1])
  })

  test('are read anew behind HTTP/1.0, where they mean something else', () => {
    const reader = knowing()
    assert.equal(read(reader, get('/a', chunked).replace('HTTP/1.1', 'HTTP/1.0')), HEAD_REFUSED)
    assert.match(reader.detail, /in HTTP\/1\.0/)
  })
})
