import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { consoleUrl, type Guided, guide, leadsToDemo } from '../../../src/cli/start-guide.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { selfSigned, temporaryFolder } from '../../support/authority.ts'
import { testTerminal } from './terminal.ts'

const AT: Guided = { port: '8443', admin: '127.0.0.1:9443', behind: 'demo' }

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
  const shown = (env: Record<string, string>) => guide(join(cwd, 'my data'), AT, testTerminal({ cwd, env }))
  assert.ok(shown({}).includes(`\n  curl --cacert 'my data/ca/ca.crt' https://localhost:8443/\n`))
  assert.ok(shown({}).includes(`--cert 'my data/clients/admin.crt' --key 'my data/clients/admin.key' https://localhost:8443/\n`))
  assert.ok(shown({ https_proxy: 'http://proxy:3128' }).includes(`curl --noproxy '*' --cacert `))
})

test('no line is promised that would not work', async (t) => {
  const cwd = await folderOf(t, new Date(86_400_000))
  const shown = guide(join(cwd, 'my data'), AT, testTerminal({ cwd }))
  assert.match(shown, /^\nexpired: 'my data\/clients\/admin\.crt'; /)
  assert.ok(!shown.includes('curl'))
  assert.equal(guide(join(cwd, 'other'), AT, testTerminal({ cwd })), '')
})

test('the console is named where there is administration, with what a browser needs', async (t) => {
  const cwd = await folderOf(t)
  const shown = (at: Partial<Guided>) => guide(join(cwd, 'my data'), { ...AT, ...at }, testTerminal({ cwd }))
  assert.match(
    shown({}),
    /^console {2}https:\/\/localhost:9443\/console\/\n +for a browser: import 'my data\/clients\/admin\.pfx', with the password that you chose$/m,
  )
  writeFileSync(join(cwd, 'my data/clients/admin.pass'), 'x')
  assert.match(shown({}), /admin\.pfx', password in 'my data\/clients\/admin\.pass'$/m)
  assert.ok(!shown({ admin: null }).includes('console'))
  const urls = ['0.0.0.0:1', '[::]:1', '127.0.0.1:1', '10.0.0.7:1', '[fd00::1]:1'].map(consoleUrl)
  assert.deepEqual(urls, [
    ...Array<string>(3).fill('https://localhost:1/console/'),
    'https://10.0.0.7:1/console/',
    'https://[fd00::1]:1/console/',
  ])
})

test('only what the configuration says is promised', async (t) => {
  const cwd = await folderOf(t)
  const shown = (behind: Guided['behind']) => guide(join(cwd, 'my data'), { ...AT, behind }, testTerminal({ cwd }))
  assert.match(shown('demo'), /^let through, and the service behind shows what it sees:$/m)
  assert.match(shown('service'), /^let through to the service behind:$/m)
  assert.match(shown('unknown'), /^with a certificate, let through where roles and routes in 'my data\/certgate\.yml' say so:$/m)
  assert.doesNotMatch(shown('unknown'), /shows what it sees|^refused/m)
  const settings = (upstreams: string[], ...modes: string[]) =>
    ({
      upstreams: new Map(upstreams.map((name) => [name, {}])),
      listeners: new Map(modes.map((clientauthMode, index) => [`${index}`, { tls: { clientauthMode } }])),
    }) as unknown as Settings
  assert.ok(leadsToDemo(settings(['demo'], 'REQUIRE'), 'demo'))
  for (const other of [settings(['app'], 'REQUIRE'), settings(['demo', 'app'], 'REQUIRE'), settings(['demo'], 'OPTIONAL')])
    assert.ok(!leadsToDemo(other, 'demo'))
})
