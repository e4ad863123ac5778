import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { guide } from '../../../src/cli/start-guide.ts'
import { selfSigned, temporaryFolder } from '../../support/authority.ts'
import { testTerminal } from './terminal.ts'

async function folderOf(t: TestContext, notAfter?: Date): Promise<string> {
  const { path, write } = temporaryFolder(t)
  for (const folder of ['my data/ca', 'my data/clients']) mkdirSync(join(path, folder), { recursive: true })
  const { certificate, key } = await selfSigned(notAfter === undefined ? {} : { notBefore: new Date(0), notAfter })
  write('my data/ca/ca.crt', certificate)
  write('my data/clients/admin.crt', certificate)
  write('my data/clients/admin.key', key)
  return path
}

test('the lines are quoted for the shell, and go around a proxy where there is one', async (t) => {
  const cwd = await folderOf(t)
  const shown = (env: Record<string, string>) => guide(join(cwd, 'my data'), '8443', testTerminal({ cwd, env }))
  assert.ok(shown({}).includes(`\n  curl --cacert 'my data/ca/ca.crt' https://localhost:8443/\n`))
  assert.ok(shown({}).includes(`--cert 'my data/clients/admin.crt' --key 'my data/clients/admin.key' https://localhost:8443/\n`))
  assert.ok(shown({ https_proxy: 'http://proxy:3128' }).includes(`curl --noproxy '*' --cacert `))
})

test('no line is promised that would not work', async (t) => {
  const cwd = await folderOf(t, new Date(86_400_000))
  const shown = guide(join(cwd, 'my data'), '8443', testTerminal({ cwd }))
  assert.match(shown, /^\nexpired: 'my data\/clients\/admin\.crt'; /)
  assert.ok(!shown.includes('curl'))
  assert.equal(guide(join(cwd, 'other'), '8443', testTerminal({ cwd })), '')
})
