/** What explain says where the registry, and rights that come of it, decide. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Explanation } from '../../../src/admin/explain/explanation.ts'
import { explainCommand } from '../../../src/cli/explain.ts'
import { rolesTestCommand } from '../../../src/cli/roles-test.ts'
import { openStore } from '../../../src/store/store.ts'
import { selfSigned } from '../../support/authority.ts'
import { entryOf } from '../../support/registered.ts'
import { fingerprintOf } from '../../support/registry.ts'
import { CLI } from '../../support/registry-store.ts'
import { explainedGateway } from './explained-gateway.ts'
import { testTerminal } from './terminal.ts'

const DATABASES = `  - name: databases
    path: /databases/{db}/**
    allow: [admin, { database: "{db}" }]
    upstream: search
admin: { socket: admin.sock, admin_dn: ["CN=root,O=Acme"] }
`

async function explain(cwd: string, ...args: string[]) {
  const terminal = testTerminal({ cwd })
  const code = await explainCommand.run(args, terminal)
  return { code, text: terminal.stdout() }
}

/** The route for databases goes before the one for everything else. */
async function gatewayWithStore(t: Parameters<typeof explainedGateway>[0]) {
  const gateway = await explainedGateway(t)
  const file = join(gateway.cwd, 'certgate.yml')
  const [before = '', after = ''] = readFileSync(file, 'utf8').split('  - name: rest\n')
  const [route = '', admin = ''] = DATABASES.split('admin: {')
  writeFileSync(file, `${before}${route}  - name: rest\n${after}\nadmin: {${admin}`)
  const store = openStore(join(gateway.cwd, 'data', 'certgate.db'))
  t.after(() => store.close())
  return { ...gateway, store }
}

test('clearance, permissions and what each rule about a database says', async (t) => {
  const { cwd, store, issue } = await gatewayWithStore(t)
  const client = await selfSigned({ subject: 'CN=reader' })
  store.registry.add([entryOf(client, null, { permissions: new Map([['movies', 'Read']]) })], CLI)
  const file = issue('reader.crt', client)
  const allowed = await explain(cwd, '--cert', file, 'GET', '/databases/Movies/docs')
  assert.equal(allowed.code, 0)
  assert.match(allowed.text, /^allowed: 'reader' may GET \/databases\/Movies\/docs, by the rule \{ database: "\{db\}", access: auto \}$/m)
  assert.match(allowed.text, /^clearance +ValidUser; movies: Read$/m)
  assert.match(allowed.text, /^databases +\{ database: .* grants: 'reader' has Read on database 'Movies', and GET needs Read$/m)
  const denied = await explain(cwd, '--cert', file, 'PUT', '/databases/movies/docs')
  assert.equal(denied.code, 1)
  assert.match(denied.text, /^denied: 403 role_missing: .*'reader' has Read on database 'movies', and PUT needs ReadWrite$/m)
  assert.match(denied.text, /^databases +.* does not grant: /m)
  const { identity, databases } = JSON.parse(
    (await explain(cwd, '--json', '--cert', file, 'PUT', '/databases/movies/docs')).text,
  ) as Explanation
  assert.deepEqual(
    [identity?.clearance, identity?.permissions, databases.map(({ granted }) => granted)],
    ['ValidUser', { movies: 'Read' }, [false]],
  )
})

test('what let a certificate in is cited, and no authority that did not', async (t) => {
  const { cwd, store, issue, authority } = await gatewayWithStore(t)
  const self = await selfSigned({ subject: 'CN=CLIENT1' })
  store.registry.add([entryOf(self, null)], CLI)
  const chainOf = async (file: string) => {
    const { text } = await explain(cwd, '--json', '--cert', file, 'GET', '/movies/x/1')
    const { steps } = JSON.parse(text) as Explanation
    const { outcome, summary, lines } = steps.find(({ step }) => step === 'chain') ?? { outcome: '', summary: '', lines: [] }
    return [outcome, summary, lines.map(({ snippet }) => snippet)]
  }
  const file = issue('self.crt', self)
  const told = 'trusted by the registry: it is registered itself; issued by CN=CLIENT1, which is no client CA here'
  assert.deepEqual(await chainOf(file), ['passed', told, []])
  assert.match(
    (await explain(cwd, '--cert', file, 'GET', '/movies/x/1')).text,
    /^trust +trusted by the registry: it is registered itself;/m,
  )

  const issued = await authority.issue({ subject: 'CN=CLIENT1' })
  store.registry.add([entryOf(issued, authority)], CLI)
  const own = issue('issued.crt', issued)
  const issuer = 'issued by CN=Test CA,O=Acme'
  assert.deepEqual(await chainOf(own), ['passed', `${issuer}, and trusted`, ['client_ca: [ca.crt]']])

  const config = join(cwd, 'certgate.yml')
  const text = readFileSync(config, 'utf8')
  const trusting = (mode: string) => writeFileSync(config, text.replace('client_ca: [ca.crt]', `client_ca: [ca.crt]\n      trust: ${mode}`))
  trusting('registry')
  assert.deepEqual((await chainOf(own))[2], ['trust: registry'])
  trusting('both')
  const both = `${issuer}, a chain that is trusted; and it is registered itself`
  assert.deepEqual(await chainOf(own), ['passed', both, ['client_ca: [ca.crt]', 'trust: both']])
})

test('a certificate that the registry refuses, whatever its chain says', async (t) => {
  const { cwd, store, issue, authority } = await gatewayWithStore(t)
  const client = await authority.issue({ subject: 'CN=CLIENT1' })
  const file = issue('client.crt', client)
  const ask = () => explain(cwd, '--cert', file, 'GET', '/movies/x/1')
  assert.equal((await ask()).code, 0)
  store.registry.add([entryOf(client, authority)], CLI)
  store.registry.disable(fingerprintOf(client), CLI)
  const { code, text } = await ask()
  assert.equal(code, 1)
  assert.match(text, /^denied: 403 certificate_disabled: /m)
})

test('a DN of admin_dn holds ClusterAdmin under the CA of the listener, real or supposed, and nowhere else', async (t) => {
  const { cwd, issue, authority } = await gatewayWithStore(t)
  const subject = 'CN=root,O=Acme'
  const real = issue('root.crt', await authority.issue({ subject }))
  for (const who of [
    ['--cert', real],
    ['--dn', subject],
  ]) {
    const { code, text } = await explain(cwd, ...who, 'GET', '/databases/x/y')
    assert.equal(code, 0, text)
    assert.match(text, /^clearance +ClusterAdmin$/m)
  }
  const self = issue('self.crt', await selfSigned({ subject }))
  assert.doesNotMatch((await explain(cwd, '--cert', self, 'GET', '/databases/x/y')).text, /clearance/)
})

test('a store that cannot be read is told, and not taken for an empty one', async (t) => {
  const { cwd, store, issue, authority } = await gatewayWithStore(t)
  store.close()
  writeFileSync(join(cwd, 'data', 'certgate.db'), 'no database '.repeat(200))
  const file = issue('client.crt', await authority.issue({ subject: 'CN=CLIENT1' }))
  await assert.rejects(explain(cwd, '--cert', file, 'GET', '/movies/x/1'), { code: 'store_corrupt' })
})

test('a name whose certificates are all refused has roles, and a note beside them', async (t) => {
  const { cwd, store } = await gatewayWithStore(t)
  const notes = async () => {
    const terminal = testTerminal({ cwd })
    await rolesTestCommand.run(['--json', 'CLIENT1'], terminal)
    const told = [JSON.parse(terminal.stdout()), JSON.parse((await explain(cwd, '--json', '--cn', 'CLIENT1', 'GET', '/movies/x')).text)]
    return told.map((one: { notes: string[] }) => one.notes.filter((note) => note.includes('registered as')))
  }
  assert.deepEqual(await notes(), [[], []])
  const clients = [await selfSigned({ subject: 'CN=CLIENT1' }), await selfSigned({ subject: 'CN=CLIENT1' })]
  const [first, second] = clients.map((client) => ({ ...entryOf(client, null), name: 'CLIENT1' }))
  const added = [first, second].flatMap((entry) => (entry === undefined ? [] : store.registry.add([entry], CLI)))
  store.registry.revoke(added[0]?.fingerprint ?? '', 'keyCompromise', CLI)
  assert.deepEqual(await notes(), [[], []])
  store.registry.disable(added[1]?.fingerprint ?? '', CLI)
  const [ofRoles, ofExplain] = await notes()
  assert.match(ofRoles?.join() ?? '', /^every certificate registered as 'CLIENT1' is refused: (revoked, disabled|disabled, revoked)$/)
  assert.deepEqual(ofExplain, ofRoles)
})
