import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readPfx } from '../../src/certificates/pkcs12-read.ts'
import { createAuthority, encryptKey, temporaryFolder } from '../support/authority.ts'
import { HttpsClient } from '../support/https-client.ts'
import { type Program, startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

// The promise: `init --web` asks in one browser, makes all or nothing, gives out the administrator's PFX once, and ends with a gateway
// that this PFX opens.

const anyPort = ['--listen', '127.0.0.1:0', '--telemetry', '127.0.0.1:0', '--admin', '127.0.0.1:0']

/** A browser, as far as the pages can tell: it keeps a cookie, and follows redirects. */
class Visitor {
  readonly origin: string
  readonly #base: string
  #cookie = ''

  /** `base`: the address that the terminal shows. */
  constructor(base: string) {
    this.#base = base
    this.origin = new URL(base).origin
  }

  async open(url: string): Promise<number> {
    const response = await fetch(url)
    this.#cookie = response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
    return response.status
  }

  async get(path: string): Promise<{ status: number; bytes: Buffer; text: string }> {
    const response = await fetch(`${this.#base}${path}`, { headers: { cookie: this.#cookie } })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, bytes, text: bytes.toString() }
  }

  /** Of the page that has the form. Resolves to where the answer leads, or to the page that it is. */
  async send(path: string, fields: Readonly<Record<string, string | Blob>>): Promise<string> {
    const { text } = await this.get(path === '/make' ? '/review' : path)
    const form = { revision: /name="revision" value="(\d+)"/.exec(text)?.[1] ?? '', ...fields }
    const isMultipart = Object.values(form).some((value) => typeof value !== 'string')
    const body = isMultipart ? new FormData() : new URLSearchParams()
    for (const [name, value] of Object.entries(form)) {
      if (typeof value === 'string') body.set(name, value)
      else (body as FormData).set(name, value, `${name}.pem`)
    }
    const headers = { cookie: this.#cookie, origin: this.origin }
    const response = await fetch(`${this.#base}${path}`, { method: 'POST', headers, body, redirect: 'manual' })
    return response.headers.get('location')?.replace(new URL(this.#base).pathname, '') ?? (await response.text())
  }
}

async function begin(
  t: TestContext,
  cwd: string,
  flags: readonly string[] = [],
  dir = 'data',
): Promise<{ program: Program; url: string; visitor: Visitor }> {
  const program = await startProgram({ args: ['init', '--web', '--dir', dir, ...anyPort, ...flags], cwd, listeners: 0 }, t)
  const [, url = ''] = await program.line(/^ +(http:\/\/127\.0\.0\.1:\d+\/[\w-]{43})$/)
  return { program, url, visitor: new Visitor(url) }
}

test('under an own CA, from the first page to a request that is let through', async (t) => {
  const { path } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const root = await createAuthority('CN=Corp Root')
  const { program, url, visitor } = await begin(t, path)
  const other = new Visitor(url)
  assert.equal(await visitor.open(url), 200)
  assert.equal(await other.open(url), 403)
  assert.equal(await visitor.send('/name', { names: 'gate.example', listen: '127.0.0.1:0' }), '/ca')
  const files = { certificate: new Blob([root.certificate]), key: new Blob([encryptKey(root, 'sesam')]) }
  assert.match(
    await visitor.send('/ca', { ca: 'own', ...files, ca_password: 'wrong' }),
    /passphrase does not open the private key key\.pem/,
  )
  assert.equal(await visitor.send('/ca', { ca: 'own', ca_password: 'sesam' }), '/upstream')
  assert.equal(await visitor.send('/upstream', { upstream: upstream.url }), '/admin')
  const password = 'correct horse battery'
  assert.equal(
    await visitor.send('/admin', { administrator: 'Alice Smith', password_kind: 'chosen', password, again: password }),
    '/review',
  )
  assert.match((await visitor.get('/review')).text, /an issuing CA below CN=Corp Root/)
  assert.ok(!existsSync(join(path, 'data')))
  assert.equal(await visitor.send('/make', {}), '/done')
  const [, port] = await program.line(/^certgate: ready on https:\/\/127\.0\.0\.1:(\d+)$/)

  const done = (await visitor.get('/done')).text
  assert.ok(done.includes(`https://gate.example:${port}/`) && done.includes(`https://localhost:${port}/`), done)
  assert.ok(!existsSync(join(path, 'data/clients/admin.pass')), 'a password that somebody chose is written nowhere')
  assert.equal((await visitor.get('/ca.crt')).text, root.certificate)
  const pfx = await visitor.get('/admin.pfx')
  await assert.rejects(visitor.get('/done'), 'the pages are over')

  const pair = readPfx(pfx.bytes, password, 'admin.pfx')
  assert.match(new X509Certificate(pair.certificate).subject, /^CN=Alice Smith$/)
  const client = new HttpsClient(`https://localhost:${port}`, root.certificate, { cert: pair.certificate, key: pair.key })
  t.after(() => client.close())
  assert.equal((await client.ask('/a')).status, 200)
  const user = upstream.requests[0]?.headers.find(([name]) => name.toLowerCase() === 'x-forwarded-user')?.[1]
  assert.equal(user, 'Alice Smith')
  assert.deepEqual(await program.stop(), { code: 0, signal: null })
})

test('a password that is made up is shown once, and opens the file', async (t) => {
  const { path } = temporaryFolder(t)
  const { program, url, visitor } = await begin(t, path, ['--name', 'gate.example', '--admin-name', 'alice'])
  await visitor.open(url)
  assert.match((await visitor.get('/name')).text, /value="gate\.example"/)
  await visitor.send('/name', { names: 'gate.example', listen: '127.0.0.1:0' })
  await visitor.send('/ca', { ca: 'new' })
  await visitor.send('/upstream', { upstream: 'http://127.0.0.1:9' })
  assert.match((await visitor.get('/admin')).text, /value="alice"/)
  await visitor.send('/admin', { administrator: 'alice', password_kind: 'generated' })
  // Pressed twice: made once.
  assert.deepEqual(await Promise.all([visitor.send('/make', {}), visitor.send('/make', {})]), ['/done', '/done'])
  const [, password = ''] = /<code class="secret">([a-z2-9-]+)<\/code>/.exec((await visitor.get('/done')).text) ?? []
  assert.equal(readFileSync(join(path, 'data/clients/admin.pass'), 'utf8'), `${password}\n`)
  assert.ok(!(await visitor.get('/done')).text.includes(password))
  assert.ok(!program.lines.some((line) => line.includes(password)))
  const { key } = readPfx((await visitor.get('/admin.pfx')).bytes, password, 'admin.pfx')
  assert.equal(createPrivateKey(key).asymmetricKeyType, 'ec')
  await program.stop()
})

test('ended before the last page, nothing was written', async (t) => {
  const { path } = temporaryFolder(t)
  const { program, url, visitor } = await begin(t, path)
  await visitor.open(url)
  await visitor.send('/name', { names: '', listen: '127.0.0.1:0' })
  await visitor.send('/ca', { ca: 'new' })
  program.signal('SIGINT')
  const { code, signal } = await program.ended
  assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`)
  assert.ok(!existsSync(join(path, 'data')))
})

test('what is in the way is told before anybody is asked', async (t) => {
  const { path, write } = temporaryFolder(t)
  const run = async (...args: string[]) => {
    const program = await startProgram({ args: ['init', '--web', ...anyPort, ...args], cwd: path, listeners: 0 }, t)
    const { code } = await program.ended
    return [code, program.stderr[0]]
  }
  write('certgate.yml', 'precious')
  assert.deepEqual(await run(), [1, 'certgate: certgate.yml already exists'])
  assert.deepEqual(await run('--yes'), [2, 'certgate: --web asks, and --yes says to ask nothing'])
  assert.deepEqual(await run('--dir', 'x', '--port', '70000'), [2, "certgate: --port: '70000' is not a port"])
  const { url } = await begin(t, path)
  const { port } = new URL(url)
  assert.deepEqual(await run('--dir', 'x', '--port', port), [
    1,
    `certgate: cannot listen on 127.0.0.1:${port}: another program already listens there`,
  ])
  assert.equal(readFileSync(join(path, 'certgate.yml'), 'utf8'), 'precious')
})

test('a gateway that cannot start is told of on the page and in the terminal, and what was made stays', async (t) => {
  const { path } = temporaryFolder(t)
  // Longer than the path of a socket may be: only the gateway finds out.
  const dir = 'd'.repeat(120)
  const { program, url, visitor } = await begin(t, path, [], dir)
  await visitor.open(url)
  await visitor.send('/name', { names: '', listen: '127.0.0.1:0' })
  await visitor.send('/ca', { ca: 'new' })
  await visitor.send('/upstream', { upstream: 'http://127.0.0.1:9' })
  await visitor.send('/admin', { administrator: 'admin', password_kind: 'generated' })
  assert.equal(await visitor.send('/make', {}), '/done')
  assert.match((await visitor.get('/done')).text, /It was made, and does not run.*could not start: /s)
  assert.deepEqual(await program.ended, { code: 1, signal: null })
  assert.match(program.stderr.join('\n'), /^certgate: /m)
  assert.ok(existsSync(join(path, dir, 'certgate.yml')))
})
