import assert from 'node:assert/strict'
import test from 'node:test'
import { MaterialError } from '../../../src/errors.ts'
import { looksLikeDer, readMaterial, readPem } from '../../../src/tls/pem.ts'
import { createAuthority, temporaryFolder } from '../../support/authority.ts'

const root = await createAuthority('root')

const failure = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MaterialError)
  assert.equal(error.code, 'material_unusable')
  assert.match(error.message, message)
  return true
}

test('blocks are read in order, whatever stands around them and however lines end', () => {
  const text = `# our CA\r\n${root.certificate.replaceAll('\n', '\r\n')}subject=x\n  ${root.key.replaceAll('\n', '\n  ')}`
  const blocks = readPem(Buffer.from(text), 'x.pem')
  assert.deepEqual(
    blocks.map(({ label }) => label),
    ['CERTIFICATE', 'PRIVATE KEY'],
  )
  assert.ok(blocks[0]?.der.equals(root.der))
})

test('a file without blocks has none', () => {
  assert.deepEqual(readPem(Buffer.from('hello'), 'x.pem'), [])
})

test('a block that is cut off or no base64 is an error that names it', () => {
  const cut = root.certificate.slice(0, -30)
  assert.throws(() => readPem(Buffer.from(root.certificate + cut), 'x.pem'), failure(/^block 2 \(CERTIFICATE\) of x\.pem does not end/))
  const bad = root.certificate.replace(/\n\w/, '\n!')
  assert.throws(() => readPem(Buffer.from(bad), 'x.pem'), failure(/^block 1 \(CERTIFICATE\) of x\.pem is not base64/))
  const hollow = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'
  assert.throws(() => readPem(Buffer.from(hollow), 'x.pem'), failure(/is not base64/))
})

test('a file that cannot be read says why', (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('a.pem', 'x')
  assert.throws(() => readMaterial(`${folder.path}/none.pem`), failure(/^cannot read .*none\.pem: no such file$/))
  assert.throws(() => readMaterial(folder.path), failure(/: it is a directory$/))
  assert.throws(() => readMaterial(`${file}/x`), failure(/is not a directory$/))
  assert.equal(readMaterial(file).toString(), 'x')
})

test('DER is told from text that begins with a zero', () => {
  assert.equal(looksLikeDer(root.der), true)
  assert.equal(looksLikeDer(Buffer.from('0 certificates here')), false)
  assert.equal(looksLikeDer(Buffer.from(root.certificate)), false)
  assert.equal(looksLikeDer(Buffer.alloc(0)), false)
})
