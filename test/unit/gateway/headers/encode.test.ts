import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeValue, escapeComponent, pemOf, queryEscape } from '../../../../src/gateway/headers/encode.ts'

test('ordinary names stay as they are', () => {
  for (const text of ['alice', 'CN=alice,OU=ops', 'a b', 'a', '~!"#$&', 'x'.repeat(5000)]) assert.equal(encodeValue(text), text)
})

test('controls, non-ASCII, percent and outer spaces are percent-encoded in UTF-8', () => {
  assert.equal(encodeValue('a\r\nX-Roles: admin'), 'a%0D%0AX-Roles: admin')
  assert.equal(encodeValue('a\0b\x7f\t'), 'a%00b%7F%09')
  assert.equal(encodeValue('Jürgen'), 'J%C3%BCrgen')
  assert.equal(encodeValue('😀\u2028'), '%F0%9F%98%80%E2%80%A8')
  assert.equal(encodeValue('100%'), '100%25')
  assert.equal(encodeValue('%0d%0a'), '%250d%250a')
  assert.equal(encodeValue('  a b  '), '%20%20a b%20%20')
  assert.equal(encodeValue(' '), '%20')
  assert.equal(encodeValue(''), '')
})

// Where each inner space is a place to look for the end from, this does not end before the time of a test file is over.
test('inner spaces are gone through once', () => {
  const spaces = ' '.repeat(2 << 20)
  assert.equal(encodeValue(`a${spaces}ü`) === `a${spaces}%C3%BC`, true)
})

test('the characters asked for are encoded too', () => {
  assert.equal(encodeValue('a,b;c', ','), 'a%2Cb;c')
  assert.equal(encodeValue('a b', ' '), 'a%20b')
})

test('different texts never encode alike, and decoding gives the text back', () => {
  const texts = ['a,b', 'a%2Cb', 'a%252Cb', ' a', '%20a', 'ü', '%C3%BC', 'Ã¼', '\u2028', 'a\rb', 'a%0Db']
  const encoded = texts.map((text) => encodeValue(text, ','))
  assert.equal(new Set(encoded).size, texts.length)
  assert.deepEqual(encoded.map(decodeURIComponent), texts)
})

test('a lone surrogate does not throw', () => {
  assert.equal(encodeValue('a\ud800'), 'a%EF%BF%BD')
  assert.equal(escapeComponent('\ud800'), '%EF%BF%BD')
})

test('60 kB of anything is encoded in one go', () => {
  assert.equal(encodeValue('\n'.repeat(60_000)).length, 180_000)
  assert.equal(encodeValue(' '.repeat(60_000)).length, 180_000)
})

test('the query escape is that of Go', () => {
  assert.equal(queryEscape(`Subject="C=FR,CN=a b!'()*~-_."`), 'Subject%3D%22C%3DFR%2CCN%3Da+b%21%27%28%29%2A~-_.%22')
})

test('PEM has 64 columns and a last line feed', () => {
  const pem = pemOf('A'.repeat(130))
  assert.equal(pem, `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n${'A'.repeat(64)}\nAA\n-----END CERTIFICATE-----\n`)
  assert.equal(pemOf('A'.repeat(64)), `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`)
})
