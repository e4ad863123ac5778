import assert from 'node:assert/strict'
import { hash, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { issuedEntry } from '../../src/certificates/issuance-record.ts'
import { issueClient } from '../../src/certificates/issue.ts'
import { issuerKeyId } from '../../src/certificates/issuer.ts'
import { writeOcspRequest } from '../../src/certificates/ocsp-request.ts'
import { eventually } from '../support/eventually.ts'
import { askPlain } from '../support/https-client.ts'
import { initialized } from '../support/initialized.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'
import { CLI } from '../support/registry-store.ts'

// The promise: what is revoked is on a signed list, in a file and over HTTP, and in what OCSP answers, within a second or two. OpenSSL checks it.

const skip = absent('openssl')

/** alice and bob, issued and registered; the program runs. */
async function setting(t: Lifetime, pki?: string) {
  const gate = await initialized(t, pki === undefined ? {} : { pki })
  const store = gate.store()
  const issuer = gate.issuer({ url: 'http://pki.example' })
  const people = new Map<string, string>()
  for (const name of ['alice', 'bob']) {
    const issued = await issueClient(issuer, { commonName: name, days: 30 })
    store.registry.add([issuedEntry(issuer, issued.der, { name, clearance: 'ValidUser', permissions: new Map() })], CLI)
    gate.write(`${name}.crt`, issued.certificate)
    people.set(name, hash('sha256', issued.der, 'hex'))
  }
  const running = await gate.start()
  const keyId = issuerKeyId(issuer)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: gate.folder })
  const ocsp = async (name: string, ...more: string[]) => {
    const args = ['-issuer', 'ca/issuing.crt', '-cert', `${name}.crt`, '-CAfile', 'ca/ca.crt', '-url', `${running.pki}/ocsp`]
    const { text, stderr } = await openssl('ocsp', ...args, ...more)
    return text + stderr
  }
  return { ...gate, ...running, store, issuer, keyId, people, openssl, ocsp }
}

test('a revoked certificate is on the list and revoked by OCSP, and another one is not', { skip }, async (t) => {
  const { folder, store, pki, keyId, people, openssl, ocsp } = await setting(t)
  const url = `${pki}/crl/${keyId}.crl`
  const before = await askPlain(url)
  assert.deepEqual([before.status, before.headers['content-type']], [200, 'application/pkix-crl'])
  const good = await ocsp('alice')
  assert.match(good, /Response verify OK/)
  assert.match(good, /alice\.crt: good/)
  assert.doesNotMatch(good, /WARNING: no nonce/)

  store.registry.revoke(people.get('alice') ?? '', 'keyCompromise', CLI)
  const after = await eventually('a new list', async () => {
    const answer = await askPlain(url)
    return answer.sha256 !== before.sha256 && answer
  })
  assert.match(await ocsp('alice'), /alice\.crt: revoked[\s\S]*Reason: keyCompromise/)
  assert.match(await ocsp('bob'), /bob\.crt: good/)

  const file = join(folder, 'ca', 'crl', `${keyId}.crl`)
  await openssl('crl', '-inform', 'der', '-in', file, '-out', 'list.pem')
  const { text } = await openssl('crl', '-in', 'list.pem', '-noout', '-text', '-CAfile', 'ca/issuing.crt')
  const serial = new X509Certificate(readFileSync(join(folder, 'alice.crt'))).serialNumber
  assert.ok(text.includes(`Serial Number: ${serial}`), text)
  assert.match((await openssl('crl', '-in', 'list.pem', '-noout', '-CAfile', 'ca/issuing.crt')).stderr, /verify OK/)
  assert.equal(after.bytes, (await askPlain(url)).bytes)
  const verify = async (name: string) => {
    const { code, stderr } = await openssl(
      'verify',
      '-crl_check',
      '-CRLfile',
      'list.pem',
      '-CAfile',
      'ca/ca.crt',
      '-untrusted',
      'ca/issuing.crt',
      `${name}.crt`,
    )
    return `${code} ${stderr}`
  }
  assert.match(await verify('bob'), /^0 /)
  assert.match(await verify('alice'), /^2 .*certificate revoked/s)
})

test('the list is signed anew at half of its life, with a higher number', { skip }, async (t) => {
  const { folder, keyId, openssl } = await setting(t, '{ http: "127.0.0.1:0", crl_lifetime: 10s }')
  const number = async () => {
    const { text } = await openssl('crl', '-inform', 'der', '-in', join(folder, 'ca', 'crl', `${keyId}.crl`), '-noout', '-crlnumber')
    const digits = /=(?:0x)?([0-9A-F]+)/i.exec(text)?.[1]
    return digits === undefined ? null : Number.parseInt(digits, 16)
  }
  const first = await eventually('a list', number)
  await eventually('the next list', async () => ((await number()) ?? 0) > first, 30_000)
})

test('OCSP tells what was never issued, what cannot be read, and takes requests in the path', { skip }, async (t) => {
  const { write, folder, pki, issuer, openssl, ocsp } = await setting(t)
  const stranger = await issueClient(issuer, { commonName: 'stranger', days: 1 })
  write('stranger.crt', stranger.certificate)
  assert.match(await ocsp('stranger'), /stranger\.crt: unknown/)

  const serial = new X509Certificate(readFileSync(join(folder, 'bob.crt'))).serialNumber
  const request = writeOcspRequest(issuer, serial, { nonce: null })
  const inPath = await askPlain(`${pki}/ocsp/${encodeURIComponent(request.toString('base64'))}`)
  assert.deepEqual([inPath.status, inPath.headers['content-type']], [200, 'application/ocsp-response'])
  assert.match(String(inPath.headers['cache-control']), /max-age=\d+, public/)
  assert.ok(inPath.headers.etag !== undefined && inPath.headers.expires !== undefined)
  writeFileSync(join(folder, 'answer.der'), inPath.head)
  const read = await openssl('ocsp', '-respin', 'answer.der', '-issuer', 'ca/issuing.crt', '-cert', 'bob.crt', '-CAfile', 'ca/ca.crt')
  assert.match(read.text + read.stderr, /Response verify OK[\s\S]*bob\.crt: good|bob\.crt: good[\s\S]*Response verify OK/)

  const withNonce = writeOcspRequest(issuer, serial, { nonce: randomBytes(32) })
  const posted = await askPlain(`${pki}/ocsp`, { method: 'POST', body: withNonce })
  assert.equal(posted.headers['cache-control'], 'no-store')
  const malformed = Buffer.from([0x30, 0x03, 0x0a, 0x01, 0x01])
  for (const body of [Buffer.from('nonsense'), Buffer.alloc(0), Buffer.alloc(16_000)])
    assert.deepEqual((await askPlain(`${pki}/ocsp`, { method: 'POST', body })).head, malformed)
  assert.deepEqual((await askPlain(`${pki}/ocsp/%%%`)).head, malformed)
  assert.deepEqual((await askPlain(`${pki}/ocsp/${'A'.repeat(300)}`)).head, malformed)
})

test('the CA certificates are there, and nothing else is', { skip }, async (t) => {
  const { read, pki, keyId } = await setting(t)
  const ask = async (path: string, method = 'GET') => askPlain(pki + path, { method })
  assert.equal((await ask('/ca.crt')).text, read('ca/ca.crt'))
  const root = new X509Certificate(read('ca/ca.crt')).raw
  assert.deepEqual((await ask('/ca.cer')).head, root)
  const issuing = new X509Certificate(read('ca/issuing.crt')).raw
  for (const path of ['/issuing.cer', `/issuing/${keyId}.cer`]) assert.deepEqual((await ask(path)).head, issuing)
  assert.deepEqual(new X509Certificate((await ask('/issuing.crt')).text).raw, issuing)
  const { status, headers, bytes } = await ask('/ca.crt', 'HEAD')
  assert.deepEqual([status, bytes], [200, 0])
  assert.equal(headers['content-length'], String(Buffer.byteLength(read('ca/ca.crt'))))
  const again = await askPlain(`${pki}/ca.crt`, { headers: { 'if-none-match': String(headers.etag) } })
  assert.deepEqual([again.status, again.bytes], [304, 0])

  const elsewhere = [
    '/',
    '/ca.key',
    '/ca/ca.key',
    '/../certgate.yml',
    '/crl/',
    `/crl/${'0'.repeat(64)}.crl`,
    '/crl/..%2f..%2fca.key',
    '/metrics',
    '/api/v1/ca',
    '/issuing.key',
  ]
  for (const path of elsewhere) assert.equal((await ask(path)).status, 404, path)
  assert.equal((await ask('/ca.crt', 'POST')).status, 405)
  assert.equal((await ask('/ocsp', 'DELETE')).status, 405)
  assert.equal((await askPlain(`${pki}/ocsp`, { method: 'POST', body: Buffer.alloc(100_000) })).status, 413)
})

test('who sends slowly is cut off', { skip }, async (t) => {
  const { pki } = await setting(t)
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(pki).port) })
  t.after(() => socket.destroy())
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.resume()
  socket.write('POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n')
  const timer = setTimeout(() => assert.fail('still open'), 30_000)
  await closed
  clearTimeout(timer)
})

test('lists that cannot be written are served all the same, and an authority that is gone stops nothing', { skip }, async (t) => {
  const gate = await initialized(t)
  const ca = join(gate.folder, 'ca')
  // A file where the folder of the lists would be.
  rmSync(join(ca, 'crl'), { recursive: true })
  gate.write('ca/crl', '')
  const { program, pki, client } = await gate.start()
  await program.line(/the revocation list cannot be written to/)
  const keyId = issuerKeyId(gate.issuer())
  assert.equal((await askPlain(`${pki}/crl/${keyId}.crl`)).status, 200)
  assert.equal((await client().ask('/')).status, 200)

  rmSync(join(ca, 'issuing.key'))
  await program.line(/nothing can be issued: cannot read .*issuing\.key/)
  assert.equal((await client().ask('/')).status, 200)
  assert.equal((await askPlain(`${pki}/issuing.crt`)).status, 404)
  assert.ok(existsSync(join(ca, 'ca.crt')) && readdirSync(gate.folder).includes('certgate.db'))
})
