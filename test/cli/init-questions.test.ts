import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createAuthority, encryptKey, temporaryFolder } from '../support/authority.ts'
import { onTerminal, skipsWithoutTerminal } from './terminal.ts'

// The promise: on a terminal `init` asks for what no flag says, takes its defaults for Enter, asks again with the reason, and writes
// nothing until all is answered.

const prompt = /\]: |password of [^\n]*: /g
const ask = (cwd: string, flags: string, answers: readonly string[]) =>
  onTerminal({ args: ['init', ...flags.split(' ').filter((word) => word !== '')], prompt, answers, cwd, columns: 200 })

/** A port where something listens. */
async function service(t: TestContext): Promise<string> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

test('Enter takes every default', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path } = temporaryFolder(t)
  const { shown, code } = await ask(path, '', ['\r', '\r', '\r', '\r', '\r'])
  assert.equal(code, 0, shown)
  assert.match(shown, /^folder for configuration, keys and certificates \[\.\]: /m)
  assert.match(shown, /^next: \S+ serve$/m)
  assert.match(readFileSync(join(path, 'certgate.yml'), 'utf8'), /- "http:\/\/127\.0\.0\.1:8080"\n/)
  assert.match(readFileSync(join(path, 'roles_mapping.yml'), 'utf8'), /\nadmin:\n {2}users:\n {4}- admin\n$/)
})

test('wrong answers are asked again with the reason, and right ones count', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path } = temporaryFolder(t)
  const root = await createAuthority('CN=Corp Root')
  const folder = temporaryFolder(t)
  const cert = folder.write('corp.crt', root.certificate)
  const key = folder.write('other.key', encryptKey(root, 'sesam'))
  const answers = ['gate\r', 'a b_ c\r', 'gate.example, 10.0.0.7\r', 'nothing.crt\r', `${cert}\r`, `${key}\r`, 'wrong\r', 'sesam\r']
  const { shown, code } = await ask(path, '', [...answers, 'ftp://a\r', `${await service(t)}\r`, 'CN=x\r', 'Alice Smith\r'])
  assert.equal(code, 0, shown)
  assert.match(shown, /no: 'b_' is neither a host name nor an IP address\n/)
  assert.match(shown, /no: cannot read nothing\.crt: no such file\n/)
  assert.match(shown, /file with its private key \[\S+corp\.key\]: /)
  assert.match(shown, /no: the passphrase does not open the private key /)
  assert.match(shown, /no: `ftp:\/\/a` is not a target\n/)
  assert.match(shown, /no: the mapping would take 'CN=x' for a pattern or a DN\n/)
  assert.ok(!shown.includes('sesam') && !shown.includes('warning'), shown)
  const server = new X509Certificate(readFileSync(join(path, 'gate/server.crt')))
  assert.match(server.subjectAltName ?? '', /DNS:gate\.example, IP Address:10\.0\.0\.7/)
  assert.equal(readFileSync(join(path, 'gate/ca/ca.crt'), 'utf8'), root.certificate)
  assert.match(readFileSync(join(path, 'gate/roles_mapping.yml'), 'utf8'), /- "Alice Smith"\n$/)
})

test('a service that does not answer is a warning', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path } = temporaryFolder(t)
  const { shown, code } = await ask(path, '--dir d --name gate.example --admin-name admin', ['\r', 'unix:/nowhere/socket\r'])
  assert.equal(code, 0, shown)
  assert.match(shown, /warning: nothing answers at unix:\/nowhere\/socket \(no such file or directory\): requests get 502 /)
})

test('nothing is asked where all is said, or --yes is', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path } = temporaryFolder(t)
  const yes = await ask(path, '--dir yes --yes', [])
  assert.equal(yes.code, 0)
  assert.match(yes.shown, /^made in yes:\n/)
  const root = await createAuthority('CN=Corp Root')
  const folder = temporaryFolder(t)
  const ca = `--ca ${folder.write('ca.crt', root.certificate)} --ca-key ${folder.write('ca.key', root.key)}`
  const said = await ask(path, `--dir said --name gate.example ${ca} --upstream http://127.0.0.1:1 --admin-name alice`, [])
  assert.equal(said.code, 0)
  assert.match(said.shown, /^made in said:\n/)
})

test('Ctrl-C and the end of input write nothing', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path } = temporaryFolder(t)
  const stopped = await ask(path, '', ['gate\r', '\u0003'])
  assert.equal(stopped.code, 130)
  const ended = await ask(path, '', ['gate\r', '\u0004'])
  assert.equal(ended.code, 1)
  assert.match(ended.shown, /certgate: the input ended before all was answered\nhint: nothing was written\n/)
  assert.deepEqual(readdirSync(path), [])
})

test('a folder that has a configuration is not asked about further', async (t) => {
  if (skipsWithoutTerminal(t)) return
  const { path, write } = temporaryFolder(t)
  write('certgate.yml', 'precious')
  const { shown } = await ask(path, '', ['\r', '\u0004'])
  assert.match(shown, /no: certgate\.yml already exists\n {2}hint: name another folder\n/)
  assert.ok(!existsSync(join(path, 'ca')))
})
