import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { readPair, recoverPair, writePair } from '../../../src/cli/pair-files.ts'
import { createAuthority, temporaryFolder } from '../../support/authority.ts'

const authority = await createAuthority('CN=root')
const [first, second] = await Promise.all([authority.issue({ subject: 'CN=a' }), authority.issue({ subject: 'CN=a' })])

function pair(t: TestContext) {
  const { path, write } = temporaryFolder(t)
  const files = { cert: write('a.crt', first.certificate), key: write('a.key', first.key) }
  return { path, write, files, content: () => [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')] }
}

test('a new certificate and key take the place of the old, with the modes of those, and a key is never for all', (t) => {
  const { files, path, content } = pair(t)
  chmodSync(files.cert, 0o644)
  chmodSync(files.key, 0o644)
  writePair(files, second.certificate, second.key, first.key)
  assert.deepEqual(content(), [second.certificate, second.key])
  assert.deepEqual([statSync(files.cert).mode & 0o777, statSync(files.key).mode & 0o777], [0o644, 0o640])
  assert.deepEqual(readdirSync(path).sort(), ['a.crt', 'a.key'])
})

test('with the same key the key file is not touched', (t) => {
  const { files } = pair(t)
  const { ino, mtimeMs } = statSync(files.key)
  writePair(files, first.certificate, null, first.key)
  assert.deepEqual([statSync(files.key).ino, statSync(files.key).mtimeMs], [ino, mtimeMs])
})

test('a disk that does not take the second file leaves both as they were', (t) => {
  const { path, files, content } = pair(t)
  // A folder stands where the certificate would be written beside.
  mkdirSync(join(path, '.a.crt.certgate-new'))
  writeFileSync(join(path, '.a.crt.certgate-new', 'x'), '')
  assert.throws(() => writePair(files, second.certificate, second.key, first.key), { code: 'ERR_FS_EISDIR' })
  assert.deepEqual(content(), [first.certificate, first.key])
  assert.ok(!existsSync(join(path, '.a.key.certgate-new')))
})

test('a certificate that cannot be renamed into its place takes the new key back', (t) => {
  const { path, files, content } = pair(t)
  const before = content()[1]
  rmSync(files.cert)
  mkdirSync(files.cert)
  assert.throws(() => writePair(files, second.certificate, second.key, first.key), { code: 'EISDIR' })
  assert.equal(readFileSync(files.key, 'utf8'), before)
  assert.deepEqual(readdirSync(path).sort(), ['a.crt', 'a.key'])
})

test('a stop between the two renames is made good, and one before them is taken back', (t) => {
  const { path, write, files, content } = pair(t)
  write('a.key', second.key)
  write('.a.crt.certgate-new', second.certificate)
  assert.throws(() => readPair(files), { code: 'material_unusable' })
  assert.equal(recoverPair(files), true)
  assert.deepEqual(content(), [second.certificate, second.key])
  write('.a.crt.certgate-new', first.certificate)
  write('.a.key.certgate-new', first.key)
  assert.equal(recoverPair(files), false)
  assert.deepEqual(content(), [second.certificate, second.key])
  assert.deepEqual(readdirSync(path).sort(), ['a.crt', 'a.key'])
  assert.equal(readPair(files).certificate.fingerprint256, new X509Certificate(second.certificate).fingerprint256)
})

test('files of others stay, whatever they are called', (t) => {
  const { path, write, files, content } = pair(t)
  write('a.crt.new', 'mine')
  write('a.key.new', second.key)
  assert.equal(recoverPair(files), false)
  writePair(files, second.certificate, second.key, first.key)
  assert.deepEqual(content(), [second.certificate, second.key])
  assert.deepEqual(readdirSync(path).sort(), ['a.crt', 'a.crt.new', 'a.key', 'a.key.new'])
  assert.equal(readFileSync(join(path, 'a.crt.new'), 'utf8'), 'mine')
})

test('who reads at any time gets whole files, and with the same key always a pair that fits', async (t) => {
  const { files } = pair(t)
  const renewed = await authority.issue({ subject: 'CN=a', key: first.key })
  const writer = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     import(workerData.module).then(({ writePair }) => {
       for (let round = 0; round < 150; round++) writePair(workerData.files, workerData.certificates[round % 2], null, workerData.key)
       parentPort.postMessage('done')
     })`,
    {
      eval: true,
      workerData: {
        module: new URL('../../../src/cli/pair-files.ts', import.meta.url).href,
        files,
        key: first.key,
        certificates: [first.certificate, renewed.certificate],
      },
    },
  )
  let done = false
  writer.once('message', () => {
    done = true
  })
  let reads = 0
  while (!done) {
    const key = createPrivateKey(readFileSync(files.key))
    const certificate = new X509Certificate(readFileSync(files.cert))
    assert.ok(certificate.checkPrivateKey(key))
    reads++
    if (reads % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(reads > 20)
})

test('files that are missing, encrypted, or do not fit are told', async (t) => {
  const { write, files, path } = pair(t)
  assert.throws(() => readPair({ ...files, key: join(path, 'no.key') }), {
    code: 'material_unusable',
    message: /cannot read .*no\.key: no such file/,
  })
  const locked = first.keyObject.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()
  assert.throws(() => readPair({ ...files, key: write('l.key', locked) }), { message: /is encrypted/ })
  assert.throws(() => readPair({ ...files, key: write('o.key', second.key) }), { message: /is not of the key in/ })
})
