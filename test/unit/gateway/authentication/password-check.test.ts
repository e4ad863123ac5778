import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PasswordCheck, type PasswordServices } from '../../../../src/gateway/authentication/password-check.ts'
import { PasswordQueue } from '../../../../src/gateway/authentication/password-queue.ts'
import { services, USERS } from './fixture.ts'

function checker(changes: Partial<PasswordServices> = {}) {
  const using = services(changes)
  return { check: new PasswordCheck(USERS, using as unknown as PasswordServices), hashed: using.hashed }
}

test('right, wrong and unknown', async () => {
  const { check } = checker()
  assert.equal(await check.check('alice', 'secret'), 'right')
  assert.equal(await check.check('alice', 'Secret'), 'wrong')
  assert.equal(await check.check('nobody', 'secret'), 'wrong')
  assert.equal(await check.check('__proto__', 'x'), 'wrong')
})

test('a right password is answered at once the second time, a wrong one is hashed again', async () => {
  const { check, hashed } = checker()
  await check.check('alice', 'secret')
  assert.equal(check.check('alice', 'secret'), 'right')
  await check.check('alice', 'wrong')
  await check.check('alice', 'wrong')
  assert.equal(hashed.length, 3)
})

test('an unknown name costs the hash of a known user, and never gets in by it', async () => {
  const { check, hashed } = checker()
  for (const user of USERS) {
    const password = user.hash.replace('hash of ', '')
    for (let index = 0; index < 20; index++) assert.equal(await check.check(`nobody${index}`, password), 'wrong')
  }
  assert.equal(hashed.length, 40)
  assert.deepEqual([...new Set(hashed)].sort(), USERS.map((user) => user.hash).sort())
})

test('without users a real hash is computed all the same', async () => {
  const using = services()
  await new PasswordCheck([], using as unknown as PasswordServices).check('a', 'b')
  assert.match(using.hashed[0] ?? '', /^\$2b\$12\$[./A-Za-z0-9]{53}$/)
})

test('the same credentials under way are hashed once', async () => {
  const { check, hashed } = checker()
  const verdicts = await Promise.all([check.check('alice', 'secret'), check.check('alice', 'secret'), check.check('alice', 'secret')])
  assert.deepEqual(verdicts, ['right', 'right', 'right'])
  assert.equal(hashed.length, 1)
})

test('a flood is turned away instead of queued without end, and leaves nothing behind', async () => {
  const { check } = checker({ queue: new PasswordQueue(1, 1) })
  const verdicts = ['a', 'b', 'c'].map((password) => check.check('alice', password))
  assert.equal(verdicts[2], 'overloaded')
  assert.deepEqual(await Promise.all(verdicts), ['wrong', 'wrong', 'overloaded'])
  await new Promise(setImmediate)
  assert.equal(await check.check('alice', 'secret'), 'right')
})

test('a hash that cannot be computed is a wrong password', async () => {
  const { check } = checker({ verify: () => Promise.reject(new Error('broken')) })
  assert.equal(await check.check('alice', 'secret'), 'wrong')
  assert.equal(await check.check('alice', 'secret'), 'wrong')
})
