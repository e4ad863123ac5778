import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { verifyPassword } from '../../../../src/gateway/authentication/password-hash.ts'

function argon2id(password: string, memory = 64, passes = 1, parallelism = 1): string {
  const nonce = Buffer.from('0123456789abcdef')
  const tag = argon2Sync('argon2id', { message: password, nonce, memory, passes, parallelism, tagLength: 32 })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`
}

test('bcrypt under each of its prefixes', async () => {
  for (const version of ['2a', '2b', '2y'] as const) {
    const hash = await bcryptHash('sécret', { cost: 4, version })
    assert.equal(hash.startsWith(`$${version}$`), true)
    assert.equal(await verifyPassword(hash, 'sécret'), true)
    assert.equal(await verifyPassword(hash, 'secret'), false)
  }
})

test('argon2id in PHC form', async () => {
  assert.equal(await verifyPassword(argon2id('sécret'), 'sécret'), true)
  assert.equal(await verifyPassword(argon2id('sécret', 64, 2, 4), 'sécret'), true)
  assert.equal(await verifyPassword(argon2id('sécret'), 'secret'), false)
})

test('an argon2id hash made by another program', async () => {
  // A vector of the reference implementation's own test suite (password, somesalt).
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  assert.equal(await verifyPassword(hash, 'password'), true)
  assert.equal(await verifyPassword(hash, 'Password'), false)
})

test('what is not a whole hash matches nothing and does not throw', async () => {
  const whole = argon2id('x')
  for (const hash of [
    '',
    'x',
    '$2b$04$short',
    '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA',
    whole.replace('v=19', 'v=16'),
    whole.replace('m=64', 'm=1'),
    '$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$AAAAAAAA',
    `$2b$99$${'a'.repeat(53)}`,
  ]) {
    assert.equal(await verifyPassword(hash, 'x'), false, hash)
  }
})
