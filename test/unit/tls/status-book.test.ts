import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { readLeaf } from '../../../src/tls/leaf.ts'
import { NO_STATUSES, StatusBook, statusKey } from '../../../src/tls/status-book.ts'
import type { CertificateStatus, StatusQuestion } from '../../../src/tls/status-types.ts'
import { createAuthority, type Issued } from '../../support/authority.ts'

const root = await createAuthority('root')
const issuer = authorityNode(new X509Certificate(root.certificate))
const subjectOf = ({ certificate, der }: Issued) => readLeaf(new X509Certificate(certificate), der)
const alice = subjectOf(await root.issue({ subject: 'CN=alice' }))
const key = statusKey('ocsp', alice.facts.serial, issuer)
const said = (status: CertificateStatus['status'], more: Partial<CertificateStatus> = {}): CertificateStatus => ({
  key,
  status,
  until: 1_000,
  refreshAt: 500,
  detail: `it is ${status}`,
  ...more,
})

function asking() {
  const asked: StatusQuestion[] = []
  const book = new StatusBook((question) => asked.push(question))
  const status = (now: number, source: 'ocsp' | 'crl' = 'ocsp') => book.status(source, alice, issuer, null, now)
  return { book, asked, status }
}

test('what is missing is asked for once, and unknown until it is answered', () => {
  const { asked, status, book } = asking()
  assert.equal(status(0).kind, 'unknown')
  assert.equal(status(1).kind, 'unknown')
  assert.deepEqual(asked, [{ source: 'ocsp', subject: alice.base64, issuer: issuer.base64, url: null }])
  // The other source is another question.
  status(2, 'crl')
  assert.equal(asked.length, 2)
  book.learn([said('good')])
  assert.deepEqual(status(10), { kind: 'good', until: 500 })
  assert.equal(asked.length, 2)
})

test('a question that nobody answers is asked again after a while', () => {
  const { asked, status } = asking()
  status(0)
  status(9_999)
  assert.equal(asked.length, 1)
  status(10_000)
  assert.equal(asked.length, 2)
})

test('good is looked at again when it is due, asked for then, and over at its end', () => {
  const { asked, status, book } = asking()
  book.learn([said('good', { until: 5_000 })])
  assert.deepEqual([status(499), asked.length], [{ kind: 'good', until: 500 }, 0])
  assert.deepEqual([status(500), asked.length], [{ kind: 'good', until: 1_500 }, 1])
  assert.deepEqual(status(4_900), { kind: 'good', until: 5_000 })
  assert.equal(status(5_000).kind, 'unknown')
})

test('what became worse raises the mark, what is as before does not', () => {
  const { book, status } = asking()
  const marks: number[] = []
  for (const one of ['good', 'good', 'revoked', 'revoked', 'good', 'unknown'] as const) {
    book.learn([said(one)])
    marks.push(book.mark)
  }
  assert.deepEqual(marks, [0, 0, 1, 1, 1, 2])
  assert.deepEqual(status(10), { kind: 'unknown', detail: 'it is unknown', until: 1_000 })
})

test('whoever waits goes on once all is answered, or the time is up, or never when cancelled', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { book, status } = asking()
  const { keys } = book.missing(() => [status(0), status(0, 'crl')])
  assert.equal(keys.size, 2)
  const done: string[] = []
  book.wait(keys, 1_000, () => done.push('answered'))
  const cancel = book.wait(keys, 1_000, () => done.push('cancelled'))
  cancel()
  book.learn([said('good')])
  assert.equal(done.length, 0)
  book.learn([said('good', { key: statusKey('crl', alice.facts.serial, issuer) })])
  assert.deepEqual(done, ['answered'])
  book.wait(new Set(['never']), 1_000, () => done.push('late'))
  t.mock.timers.tick(1_000)
  assert.deepEqual(done, ['answered', 'late'])
  assert.equal(book.missing(() => status(10)).keys.size, 0, 'what is known is not missing')
})

test('a flood of questions is asked up to a bound, and nobody waits for the rest', async () => {
  const { book, asked } = asking()
  const ask = (serial: number, now: number) =>
    book.missing(() => book.status('ocsp', { ...alice, facts: { ...alice.facts, serial: String(serial) } }, issuer, null, now)).keys.size
  for (let serial = 0; serial < 1_024; serial++) assert.equal(ask(serial, 0), 1)
  assert.equal(ask(5_000, 1), 0)
  assert.equal(asked.length, 1_024)
  // Those that got lost make room.
  assert.equal(ask(5_000, 10_000), 1)
})

test('without a gateway nothing is known, nothing is asked and nobody waits', () => {
  const { result, keys } = NO_STATUSES.missing(() => NO_STATUSES.status('ocsp', alice, issuer, null, 0))
  assert.equal(keys.size, 0)
  assert.ok(result.kind === 'unknown' && /only a running gateway asks for it/.test(result.detail))
})

test('the key tells issuers apart by key and by name', async () => {
  const twin = authorityNode(new X509Certificate((await createAuthority('twin', { key: root.key })).certificate))
  const other = authorityNode(new X509Certificate((await createAuthority('root')).certificate))
  assert.equal(new Set([issuer, twin, other].map((one) => statusKey('ocsp', '01', one))).size, 3)
})

test('a crowd of good ones drives no revocation out', () => {
  const { status, book } = asking()
  book.learn([said('revoked', { until: Number.POSITIVE_INFINITY })])
  book.learn(Array.from({ length: 20_000 }, (_, index) => said('good', { key: `other ${index}` })))
  assert.equal(status(10).kind, 'revoked')
  book.learn([said('good')])
  assert.equal(status(10).kind, 'good')
})
