import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPfx } from '../../src/certificates/pkcs12-read.ts'
import { writePfx } from '../../src/certificates/pkcs12-write.ts'
import { temporaryFolder } from '../support/authority.ts'
import { issuedKinds, KINDS } from '../support/issued-kinds.ts'

// The promise: a PFX file of ours opens in other tools, and theirs, old ones too, open here. Tools that are absent skip aloud.

const { pair } = await issuedKinds()
const installed = (tool: string, ...args: string[]) => spawnSync(tool, args).error === undefined

function run(tool: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(tool, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  assert.ok(error === undefined && status === 0, `${tool} ${args.join(' ')}: ${error ?? stderr}`)
  return stdout
}

const opensslForms: readonly (readonly string[])[] = [
  [],
  ['-legacy'],
  ['-legacy', '-descert'],
  ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128', '-keypbe', 'PBE-SHA1-2DES'],
  ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-192-CBC', '-macalg', 'sha512'],
  ['-certpbe', 'NONE', '-keypbe', 'NONE'],
  ['-nomac'],
]

test('openssl: its files are read in every form, and ours by it', (t) => {
  if (!installed('openssl', 'version')) return t.skip('openssl is not installed')
  const { path } = temporaryFolder(t)
  for (const keyType of KINDS) {
    const { certificate, key } = pair(keyType)
    writeFileSync(join(path, 'a.crt'), certificate)
    writeFileSync(join(path, 'a.key'), key)
    for (const form of opensslForms) {
      for (const password of ['pä$s wörd', '']) {
        const into = ['-out', 'a.pfx', '-passout', `pass:${password}`]
        run('openssl', ['pkcs12', '-export', '-in', 'a.crt', '-inkey', 'a.key', ...into, ...form], path)
        const read = readPfx(readFileSync(join(path, 'a.pfx')), password, 'a.pfx')
        assert.deepEqual(read, { certificate, key }, `${keyType} ${form.join(' ')}`)
      }
    }
    writeFileSync(join(path, 'b.pfx'), writePfx({ certificate, key }, 'pä$s wörd', 'alice'))
    const shown = run('openssl', ['pkcs12', '-in', 'b.pfx', '-passin', 'pass:pä$s wörd', '-nodes'], path)
    assert.match(shown, /friendlyName: alice/)
    assert.equal(shown.match(/BEGIN CERTIFICATE/g)?.length, 2)
    assert.ok(shown.includes(key.trim()), keyType)
  }
})

test('keytool (Java): its key stores are read, and ours by it', (t) => {
  if (!installed('keytool', '-help')) return t.skip('keytool is not installed')
  const { path } = temporaryFolder(t)
  const store = ['-storetype', 'PKCS12', '-storepass', 'secret1', '-keystore']
  run('keytool', ['-genkeypair', '-alias', 'a', '-keyalg', 'EC', '-dname', 'CN=java', ...store, 'a.p12'], path)
  assert.match(readPfx(readFileSync(join(path, 'a.p12')), 'secret1', 'a.p12').key, /BEGIN PRIVATE KEY/)
  writeFileSync(join(path, 'b.p12'), writePfx(pair('ec'), 'secret1', 'alice'))
  assert.match(run('keytool', ['-list', ...store, 'b.p12'], path), /^alice, .*PrivateKeyEntry/m)
})

test('pk12util (NSS, Firefox): its BER files are read, and ours by it', (t) => {
  if (!installed('pk12util', '-H')) return t.skip('pk12util is not installed')
  const { path, write } = temporaryFolder(t)
  run('certutil', ['-d', `sql:${path}`, '-N', '--empty-password'], path)
  write('a.pfx', writePfx(pair('ec'), 'secret', 'alice'))
  run('pk12util', ['-d', `sql:${path}`, '-i', 'a.pfx', '-W', 'secret'], path)
  run('pk12util', ['-d', `sql:${path}`, '-o', 'b.pfx', '-n', 'alice', '-W', 'secret'], path)
  const { certificate, key } = pair('ec')
  assert.deepEqual(readPfx(readFileSync(join(path, 'b.pfx')), 'secret', 'b.pfx'), { certificate, key })
})
