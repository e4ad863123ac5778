import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CredentialMemory } from '../../../../src/gateway/authentication/credential-memory.ts'

test('remembers for 60 seconds, however often it is used', () => {
  let now = 0
  const memory = new CredentialMemory(() => now)
  const digest = memory.digest('alice', 'secret')
  assert.equal(memory.has(digest), false)
  memory.remember(digest)
  now = 59_999
  assert.equal(memory.has(digest), true)
  now = 60_000
  assert.equal(memory.has(digest), false)
  now = 0
  assert.equal(memory.has(digest), false)
})

test('the digest tells every pair apart and another process would make another', () => {
  const memory = new CredentialMemory(() => 0)
  const pairs = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['a', 'bd'],
    ['', 'abc'],
  ] as const
  assert.equal(new Set(pairs.map(([name, password]) => memory.digest(name, password))).size, 4)
  assert.equal(memory.digest('a', 'b'), memory.digest('a', 'b'))
  assert.notEqual(memory.digest('a', 'b'), new CredentialMemory(() => 0).digest('a', 'b'))
})

test('the least recently used gives way', () => {
  const memory = new CredentialMemory(() => 0)
  for (let index = 0; index < 4096; index++) memory.remember(`d${index}`)
  assert.equal(memory.has('d0'), true)
  memory.remember('one more')
  assert.equal(memory.has('d0'), true)
  assert.equal(memory.has('d1'), false)
  assert.equal(memory.has('one more'), true)
})

test('the choice for a name is stable and within bounds', () => {
  const memory = new CredentialMemory(() => 0)
  const choices = Array.from({ length: 200 }, (_, index) => memory.choose(`user${index}`, 3))
  assert.deepEqual([...new Set(choices)].sort(), [0, 1, 2])
  assert.equal(memory.choose('user1', 3), choices[1])
})
