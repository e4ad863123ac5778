import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStrictJson } from '../../../src/admin/strict-json.ts'

const parse = (text: string | Buffer) => parseStrictJson(Buffer.from(text))

test('what is JSON comes back as JSON.parse reads it', () => {
  for (const text of [
    '{}',
    '[]',
    '"a"',
    '1',
    'null',
    '{"a":{"a":[{"a":1},{"a":2}]},"b":"{\\"a\\":1,\\"a\\":2}"}',
    '[["a","a"],["a"]]',
    ' {"a" : "x:,{}[]\\\\" , "b":[] } ',
  ])
    assert.deepEqual(parse(text), JSON.parse(text), text)
  const odd = parse('{"__proto__":{"a":1}}') as object
  assert.equal(Object.getPrototypeOf(odd), Object.prototype)
  assert.deepEqual(Object.keys(odd), ['__proto__'])
})

test('a member that is there twice is refused, however it is spelt and wherever it is', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"a":1,"b":[1,{"c":2}],"a":3}}]',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"b":1},"a":[]}',
  ])
    assert.throws(() => parse(text), { status: 400, message: /twice/ }, text)
})

test('what is no JSON is refused without a word of it', () => {
  for (const text of [
    '',
    '{',
    '{"secret":}',
    "{'a':1}",
    '{"a":1}}',
    '{"a":1,}',
    'undefined',
    Buffer.from([0x22, 0xff, 0x22]),
    '['.repeat(100) + ']'.repeat(100),
  ])
    assert.throws(
      () => parse(text),
      (error: Error & { status?: number }) => error.status === 400 && !error.message.includes('secret'),
      String(text).slice(0, 20),
    )
})

test('a megabyte of anything is judged quickly', () => {
  const began = performance.now()
  for (const text of [
    '"'.repeat(1_000_000),
    '\\"'.repeat(500_000),
    '"\\'.repeat(500_000),
    `"${'\\"'.repeat(500_000)}`,
    '['.repeat(1_000_000),
    `{"a":"${'x'.repeat(1_000_000)}"}`,
  ]) {
    try {
      parse(text)
    } catch {
      // Refused.
    }
  }
  assert.ok(performance.now() - began < 5_000)
})

test('a text of some megabytes is read like any other', () => {
  const long = '\n'.repeat(4_000_000)
  assert.deepEqual(parse(JSON.stringify({ a: long, b: '\\' })), { a: long, b: '\\' })
})
