import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hash } from '@node-rs/bcrypt'
import { parseInternalUsers } from '../../../src/config/internal-users.ts'
import { passwordHashProblem } from '../../../src/config/password-hash.ts'

const file = join(import.meta.dirname, '../../fixtures/config/users/opendistro.good.yml')

describe('parseInternalUsers', () => {
  it("reads Open Distro's own format", () => {
    const { users, warnings } = parseInternalUsers(readFileSync(file, 'utf8'), file)
    assert.deepEqual(
      users.map(({ name, backendRoles, line }) => [name, backendRoles, line]),
      [
        ['kirk', ['captain', 'sample_role'], 6],
        ['spock', [], 13],
      ],
    )
    assert.equal(warnings.length, 1)
    assert.throws(() => (users as unknown[]).pop(), TypeError)
  })

  it('leaves out backend roles that only the registry gives', () => {
    const { users } = parseInternalUsers(`u: { hash: "$2y$04$${'a'.repeat(53)}", backend_roles: [a, Clearance:ClusterAdmin, db:x] }`, 'f')
    assert.deepEqual(users[0]?.backendRoles, ['a'])
  })
})

describe('passwordHashProblem', () => {
  it('takes what bcrypt makes', async () => {
    for (const version of ['2a', '2b', '2y'] as const) assert.equal(passwordHashProblem(await hash('x', { cost: 4, version })), null)
  })
  for (const text of [
    '',
    'plain',
    '$1$abc',
    `$2y$12$${'a'.repeat(52)}`,
    `$2y$12$${'a'.repeat(54)}`,
    `$2y$03$${'a'.repeat(53)}`,
    `$2z$12$${'a'.repeat(53)}`,
    '$argon2id$v=16$m=65536,t=3,p=4$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng',
    '$argon2id$v=19$m=8,t=3,p=4$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng',
    '$argon2id$v=19$m=65536,t=3,p=4$eA$MTIzNDU2Nzg5MDEyMzQ1Ng',
  ]) {
    it(`refuses ${text.slice(0, 30)}`, () => {
      const problem = passwordHashProblem(text)
      assert.ok(problem !== null && (text.length < 10 || !problem.includes(text)))
    })
  }
})
