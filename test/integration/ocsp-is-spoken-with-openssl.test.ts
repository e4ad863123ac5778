import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Authority, createAuthority } from '../../src/certificates/authority.ts'
import { issue, issueClient } from '../../src/certificates/issue.ts'
import type { KeyType } from '../../src/certificates/key.ts'
import { newNonce, writeOcspRequest } from '../../src/certificates/ocsp-request.ts'
import { answerOcsp, type CertificateStatus, type OcspResponder, ocspDelegate } from '../../src/certificates/ocsp-respond.ts'
import { verifyOcspResponse } from '../../src/certificates/ocsp-verify.ts'
import { temporaryFolder } from '../support/authority.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: OpenSSL's client believes our responder, ours believes OpenSSL's, and neither believes a wrong one.

const skip = absent('openssl')
const hour = 3_600_000

async function setting(t: Lifetime, keyType: KeyType = 'ec') {
  const folder = temporaryFolder(t)
  const authority = await createAuthority({ days: 10, keyType })
  const names = ['alice', 'bob', 'carol']
  const leaves = new Map(
    await Promise.all(names.map(async (commonName) => [commonName, await issueClient(authority.issuer, { commonName, days: 1 })] as const)),
  )
  const serialOf = (name: string) => new X509Certificate(leaves.get(name)?.der ?? '').serialNumber
  folder.write('root.crt', authority.rootCertificate)
  folder.write('issuing.crt', authority.issuingCertificate)
  folder.write('issuing.key', authority.issuingKey)
  for (const [name, { certificate }] of leaves) folder.write(`${name}.crt`, certificate)
  return { ...folder, authority, serialOf }
}

const delegateOf = async (authority: Authority) => issue(authority.issuer, 'ocsp', { commonName: 'OCSP responder' })

/** Our responder behind plain HTTP, as `pki.http` has it. */
async function serve(t: Lifetime, responder: OcspResponder, statusOf: (serial: string) => CertificateStatus): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const now = Date.now()
    const answer = answerOcsp(body, [responder], (_, serial) => statusOf(serial), { thisUpdate: now, nextUpdate: now + hour })
    response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/ocsp`
}

for (const keyType of ['ec', 'rsa', 'ed25519'] as const) {
  test(`openssl asks our responder, with the key of an ${keyType} authority and with a delegate`, { skip }, async (t) => {
    const { authority, path: cwd, serialOf } = await setting(t, keyType)
    const statuses = new Map<string, CertificateStatus>([
      [serialOf('alice'), { kind: 'good' }],
      [serialOf('bob'), { kind: 'revoked', at: Date.now() - hour, reason: 'keyCompromise' }],
    ])
    const made = await delegateOf(authority)
    for (const delegate of [null, ocspDelegate(made.certificate, made.key)]) {
      const url = await serve(t, { issuer: authority.issuer, delegate }, (serial) => statuses.get(serial) ?? { kind: 'unknown' })
      for (const digest of ['-sha1', '-sha256']) {
        const certs = ['alice', 'bob', 'carol'].flatMap((name) => [digest, '-cert', `${name}.crt`])
        const args = ['ocsp', '-issuer', 'issuing.crt', ...certs, '-url', url, '-CAfile', 'root.crt', '-verify_other', 'issuing.crt']
        const { text, stderr } = await run('openssl', args, { cwd })
        assert.match(stderr, /Response verify OK/, stderr)
        assert.doesNotMatch(stderr, /nonce/i)
        assert.match(text, /alice\.crt: good/)
        assert.match(text, /bob\.crt: revoked[\s\S]*Reason: keyCompromise/)
        assert.match(text, /carol\.crt: unknown/)
      }
    }
  })
}

test('openssl does not believe a responder that its issuer did not certify', { skip }, async (t) => {
  const { authority, path: cwd } = await setting(t)
  const stranger = await createAuthority({ days: 1 })
  const made = await delegateOf(stranger)
  const url = await serve(t, { issuer: authority.issuer, delegate: ocspDelegate(made.certificate, made.key) }, () => ({ kind: 'good' }))
  const { stderr } = await run('openssl', ['ocsp', '-issuer', 'issuing.crt', '-cert', 'alice.crt', '-url', url, '-CAfile', 'root.crt'], {
    cwd,
  })
  assert.match(stderr, /Response Verify Failure/)
})

/** The database of `openssl ca`: V is valid, R is revoked, what is not there is unknown. */
function index(entries: readonly (readonly [state: 'V' | 'R', serial: string, name: string])[]): string {
  const date = (at: number) =>
    `${new Date(at)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2)}`
  const expiry = date(Date.now() + 24 * hour)
  return entries
    .map(([state, serial, name]) =>
      [state, expiry, state === 'R' ? `${date(Date.now() - hour)},superseded` : '', serial, 'unknown', `/CN=${name}`].join('\t'),
    )
    .join('\n')
    .concat('\n')
}

for (const signer of ['issuer', 'delegate'] as const) {
  test(`we ask openssl's responder, where the ${signer} signs, and believe what it says`, { skip }, async (t) => {
    const { authority, write, path: cwd, serialOf } = await setting(t)
    write(
      'index.txt',
      index([
        ['V', serialOf('alice'), 'alice'],
        ['R', serialOf('bob'), 'bob'],
      ]),
    )
    const made = await delegateOf(authority)
    write('delegate.crt', made.certificate)
    write('delegate.key', made.key)
    const signing =
      signer === 'issuer' ? ['-rsigner', 'issuing.crt', '-rkey', 'issuing.key'] : ['-rsigner', 'delegate.crt', '-rkey', 'delegate.key']
    const { issuer } = authority

    for (const [name, status, reason] of [
      ['alice', 'good', null],
      ['bob', 'revoked', 'superseded'],
      ['carol', 'unknown', null],
    ] as const) {
      for (const digest of ['sha1', 'sha256'] as const) {
        const nonce = newNonce()
        const identity = { name: issuer.name, publicKeyInfo: issuer.publicKeyInfo }
        write('request.der', writeOcspRequest(identity, serialOf(name), { digest, nonce }))
        const files = ['-index', 'index.txt', '-CA', 'issuing.crt', '-reqin', 'request.der', '-respout', 'response.der', '-nmin', '10']
        const { code, stderr } = await run('openssl', ['ocsp', ...files, ...signing], { cwd })
        assert.equal(code, 0, stderr)
        const question = { issuer: issuer.certificate, serial: serialOf(name), nonce, nonceRequired: true, now: Date.now() }
        const response = readFileSync(join(cwd, 'response.der'))
        const verdict = verifyOcspResponse(response, question)
        assert.ok('answer' in verdict, 'refusal' in verdict ? verdict.refusal : '')
        const { answer } = verdict
        assert.deepEqual([answer.status, answer.reason, answer.nonce], [status, reason, true])
        assert.equal(answer.delegate === null, signer === 'issuer')
        assert.equal(answer.nextUpdate - answer.thisUpdate, 10 * 60_000)

        const replayed = verifyOcspResponse(response, { ...question, nonce: newNonce() })
        assert.match('refusal' in replayed ? replayed.refusal : '', /another nonce/)
        const late = verifyOcspResponse(response, { ...question, now: Date.now() + hour })
        assert.match('refusal' in late ? late.refusal : '', /ran out/)
      }
    }
  })
}

test("we do not believe openssl's responder where a client of the same authority signs", { skip }, async (t) => {
  const { authority, write, path: cwd, serialOf } = await setting(t)
  const mallory = await issueClient(authority.issuer, { commonName: 'mallory', days: 1 })
  write('index.txt', index([['V', serialOf('alice'), 'alice']]))
  write('mallory.crt', mallory.certificate)
  write('mallory.key', mallory.key)
  write('request.der', writeOcspRequest(authority.issuer, serialOf('alice'), { nonce: null }))
  const files = ['-index', 'index.txt', '-CA', 'issuing.crt', '-reqin', 'request.der', '-respout', 'response.der', '-ndays', '1']
  await run('openssl', ['ocsp', ...files, '-rsigner', 'mallory.crt', '-rkey', 'mallory.key'], { cwd })
  const question = { issuer: authority.issuer.certificate, serial: serialOf('alice'), nonce: null, nonceRequired: false, now: Date.now() }
  assert.deepEqual(verifyOcspResponse(readFileSync(join(cwd, 'response.der')), question), {
    refusal: 'the responder CN=mallory is not certified for OCSP signing',
  })
})
