// The promise: what cannot be taken back is done only where a person says yes, a password that is typed is never shown, and nothing is cut
// on a terminal of 80 columns.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readPfx } from '../../src/certificates/pkcs12-read.ts'
import { initialize } from '../../src/cli/initialize.ts'
import { temporaryFolder } from '../support/authority.ts'
import { onTerminal, skipsWithoutTerminal, type TerminalSession } from './terminal.ts'

async function stopped(t: TestContext) {
  const { path: folder, remove } = temporaryFolder()
  t.after(remove)
  const free = '127.0.0.1:0'
  const upstream = { name: 'app', target: 'http://127.0.0.1:9' }
  await initialize({ folder, names: ['localhost'], cwd: folder, listen: free, telemetry: free, admin: free, upstream })
  const certgate = (args: readonly string[], more: Partial<TerminalSession> = {}) => onTerminal({ args, cwd: folder, ...more })
  return { folder, certgate }
}

const QUESTION = /\[y\/N\] /g

test('the authority is rotated only where somebody says yes', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { folder, certgate } = await stopped(t)
  const root = () => readFileSync(join(folder, 'ca/ca.crt'), 'utf8')
  const before = root()
  for (const answer of ['\r', 'n\r', 'yess\r', '\u0004']) {
    const { shown, code } = await certgate(['ca', 'rotate'], { answers: [answer], prompt: QUESTION })
    assert.equal(code, 1, shown)
    assert.match(shown, /^this replaces CN=[\s\S]*rotate the authority\? \[y\/N\] [\s\S]*certgate: nothing was changed\n$/)
    assert.equal(root(), before)
  }
  const { shown, code } = await certgate(['ca', 'rotate'], { answers: ['Yes\r'], prompt: QUESTION })
  assert.equal(code, 0, shown)
  assert.match(shown, /^rotation: the replaced root is trusted until /m)
  assert.ok(root().length > before.length, 'both are trusted')
})

test('all certificates of a name are revoked only where somebody says yes to how many those are', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { certgate } = await stopped(t)
  for (const out of ['a', 'b', 'c']) assert.equal((await certgate(['cert', 'generate', 'scraper', '--no-password', '--out', out])).code, 0)
  const revoke = ['cert', 'revoke', '--all', 'scraper']
  const no = await certgate(revoke, { answers: ['n\r'], prompt: QUESTION })
  assert.equal(no.code, 1, no.shown)
  assert.match(no.shown, /revoke 3 certificates called 'scraper'\? \[y\/N\] [\s\S]*certgate: nothing was changed\n$/)
  const yes = await certgate(revoke, { answers: ['y\r'], prompt: QUESTION })
  assert.equal(yes.code, 0, yes.shown)
  assert.equal(yes.shown.match(/^revoked scraper /gm)?.length, 3)
})

test('Ctrl-C at the question changes nothing', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { folder, certgate } = await stopped(t)
  const before = readFileSync(join(folder, 'ca/ca.crt'), 'utf8')
  const { code } = await certgate(['ca', 'rotate'], { answers: ['\u0003'], prompt: QUESTION })
  assert.equal(code, 130)
  assert.equal(readFileSync(join(folder, 'ca/ca.crt'), 'utf8'), before)
})

test('a password for a certificate is typed twice, never shown, and opens its PFX', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { folder, certgate } = await stopped(t)
  const generate = ['cert', 'generate', 'alice', '--password-stdin']
  const differing = await certgate(generate, { answers: ['one\r', 'two\r'] })
  assert.equal(differing.code, 1)
  assert.match(differing.shown, /the passwords differ/)
  assert.ok(!readdirSync(folder).includes('alice'), 'nothing was issued')
  const { shown, code } = await certgate(generate, { answers: ['sesam öffne\r', 'sesam öffne\r'] })
  assert.equal(code, 0, shown)
  assert.match(shown, /^password: \nagain: \nissued alice /)
  assert.ok(!shown.includes('sesam'))
  assert.match(readPfx(readFileSync(join(folder, 'alice/alice.pfx')), 'sesam öffne', 'alice.pfx').certificate, /BEGIN CERTIFICATE/)
})

test('at 80 columns lists show every right and every detail', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { certgate } = await stopped(t)
  const rights = ['movies=Read', 'orders=ReadWrite', 'warehouse-of-the-north=Admin'].flatMap((right) => ['--database', right])
  assert.equal((await certgate(['cert', 'generate', 'alice', '--no-password', ...rights])).code, 0)
  for (const args of [
    ['cert', 'list'],
    ['audit', 'list'],
    ['cert', 'show', 'alice'],
  ]) {
    const { shown } = await certgate(args)
    for (const line of shown.split('\n')) assert.ok(line.length <= 80, `${args.join(' ')}: ${line}`)
    assert.match(shown.replace(/\s+/g, ' '), /movies=Read, orders=ReadWrite, warehouse-of-the-north=Admin/, args.join(' '))
    assert.doesNotMatch(shown, /[{}[\]"…]/, args.join(' '))
  }
})
