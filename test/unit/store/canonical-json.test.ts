import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, type Json } from '../../../src/store/canonical-json.ts'

test('keys are in the order of their code units, at every depth, without white space', () => {
  assert.equal(canonicalJson({ b: [1, { z: null, a: true }], a: 'x', '': 0 }), '{"":0,"a":"x","b":[1,{"a":true,"z":null}]}')
})

test('the sorting example of RFC 8785, section 3.2.3', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji',
  }
  const keys = [...canonicalJson(value).matchAll(/"([A-Z][^"]*)"/g)].map(([, name]) => name)
  assert.deepEqual(keys, ['Carriage Return', 'One', 'Euro Sign', 'Emoji', 'Hebrew Letter Dalet With Dagesh'])
})

test('numbers and strings are spelt in one way', () => {
  assert.equal(
    canonicalJson([1e21, -0, 1.5, 333333333.3333333, '\u000f"\\\u2028é']),
    '[1e+21,0,1.5,333333333.3333333,"\\u000f\\"\\\\\u2028é"]',
  )
})

test('a key named __proto__ is a key', () => {
  assert.equal(canonicalJson(JSON.parse('{"__proto__":{"a":1}}')), '{"__proto__":{"a":1}}')
})

test('what JSON cannot hold throws instead of becoming something else', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, new Map(), new Date(0), Buffer.alloc(1), 1n, { a: undefined }]) {
    assert.throws(() => canonicalJson(value as unknown as Json), TypeError, String(value))
  }
})
