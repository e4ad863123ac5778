import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { before, test } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { copyExample, type Example, type ServedExample } from '../../support/example.ts'
import type { Answer, Credentials } from '../../support/https-client.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { absent, type OutsideServer, startOutside } from '../../support/outside-program.ts'
import { RawClient } from '../../support/raw-client.ts'
import { assertReadmeHolds, portsOf } from '../../support/readme.ts'

// examples/legacy-app with the real application: it believes X-Remote-User blindly, and that is safe behind the lock.

const skip = absent('python3')
const lifetime = fileLifetime()
let example: Example
let gateway: ServedExample
let app: OutsideServer
let alice: Credentials
let bob: Credentials
let guest: Credentials

before(async () => {
  if (skip !== false) return
  example = await copyExample(lifetime, 'legacy-app')
  ;[alice, bob, guest] = [await example.issue('alice'), await example.issue('bob'), await example.issue('guest-7')]
  app = await startOutside(lifetime, 'python3', ['app.py', 'data/app.sock'], {
    cwd: example.folder,
    ready: async () => existsSync(example.path('data/app.sock')),
  })
  gateway = await example.serve()
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const write = (text: string): { method: string; headers: Record<string, string>; body: string } => ({
  method: 'POST',
  headers: form,
  body: String(new URLSearchParams({ text })),
})

/** The request lines that the application logs between the two, which are asked for by alice before and after what `during` does. */
async function servedDuring(during: () => Promise<void>): Promise<string[]> {
  const lines = () => app.output().split('\n')
  const mark = async (text: string) => {
    assert.equal((await gateway.client(alice).ask(`/?${text}`)).status, 200)
    return eventually(`${text} in the application's log`, () => {
      const at = lines().findIndex((line) => line.includes(`"GET /?${text} `))
      return at < 0 ? null : at
    })
  }
  const first = await mark('before')
  await during()
  const last = await mark('after')
  return lines()
    .slice(first + 1, last)
    .map((line) => /"(.*?) HTTP/.exec(line)?.[1] ?? line)
}

test('all that the README says holds', { skip: skip || absent('curl', 'bash') }, async () => {
  assert.ok((await assertReadmeHolds(example.read('README.md'), example.folder, portsOf(gateway))) > 8)
})

test('the application greets people by the names in their certificates', { skip }, async () => {
  const greeting = async (asked: Promise<Answer>) => /Hello (.*?)<\/p>/.exec((await asked).text)?.[1]
  assert.equal(await greeting(gateway.client(alice).ask('/')), 'alice (editor)')
  assert.equal(await greeting(gateway.client(bob).ask('/')), 'bob (visitor)')
  assert.equal(await greeting(gateway.client(guest).ask('/')), 'guest-7 (guest)')
})

test('who claims another name, spelt in any way, is still called by their own', { skip }, async () => {
  const raw = await RawClient.connect(
    { port: gateway.port, ca: example.read('data/ca/ca.crt'), client: null, tls: { cert: bob.cert, key: bob.key } },
    lifetime,
  )
  // WSGI turns all of these into HTTP_X_REMOTE_USER.
  for (const name of ['X-Remote-User', 'x-remote-user', 'X_Remote_User', 'X-Remote_User', 'X-REMOTE-USER']) {
    const { status, body } = await raw.ask(`GET / HTTP/1.1\r\nHost: localhost\r\n${name}: alice\r\nX_Remote_Groups: editor\r\n\r\n`)
    assert.equal(status, 200)
    assert.match(body, /Hello bob \(visitor\)/)
  }
})

test('a guest writes and all read it; a visitor who writes, and a guest who administers, never get there', { skip }, async () => {
  const written = await gateway.client(guest).ask('/', write('Nice <place>'))
  assert.deepEqual([written.status, written.headers.location], [303, '/'])
  assert.match((await gateway.client(bob).ask('/')).text, /<b>guest-7<\/b> Nice &lt;place&gt;/)
  const served = await servedDuring(async () => {
    assert.equal((await gateway.client(bob).ask('/', write('spam'))).status, 403)
    assert.equal((await gateway.client(guest).ask('/admin/entries')).status, 403)
    assert.equal((await gateway.client(guest).ask('/./%61dmin//entries')).status, 403)
    assert.equal((await gateway.client().ask('/')).status, 401)
    const entries = await gateway.client(alice).ask('/admin/entries')
    assert.deepEqual([entries.status, entries.text], [200, 'guest-7: Nice place\nguest-7: Nice <place>\n'])
  })
  assert.deepEqual(served, ['GET /admin/entries'])
})
