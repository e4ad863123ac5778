import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rolesTestCommand } from '../../../src/cli/roles-test.ts'
import { UsageError } from '../../../src/errors.ts'
import { type ExplainedGateway, explainedGateway } from './explained-gateway.ts'
import { testTerminal } from './terminal.ts'

async function rolesTest({ cwd }: Pick<ExplainedGateway, 'cwd'>, ...args: string[]) {
  const terminal = testTerminal({ cwd })
  const code = await rolesTestCommand.run(args, terminal)
  return { code, text: terminal.stdout() }
}

async function rolesOf(gateway: Pick<ExplainedGateway, 'cwd'>, ...args: string[]) {
  const { code, text } = await rolesTest(gateway, '--json', ...args)
  const report = JSON.parse(text)
  return { code, ...report, roles: report.roles.map(({ role, line }: { role: string; line: number }) => `${role}:${line}`) }
}

describe('roles test', () => {
  it('lists the roles of a name, a DN, a backend role and an address, each with its line', async (t) => {
    const gateway = await explainedGateway(t)
    assert.deepEqual((await rolesOf(gateway, 'CLIENT1')).roles, ['readall:3'])
    assert.deepEqual((await rolesOf(gateway, 'alina')).roles, ['readall:4'])
    assert.deepEqual((await rolesOf(gateway, 'cn=root, ou=ops, o=Acme')).roles, ['admin:7'])
    assert.deepEqual((await rolesOf(gateway, 'CN=CLIENT1,O=Acme')).roles, ['readall:3'])
    assert.deepEqual((await rolesOf(gateway, '--backend-role', 'dev', '--backend-role', 'ops', 'bob')).roles, ['admin:8'])
    assert.deepEqual((await rolesOf(gateway, '--address', '10.0.0.1', 'bob')).roles, ['local:10'])
  })

  it('prints them for people', async (t) => {
    const { code, text } = await rolesTest(await explainedGateway(t), '--backend-role', 'ops', 'CLIENT1')
    assert.equal(code, 0)
    assert.equal(
      text,
      "'CLIENT1' has 2 roles\n  admin    roles_mapping.yml:8  backend_roles: ops\n  readall  roles_mapping.yml:3  users: CLIENT1\n",
    )
  })

  it('says that there is none, and what may be the reason', async (t) => {
    const gateway = await explainedGateway(t)
    assert.deepEqual(await rolesTest(gateway, 'client1'), { code: 1, text: "'client1' has no role\n" })
    const reversed = await rolesOf(gateway, 'O=Acme,OU=ops,CN=root')
    assert.equal(reversed.code, 1)
    assert.match(reversed.notes[0], /^roles_mapping\.yml:7: .*reversed\?/)
    assert.match((await rolesOf(gateway, 'carol')).notes[0], /--backend-role ops/)
    gateway.write('roles_mapping.yml', "bound:\n  users: ['*']\n  issuers: ['CN=Test CA,O=Acme']\n")
    assert.match((await rolesOf(gateway, 'bob')).notes[0], /bound to issuers: bound/)
    assert.deepEqual((await rolesOf(gateway, 'CN=bob')).roles, ['bound:2'])
  })

  it('refuses a blank name', async (t) => {
    await assert.rejects(rolesTest(await explainedGateway(t), ' '), UsageError)
    await assert.rejects(rolesTest(await explainedGateway(t)), UsageError)
  })
})
