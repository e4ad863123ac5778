import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeBundle } from '../../src/certificates/bundle.ts'
import { readPfx, readPfxCertificates } from '../../src/certificates/pkcs12-read.ts'
import { writeCertificatesPfx, writePfx } from '../../src/certificates/pkcs12-write.ts'
import { temporaryFolder } from '../support/authority.ts'
import { issuedKinds, KINDS } from '../support/issued-kinds.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: the legacy form, files without keys and whole bundles open in other tools, and their files with several leaves open here.

const { authority, pair } = await issuedKinds()
const password = 'pä$s wörd'

test('openssl opens the legacy form of each kind of key', { skip: absent('openssl') }, async (t) => {
  const { write, path: cwd } = temporaryFolder(t)
  for (const keyType of KINDS) {
    write('old.pfx', writePfx(pair(keyType), password, 'alice', { legacy: true }))
    const args = ['pkcs12', '-in', 'old.pfx', '-passin', `pass:${password}`, '-nodes', '-info']
    const { text, stderr, code } = await run('openssl', args, { cwd, env: { LC_ALL: 'C.UTF-8' } })
    assert.equal(code, 0, stderr)
    assert.match(stderr, /MAC: sha1/)
    assert.match(stderr, /pbeWithSHA1And3-KeyTripleDES-CBC/)
    assert.ok(text.includes(pair(keyType).key.trim()), keyType)
  }
})

test('keytool opens the legacy form, and lists certificates without keys as trusted', { skip: absent('keytool') }, async (t) => {
  const { write, path: cwd } = temporaryFolder(t)
  write('old.p12', writePfx(pair('ec'), 'secret1', 'alice', { legacy: true }))
  const list = (file: string) => run('keytool', ['-list', '-storetype', 'PKCS12', '-storepass', 'secret1', '-keystore', file], { cwd })
  assert.match((await list('old.p12')).text, /^alice, .*PrivateKeyEntry/m)
  const entries = [
    { certificate: pair('ec').certificate.split(/(?<=END CERTIFICATE-----\n)/)[0] ?? '', friendlyName: 'ec client' },
    { certificate: authority.rootCertificate, friendlyName: 'root' },
  ]
  write('trust.p12', writeCertificatesPfx(entries, 'secret1'))
  const { text } = await list('trust.p12')
  assert.match(text, /^ec client, .*trustedCertEntry/m)
  assert.match(text, /^root, .*trustedCertEntry/m)
})

test('a key store of Java with several keys is one thing to trust, and none to guess a key from', {
  skip: absent('keytool'),
}, async (t) => {
  const { path: cwd } = temporaryFolder(t)
  for (const [alias, keyalg] of [
    ['a', 'EC'],
    ['b', 'RSA'],
  ] as const) {
    const store = ['-storetype', 'PKCS12', '-storepass', 'secret1', '-keystore', 'two.p12']
    await run('keytool', ['-genkeypair', '-alias', alias, '-keyalg', keyalg, '-dname', `CN=${alias}`, ...store], { cwd })
  }
  const bytes = readFileSync(join(cwd, 'two.p12'))
  const subjects = readPfxCertificates(bytes, 'secret1').map(({ subject }) => subject)
  assert.deepEqual(subjects.sort(), ['CN=a', 'CN=b'])
  assert.throws(() => readPfx(bytes, 'secret1', 'two.p12'), { message: /holds several certificates with private keys$/ })
  assert.throws(() => readPfxCertificates(bytes, 'wrong'), { code: 'issuance_refused', field: 'password' })
})

test("openssl's files without a key are read: with a password, an empty one, and none at all", { skip: absent('openssl') }, async (t) => {
  const { write, path: cwd } = temporaryFolder(t)
  write('a.crt', pair('ec').certificate)
  for (const [pass, form] of [
    ['secret', []],
    ['', []],
    ['', ['-nomac', '-certpbe', 'NONE']],
    ['secret', ['-legacy']],
  ] as const) {
    const args = ['pkcs12', '-export', '-nokeys', '-in', 'a.crt', '-out', 'a.pfx', '-passout', `pass:${pass}`, ...form]
    const { code, stderr } = await run('openssl', args, { cwd })
    assert.equal(code, 0, stderr)
    assert.equal(readPfxCertificates(readFileSync(join(cwd, 'a.pfx')), pass === '' ? null : pass).length, 2)
  }
})

const bundle = (name: string) =>
  writeBundle({ issued: pair('ec'), name, password, serverAuthority: authority.rootCertificate, url: 'https://gate.test:8443' })

for (const [tool, unpack] of [
  ['unzip', ['-q', 'bundle.zip', '-d', 'out']],
  ['python3', ['-m', 'zipfile', '-e', 'bundle.zip', 'out']],
] as const) {
  test(`${tool} unpacks a bundle, whatever its name`, { skip: absent(tool) }, async (t) => {
    for (const name of ['alice', '../x', 'Jürgen 李']) {
      const { write, path: cwd } = temporaryFolder(t)
      const { zip } = bundle(name)
      write('bundle.zip', zip)
      mkdirSync(join(cwd, 'out'))
      const { code, stderr, text } = await run(tool, unpack, { cwd, env: { LC_ALL: 'C.UTF-8' } })
      assert.equal(code, 0, stderr + text)
      assert.deepEqual(readdirSync(cwd).sort(), ['bundle.zip', 'out'], 'nothing beside the folder')
      const names = readdirSync(join(cwd, 'out'))
      assert.equal(names.length, 5)
      // Python's module does not set modes.
      if (tool === 'unzip') for (const file of names) assert.equal(statSync(join(cwd, 'out', file)).mode & 0o777, 0o600, file)
      const pfx = names.find((file) => file.endsWith('.pfx')) ?? ''
      assert.equal(readPfx(readFileSync(join(cwd, 'out', pfx)), password, pfx).key, pair('ec').key)
    }
  })
}

test('openssl opens the encrypted key of a bundle with its password, and not with another', {
  skip: absent('openssl', 'unzip'),
}, async (t) => {
  const { write, path: cwd } = temporaryFolder(t)
  write('bundle.zip', bundle('alice').zip)
  await run('unzip', ['-q', 'bundle.zip'], { cwd })
  const open = (pass: string) =>
    run('openssl', ['pkey', '-in', 'alice.key', '-passin', `pass:${pass}`], { cwd, env: { LC_ALL: 'C.UTF-8' } })
  assert.equal((await open(password)).text, pair('ec').key)
  assert.notEqual((await open('wrong')).code, 0)
})
