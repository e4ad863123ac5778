import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateName, serverNames } from '../../../src/cli/host-names.ts'
import { UsageError } from '../../../src/errors.ts'

test('names and addresses that a certificate may hold', () => {
  const cases: [string, string | null][] = [
    ['gate.example', 'gate.example'],
    ['Gate.Example.', 'gate.example'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['*.gate.example', '*.gate.example'],
    ['10.0.0.7', '10.0.0.7'],
    ['[::1]', '::1'],
    ['fe80::1%eth0', null],
    ['*', null],
    ['*.com', null],
    ['a.*.b', null],
    ['10.0.0.256', null],
    ['a b', null],
    ['a_b', null],
    ['-a.b', null],
    ['a..b', null],
    ['', null],
    ['a/b', null],
    [`${'a'.repeat(64)}.b`, null],
    [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
    [`${'a.'.repeat(127)}a`, null],
  ]
  for (const [text, expected] of cases) assert.equal(certificateName(text), expected, text)
})

test('the machine reaches itself by every usual name, each once', () => {
  assert.deepEqual(serverNames(['db.example', 'LOCALHOST'], 'box'), ['db.example', 'localhost', 'box', '127.0.0.1', '::1'])
  assert.deepEqual(serverNames([], 'my_box'), ['localhost', '127.0.0.1', '::1'])
})

test('a name that was asked for and cannot be is wrong usage', () => {
  assert.throws(() => serverNames(['a b'], 'box'), UsageError)
})
