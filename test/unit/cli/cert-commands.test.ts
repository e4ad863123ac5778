/** What commands ask a running gateway for, over its socket, and what they say of the answer. */
import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readPfx } from '../../../src/certificates/pkcs12-read.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { partner } from '../../support/administration.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { servedGateway as gateway } from './served-gateway.ts'
import { testTerminal } from './terminal.ts'

describe('cert generate', () => {
  it('gives a key that fits, under the password that is shown, and says nothing of a stopped gateway', async (t) => {
    const { cwd, run, entry } = await gateway(t)
    const { code, stdout, stderr } = await run('cert', 'generate', 'alice', '--clearance', 'operator')
    assert.deepEqual([code, stderr], [0, ''])
    const password = /^password +(\S+)/m.exec(stdout)?.[1] ?? ''
    const pair = readPfx(readFileSync(join(cwd, 'alice/alice.pfx')), password, 'alice.pfx')
    const certificate = new X509Certificate(pair.certificate)
    assert.equal(certificate.fingerprint256.replaceAll(':', '').toLowerCase(), entry('alice').fingerprint)
    assert.ok(
      certificate.publicKey.equals(createPublicKey({ key: readFileSync(join(cwd, 'alice/alice.key')), passphrase: password } as never)),
    )
    assert.match(stdout, new RegExp(`^thumbprint +${entry('alice').thumbprint}$`, 'm'))
  })

  it('shows a password only where it made one up', async (t) => {
    const { cwd, run } = await gateway(t)
    writeFileSync(join(cwd, 'pass'), 'chosen secret\n')
    const chosen = await run('cert', 'generate', 'a', '--password-file', 'pass')
    assert.doesNotMatch(chosen.stdout, /chosen secret|shown only now/)
    const json = await run('cert', 'generate', 'b', '--json')
    assert.match((JSON.parse(json.stdout) as { password: string }).password, /^\w{5}(-\w{5}){4}$/)
    const none = await run('cert', 'generate', 'c', '--json', '--no-password')
    assert.ok(!('password' in (JSON.parse(none.stdout) as object)))
  })

  it('says which certificate exists where its files are lost', async (t) => {
    let folder = ''
    const { cwd, run, store } = await gateway(t, async ({ path, method }) => {
      // Somebody takes the folder away between the trial and the writing.
      if (method === 'POST' && path === '/api/v1/certificates') {
        rmSync(folder, { recursive: true })
        writeFileSync(folder, 'in the way')
      }
      return null
    })
    folder = join(cwd, 'alice')
    const { code, stderr } = await run('cert', 'generate', 'alice')
    const [entry] = store.registry.byName('alice')
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`^certgate: the certificate 'alice' was issued \\(SHA-256 ${entry?.fingerprint}\\) but is lost: `, 'm'))
    assert.match(stderr, new RegExp(`cert revoke ${entry?.fingerprint} --reason cessationOfOperation`))
  })

  it('leaves no folder where the gateway refuses', async (t) => {
    const { cwd, run, store } = await gateway(t)
    const { code, stderr } = await run('cert', 'generate', 'alice', '--not-after', '2999-01-31')
    assert.equal(code, 1)
    assert.match(stderr, /^certgate: the certificate would outlive its issuer/m)
    assert.match(stderr, /^hint: /m)
    assert.equal(existsSync(join(cwd, 'alice')), false)
    assert.equal(store.registry.list().total, 0)
  })

  it('takes every name that the authority takes, and none of them leads elsewhere', async (t) => {
    const { cwd, run } = await gateway(t)
    for (const name of ['../x', 'a,OU=b', 'Jürgen 名前', 'CON', '.hidden', 'ca', '-rf']) {
      const { code, stderr } = await run('cert', 'generate', '--no-password', '--', name)
      assert.deepEqual([name, code, stderr], [name, 0, ''])
    }
    for (const name of ['', ' ', 'a\nb', 'x'.repeat(10_000)]) {
      const { code, stdout } = await run('cert', 'generate', '--no-password', '--', name)
      assert.notEqual(code, 0, name.slice(0, 20))
      assert.equal(stdout, '')
    }
    assert.equal(existsSync(join(cwd, '..', 'x')), false)
    assert.ok(new X509Certificate(readFileSync(join(cwd, 'ca', 'ca.crt'))).subject.includes('CN=ca'))
  })
})

describe('a reference', () => {
  it('is a name, a fingerprint, or its beginning as lists show it', async (t) => {
    const { run, entry } = await gateway(t)
    await run('cert', 'generate', 'alice')
    const { fingerprint, thumbprint } = entry('alice')
    const spelt = [fingerprint, thumbprint, thumbprint.toLowerCase(), thumbprint.match(/../g)?.join(':') ?? '', thumbprint.slice(0, 10)]
    for (const reference of ['alice', ...spelt]) assert.equal((await run('cert', 'show', reference)).code, 0, reference)
    assert.equal((await run('cert', 'show', thumbprint.slice(0, 7))).code, 1)
    assert.equal((await run('cert', 'show', '..')).code, 1)
    assert.equal((await run('cert', 'show', '')).code, 1)
  })

  it('that is somebody’s name and somebody else’s thumbprint is neither', async (t) => {
    const { run, entry } = await gateway(t)
    await run('cert', 'generate', 'alice')
    const short = entry('alice').thumbprint.slice(0, 10)
    await run('cert', 'generate', short)
    const { code, stderr } = await run('cert', 'revoke', short)
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`'${short}' stands for 2 certificates`))
    // A whole one is never a name.
    await run('cert', 'generate', entry('alice').thumbprint)
    assert.match((await run('cert', 'revoke', entry('alice').thumbprint)).stdout, /^revoked alice /)
  })

  it('shows names that play with the terminal as they are', async (t) => {
    const { run } = await gateway(t, async ({ path }) => {
      if (path !== '/api/v1/certificates') return null
      const certificates = [{ name: 'x\u001b[2J\nadmin', thumbprint: 'AB', fingerprint: 'ab', clearance: 'ValidUser', permissions: {} }]
      const rest = { state: 'valid', not_after: '2030-01-01T00:00:00Z', last_seen: null }
      const body = JSON.stringify({ total: 1, certificates: certificates.map((one) => ({ ...one, ...rest })) })
      return { status: 200, headers: {}, body }
    })
    const { stdout } = await run('cert', 'list')
    assert.match(stdout, /^x\\u\{1b\}\[2J\\u\{a\}admin +ValidUser/m)
    assert.doesNotMatch(stdout, /\u001b/)
  })
})

describe('cert renew', () => {
  it('makes it for as long as the old one, and tells which is still in force where only one is revoked', async (t) => {
    const { run, store, entry } = await gateway(t)
    await run('cert', 'generate', 'alice', '--days', '30')
    const first = entry('alice')
    assert.equal((await run('cert', 'renew', 'alice', '--out', 'new')).code, 0)
    const second = store.registry.renewalsOf(first.fingerprint)[0] ?? assert.fail()
    assert.equal(Math.round((second.notAfter - second.createdAt) / 86_400_000), 30)
    const revoked = await run('cert', 'revoke', first.thumbprint)
    assert.equal(revoked.stdout, `revoked alice (thumbprint ${first.thumbprint})\n`)
    assert.equal(revoked.stderr, `certgate: 'alice' has another certificate that is in force (thumbprint ${second.thumbprint})\n`)
    const rest = await run('cert', 'revoke', 'alice')
    assert.deepEqual([rest.stdout, rest.stderr], [`revoked alice (thumbprint ${second.thumbprint})\n`, ''])
  })
})

describe('cert revoke of one alone', () => {
  it('tells every other of its name that is in force, renewed from it or not', async (t) => {
    const { run, store } = await gateway(t)
    for (const out of ['one', 'two', 'three']) await run('cert', 'generate', 'dup', '--out', out)
    await run('cert', 'generate', 'other')
    const [first, ...rest] = store.registry.list({ name: 'dup' }).entries
    await run('cert', 'renew', first?.thumbprint ?? '', '--out', 'renewed')
    const renewed = store.registry.renewalsOf(first?.fingerprint ?? '')
    const { stderr } = await run('cert', 'revoke', first?.thumbprint ?? '')
    const told = [...stderr.matchAll(/'dup' has another certificate that is in force \(thumbprint (\w+)\)\n/g)].map(([, one]) => one)
    assert.deepEqual(told.toSorted(), [...rest, ...renewed].map(({ thumbprint }) => thumbprint).toSorted())
  })

  it('names every reason where two are near', async (t) => {
    const { run } = await gateway(t)
    await run('cert', 'generate', 'alice')
    const { code, stderr } = await run('cert', 'revoke', 'alice', '--reason', 'compromised')
    assert.equal(code, 2)
    assert.match(stderr, /there is unspecified, keyCompromise, caCompromise, /)
  })
})

describe('cert edit', () => {
  /** The first change is overtaken by `other`, which whoever made it did not see. */
  async function overtaken(t: TestContext, other: (gate: Awaited<ReturnType<typeof gateway>>) => void) {
    let overtakes = 0
    const gate: Awaited<ReturnType<typeof gateway>> = await gateway(t, async ({ method }) => {
      if (method === 'PATCH' && overtakes++ === 0) other(gate)
      return null
    })
    const generated = await gate.run('cert', 'generate', 'bob', '--database', 'movies=Read', '--database', 'orders=ReadWrite')
    assert.equal(generated.code, 0)
    return { ...gate, databases: () => Object.fromEntries(gate.entry('bob').permissions) }
  }

  it('gives no database back that somebody took away meanwhile, and keeps what they gave', async (t) => {
    const gate = await overtaken(t, ({ store, entry }) => {
      const permissions = new Map([
        ['movies', 'Read'],
        ['logs', 'Read'],
      ] as const)
      store.registry.edit(entry('bob').fingerprint, { permissions }, { name: 'other', fingerprint: null })
    })
    const { code, stdout } = await gate.run('cert', 'edit', 'bob', '--database', 'movies=Admin')
    assert.equal(code, 0)
    assert.match(stdout, /^changed bob: /)
    assert.deepEqual(gate.databases(), { movies: 'Admin', logs: 'Read' })
  })

  it('says so where there is nothing left to take away', async (t) => {
    const gate = await overtaken(t, ({ store, entry }) =>
      store.registry.edit(entry('bob').fingerprint, { permissions: new Map() }, { name: 'other', fingerprint: null }),
    )
    const { code, stderr } = await gate.run('cert', 'edit', 'bob', '--no-database', 'orders')
    assert.equal(code, 1)
    assert.match(stderr, /^certgate: 'bob' has no access to 'orders' to take away$/m)
    assert.deepEqual(gate.databases(), {})
  })
})

describe('cert trust', () => {
  it('sends certificates only, whatever else is in the file', async (t) => {
    let sent = ''
    const { cwd, run, entry } = await gateway(t, async ({ path, body }) => {
      if (path.endsWith('/trust')) sent = body.toString()
      return null
    })
    const client = await partner.issue({ subject: 'CN=bob' })
    writeFileSync(join(cwd, 'bob.pem'), client.key + client.certificate)
    const { code, stdout } = await run('cert', 'trust', 'bob.pem', '--database', 'movies=Read')
    assert.equal(code, 0)
    assert.match(stdout, /^trusted bob \(ValidUser, movies=Read\), until /)
    assert.doesNotMatch(sent, /PRIVATE KEY/)
    assert.equal(entry('bob').clearance, 'ValidUser')
  })
})

describe('where nobody answers', () => {
  it('a socket by itself is all there is to ask', async (t) => {
    const { path: cwd, remove } = temporaryFolder()
    t.after(remove)
    const terminal = testTerminal({ cwd })
    assert.equal(await runProgram(['cert', 'list', '--socket', 'absent.sock'], terminal), 1)
    assert.match(terminal.stderr(), /^certgate: certgate is not running: nobody answers on .*absent\.sock$/m)
  })

  it('what broke off is not done again elsewhere, and may have been done', async (t) => {
    const { path: cwd, remove } = temporaryFolder()
    t.after(remove)
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(join(cwd, 's'), resolve))
    t.after(() => server.close())
    mkdirSync(join(cwd, 'out'))
    const terminal = testTerminal({ cwd })
    assert.equal(await runProgram(['cert', 'generate', 'alice', '--socket', 's', '--out', 'out'], terminal), 1)
    assert.match(terminal.stderr(), /^hint: it may have been issued all the same: look with 'certgate cert list alice'/m)
  })
})
