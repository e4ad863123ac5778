import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { blocksOf, readDocument } from '../support/documents.ts'
import { type EnrollingGateway, startEnrolment } from '../support/enrolment.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: with a one-time token, curl and openssl a client gets a certificate that works at once;
// and whatever a request asks for, it gets no other name, no other rights and no longer life than it was given.

const skip = absent('curl', 'openssl')
const PKCS10 = ['-H', 'Content-Type: application/pkcs10', '--data-binary']

describe('enrolment over EST', { skip }, () => {
  let gate: EnrollingGateway
  const lifetime = fileLifetime()
  before(async () => {
    gate = await startEnrolment(lifetime)
  })

  const shown = (file: string, ...what: string[]) => gate.openssl('x509', '-in', file, '-noout', ...what)
  const refused = (since: number) =>
    gate.store.audit
      .read({ after: since, filter: { action: 'certificate.enrol' } })
      .map(({ outcome, details }) => [outcome, details.reason])
  const registered = (name: string) => gate.store.registry.byName(name)

  test('a token gives a certificate that the gateway lets in, and is used up by it', async () => {
    const token = gate.token('web1')
    await gate.request('web1', '/CN=web1')
    const { status, headers } = await gate.enrol('web1', token)
    assert.equal(status, 200)
    assert.match(headers, /content-type: application\/pkcs7-mime; smime-type=certs-only\r\n/)
    assert.match(headers, /content-transfer-encoding: base64\r\n/)
    await gate.openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      'ca/ca.crt',
      '-untrusted',
      'ca/issuing.crt',
      'web1.crt',
    )
    const through = await gate.curl('--cert', 'web1.crt', '--key', 'web1.key', `${gate.listener}/hello`)
    assert.equal(through.status, 200, through.body)
    const [entry] = registered('web1')
    assert.deepEqual([entry?.clearance, entry?.permissions.size, entry?.origin, registered('web1').length], ['ValidUser', 0, 'issued', 1])

    const { sequence } = gate.store.audit.head()
    await gate.request('again', '/CN=web1')
    const again = await gate.enrol('again', token)
    assert.deepEqual([again.status, registered('web1').length], [401, 1])
    assert.match(again.body, /^this enrolment token was used already\n/)
    assert.match(again.headers, /www-authenticate: basic realm=/)
    assert.deepEqual(refused(sequence), [['refused', 'credentials_wrong']])
  })

  test('of two who come with one token at the same moment one gets a certificate', async () => {
    const token = gate.token('racer')
    await Promise.all(['r1', 'r2', 'r3', 'r4'].map((name) => gate.request(name, '/CN=racer')))
    const answers = await Promise.all(['r1', 'r2', 'r3', 'r4'].map((name) => gate.enrol(name, token)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
    assert.equal(registered('racer').length, 1)
  })

  test('a token that has expired, or never was, gives nothing', async () => {
    const token = gate.token('late', { validFor: 1 })
    await gate.request('late', '/CN=late')
    assert.match((await gate.enrol('late', token)).body, /has expired/)
    const invented = await gate.enrol('late', `cge_${'A'.repeat(43)}`)
    assert.deepEqual([invented.status, registered('late').length], [401, 0])
  })

  test('a request for a CA, an administrator, all names and a long life gets what the token says', async () => {
    await gate.request(
      'greedy',
      '/O=Acme/CN=modest',
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign,cRLSign'],
      ...['-addext', 'subjectAltName=DNS:admin,URI:spiffe://t/admin', '-days', '9999'],
    )
    const { status } = await gate.enrol('greedy', gate.token('modest', { lifetime: 3 * 86_400_000 }))
    assert.equal(status, 200)
    const text = await shown('greedy.crt', '-text')
    assert.match(text, /CA:FALSE/)
    assert.doesNotMatch(text, /spiffe|DNS:admin|Certificate Sign|Acme/)
    assert.equal((await shown('greedy.crt', '-subject')).trim(), 'subject=CN = modest')
    const [entry] = registered('modest')
    assert.ok(Math.abs((entry?.notAfter ?? 0) - Date.now() - 3 * 86_400_000) < 120_000)
    assert.deepEqual([entry?.sans, registered('admin').length], [[], 0])
  })

  test('a request for another name than the token has is refused with both said, and the token stays good', async () => {
    const token = gate.token('web7')
    await gate.request('web8', '/CN=web8')
    const refusal = await gate.enrol('web8', token)
    assert.deepEqual([refusal.status, registered('web7').length], [403, 0])
    assert.match(refusal.body, /^the token is for the name web7, and the request is for another common name\nask for that name/)
    await gate.request('web7', '/CN=web7')
    assert.equal((await gate.enrol('web7', token)).status, 200)
  })

  test('a request that is none, weak, oversized or of another type is refused, and the token stays good', async () => {
    const token = gate.token('sound')
    const send = (...args: string[]) => gate.curl('-u', `token:${token}`, ...args, `${gate.est}/simpleenroll`)
    assert.equal((await send(...PKCS10, 'garbage')).status, 400)
    assert.equal((await send(...PKCS10, '')).status, 400)
    await gate.request('weak', '/CN=sound', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'weak.key')
    const weak = await send(...PKCS10, '@weak.csr')
    assert.equal(weak.status, 400)
    assert.match(weak.body, /1024 bits/)
    gate.write('big', 'A'.repeat(200_000))
    assert.equal((await send(...PKCS10, '@big')).status, 413)
    assert.equal((await send(...PKCS10, '@big', '-H', 'Transfer-Encoding: chunked')).status, 413)
    await gate.request('sound', '/CN=sound')
    assert.equal((await send('--data-binary', '@sound.csr')).status, 415)
    const der = await run('openssl', ['req', '-in', 'sound.csr', '-outform', 'DER'], { cwd: gate.folder })
    gate.write('forged.csr', flipped(der.stdout))
    const forged = await send(...PKCS10, '@forged.csr')
    assert.deepEqual([forged.status, registered('sound').length], [400, 0])
    assert.match(forged.body, /does not verify/)
    gate.write('sound.csr', der.stdout.toString('base64'))
    assert.equal((await send(...PKCS10, '@sound.csr', '-H', 'Content-Transfer-Encoding: base64')).status, 200)
  })

  test('names of ten thousand characters are answered in few', async () => {
    const token = gate.token('n'.repeat(10_000))
    await gate.request('long', '/O=long')
    const answer = await gate.enrol('long', token)
    assert.equal(answer.status, 400)
    assert.ok(answer.body.length < 400)
    await gate.request('other', '/CN=other')
    const other = await gate.enrol('other', token)
    assert.deepEqual([other.status, other.body.length < 400], [403, true])
    gate.write('long.cnf', `[req]\nprompt=no\nstring_mask=utf8only\ndistinguished_name=dn\n[dn]\n2.5.4.41=${'x'.repeat(10_000)}\n`)
    await run('openssl', ['req', '-new', '-config', 'long.cnf', '-key', 'long.key', '-out', 'long.csr'], { cwd: gate.folder })
    const odd = await gate.enrol('long', gate.token('short'))
    assert.ok([200, 400].includes(odd.status))
    const user = await gate.curl('-u', `${'u'.repeat(5_000)}:x`, ...PKCS10, '@long.csr', `${gate.est}/simpleenroll`)
    assert.deepEqual([user.status, user.body.length < 400], [401, true])
  })

  test('without credentials, with other ones, and where there is nothing, that is said', async () => {
    await gate.request('nobody', '/CN=nobody')
    const none = await gate.curl(...PKCS10, '@nobody.csr', `${gate.est}/simpleenroll`)
    assert.equal(none.status, 401)
    assert.match(none.headers, /www-authenticate: basic realm="certgate enrolment"/)
    const user = await gate.curl('-u', 'alice:secret', ...PKCS10, '@nobody.csr', `${gate.est}/simpleenroll`)
    assert.deepEqual([user.status, user.body.split('\n')[0]], [401, 'passwords are not accepted here'])
    assert.equal((await gate.curl('-H', 'Authorization: Digest x', ...PKCS10, '@nobody.csr', `${gate.est}/simpleenroll`)).status, 401)
    assert.equal((await gate.curl(`${gate.est}/simpleenroll`)).status, 405)
    for (const path of ['', '/', '/fullcmc', '/a/b/cacerts', '//cacerts', '/cacerts/', '/%63acerts', '/__proto__'])
      assert.equal((await gate.curl('--path-as-is', `${gate.est}${path}`)).status, 404, path)
    assert.equal((await gate.curl(`https://localhost:${gate.estPort}/`)).status, 404)
    assert.equal((await gate.curl('-X', 'POST', `${gate.est}/cacerts`)).status, 405)
  })

  test('a Bearer token counts, and any label', async () => {
    await gate.request('bearer', '/CN=bearer')
    const header = `Authorization: Bearer ${gate.token('bearer')}`
    assert.equal((await gate.curl('-H', header, ...PKCS10, '@bearer.csr', `${gate.est}/some-label/simpleenroll`)).status, 200)
  })

  test('cacerts gives the issuing certificate and then the root, csrattrs nothing', async () => {
    const { status, headers, body } = await gate.curl(`${gate.est}/cacerts`)
    assert.equal(status, 200)
    assert.match(headers, /content-type: application\/pkcs7-mime; smime-type=certs-only/)
    gate.write('cacerts.p7', Buffer.from(body, 'base64'))
    const printed = await gate.openssl('pkcs7', '-inform', 'DER', '-in', 'cacerts.p7', '-print_certs')
    const pems = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+/g) ?? []
    assert.deepEqual(pems(printed), pems(gate.authority.issuingCertificate + gate.authority.rootCertificate))
    assert.equal((await gate.curl(`${gate.est}/csrattrs`)).status, 204)
    assert.equal((await gate.curl('-I', `${gate.est}/l/cacerts`)).status, 200)
  })

  test('a browser that somebody else speaks through is refused', async () => {
    await gate.request('csrf', '/CN=csrf')
    for (const header of ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site']) {
      const token = gate.token('csrf')
      const answer = await gate.curl('-H', header, '-u', `token:${token}`, ...PKCS10, '@csrf.csr', `${gate.est}/simpleenroll`)
      assert.deepEqual([answer.status, registered('csrf').length], [403, 0])
    }
  })

  test('the lines of the documentation work as they stand', async () => {
    const blocks = blocksOf(readDocument('docs/operations.md')).filter(({ kind }) => kind === 'enrolment')
    assert.equal(blocks.length, 2)
    mkdirSync(join(gate.folder, 'documented'))
    const cwd = join(gate.folder, 'documented')
    writeFileSync(join(cwd, 'ca.crt'), gate.authority.rootCertificate)
    const script = blocks
      .map(({ text }) => text)
      .join('')
      .replaceAll('gate.example:9444', `localhost:${gate.estPort}`)
      .replaceAll('cge_SECRET', gate.token('web1'))
    const { code, stderr } = await run('sh', ['-e', '-c', script], { cwd })
    assert.equal(code, 0, stderr)
    for (const file of ['web1.crt', 'renewed.crt']) {
      await gate.openssl('verify', '-CAfile', 'ca/ca.crt', '-untrusted', 'ca/issuing.crt', `documented/${file}`)
    }
    const files = ['--cert', 'documented/web1.crt', '--key', 'documented/web1.key']
    assert.equal((await gate.curl(...files, `${gate.listener}/documented`)).status, 200)
  })

  test('the audit log tells who enrolled by which token, and never the token', async () => {
    const token = gate.token('noted')
    await gate.request('noted', '/CN=noted')
    const { sequence } = gate.store.audit.head()
    assert.equal((await gate.enrol('noted', token)).status, 200)
    const entries = gate.store.audit.read({ after: sequence })
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['certificate.add', 'token.use'],
    )
    assert.match(entries[0]?.actor.name ?? '', /^enrolment token [0-9a-f-]{36}$/)
    assert.match(entries[0]?.actor.remote ?? '', /127\.0\.0\.1$/)
    assert.ok(!JSON.stringify(entries).includes(token))
    assert.ok(!gate.program.lines.some((line) => line.includes('cge_')))
    assert.ok(!readFileSync(join(gate.folder, 'data/certgate.db')).includes(token))
  })
})

/** The same request with its last bit turned: the signature is another. */
function flipped(der: Buffer): Buffer {
  const copy = Buffer.from(der)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}
