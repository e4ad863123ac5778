// The promise: what an operator types works on the gateway that runs, at once, and on one that is stopped, from its next start on. A
// backup made while it runs brings all of it back.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'

const program = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

function runIn(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  return { status, stdout, stderr }
}

/** Fails with what the command said. */
function certgate(folder: string, ...args: string[]): string {
  const { status, stdout, stderr } = runIn(folder, ...args)
  assert.equal(status, 0, `certgate ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** What the admin address says to whoever has the files of a name, made without a password; a handshake that is refused is null. */
async function clearanceOf(gateway: AdministeredGateway, name: string): Promise<string | number | null> {
  const pfx = readFileSync(join(gateway.folder, name, `${name}.pfx`))
  const answer = await gateway.ask('GET /api/v1/whoami', { client: { pfx, passphrase: '' } }).catch(() => null)
  if (answer === null) return null
  return answer.status === 200 ? (JSON.parse(answer.body.toString()) as { clearance: string }).clearance : answer.status
}

test('issued, edited, revoked and restored by commands', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const { folder } = gateway
  const generate = (name: string, clearance: string) => runIn(folder, 'cert', 'generate', name, '--clearance', clearance, '--no-password')

  assert.equal(generate('alice', 'Operator').stderr, '')
  assert.equal(await clearanceOf(gateway, 'alice'), 'Operator')
  certgate(folder, 'cert', 'edit', 'alice', '--clearance', 'ClusterAdmin')
  assert.equal(await clearanceOf(gateway, 'alice'), 'ClusterAdmin')

  certgate(folder, 'backup', 'backup')
  certgate(folder, 'cert', 'revoke', 'alice', '--reason', 'superseded')
  assert.notEqual(await clearanceOf(gateway, 'alice'), 'ClusterAdmin')
  assert.match(certgate(folder, 'cert', 'list', '--state', 'revoked'), /^alice +ClusterAdmin +revoked/m)
  assert.match(certgate(folder, 'audit', 'verify'), /^the audit log is whole/)

  const refused = runIn(folder, 'restore', '--force', 'backup')
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, /^certgate: a gateway is running on certgate\.yml$/m)

  await gateway.program.stop()
  assert.match(generate('bob', 'Operator').stderr, /^certgate: no gateway is running: it takes effect when one starts$/m)
  await gateway.restart()
  assert.equal(await clearanceOf(gateway, 'bob'), 'Operator')
  assert.notEqual(await clearanceOf(gateway, 'alice'), 'ClusterAdmin')

  await gateway.program.stop()
  certgate(folder, 'restore', '--force', 'backup')
  await gateway.restart()
  assert.equal(await clearanceOf(gateway, 'alice'), 'ClusterAdmin')
  const user = userInfo().username.replace(/[^\w-]/g, '.')
  for (const action of ['store.restore', 'certificate.edit', 'certificate.add'])
    assert.match(certgate(folder, 'audit', 'list', '--action', action), new RegExp(` cli \\(${user}(?: \\(sudo by .+\\))?\\) +${action} `))
  assert.match(certgate(folder, 'cert', 'show', 'alice'), new RegExp(` cli \\(${user}`))
  // What was issued after the backup has no rights any more, whatever its chain says.
  assert.notEqual(await clearanceOf(gateway, 'bob'), 'Operator')
})
