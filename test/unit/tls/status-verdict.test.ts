// How what responders and fetched lists say becomes a verdict: every certificate of the chain, one `revoked` against all, one `good` for enough.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { Registry } from '../../../src/tls/registry.ts'
import { emptyBase } from '../../../src/tls/registry-base.ts'
import { StatusBook, statusKey } from '../../../src/tls/status-book.ts'
import type { CertificateStatus, StatusQuestion, StatusSource } from '../../../src/tls/status-types.ts'
import { type Authority, createAuthority, type Issued } from '../../support/authority.ts'
import { responders } from '../../support/foreign-authority.ts'
import { type DomainSpec, judging } from '../../support/trust.ts'

const root = await createAuthority('root')
const middle = await root.intermediate('middle', { extensions: [responders('http://ocsp.example/')] })
const mute = await root.intermediate('mute')
const alice = await root.issue({ subject: 'CN=alice' })
const bob = await middle.issue({ subject: 'CN=bob' })
const carol = await mute.issue({ subject: 'CN=carol' })

const OCSP: DomainSpec = { clientCa: [root], ocsp: { onUnavailable: 'deny', url: null } }
const ALLOW: DomainSpec = { clientCa: [root], ocsp: { onUnavailable: 'allow', url: null } }
const FETCHED: DomainSpec = { clientCa: [root], lists: [], fromDistributionPoints: true }

function setting(spec: DomainSpec, now = () => Date.now()) {
  const asked: StatusQuestion[] = []
  const book = new StatusBook((question) => asked.push(question))
  const judge = judging({ ...spec, statuses: book }, new Registry(emptyBase()), now)
  const say = (
    who: Issued,
    by: Authority,
    status: CertificateStatus['status'],
    source: StatusSource = 'ocsp',
    until = Date.now() + 60_000,
  ) => {
    const key = statusKey(source, who.serial, authorityNode(new X509Certificate(by.certificate)))
    return book.learn([{ key, status, until, refreshAt: until, detail: `${status} by ${source}` }])
  }
  const of = (...parameters: Parameters<typeof judge.at>) => judge.at(...parameters).refusal
  return { asked, book, judge, say, of }
}

test('what nobody has said yet is refused or let through as configured, and asked for', () => {
  const { of, asked } = setting(OCSP)
  assert.equal(of(alice), 'certificate_status_unknown')
  assert.equal(asked.length, 1)
  assert.equal(setting(ALLOW).of(alice), null)
  assert.equal(setting(FETCHED).of(alice), 'certificate_status_unknown')
})

test('revoked is refused whatever the policy, good is let through, unknown follows the policy', () => {
  for (const [spec, unknown] of [
    [OCSP, 'certificate_status_unknown'],
    [ALLOW, null],
  ] as const) {
    const { say, of } = setting(spec)
    say(alice, root, 'good')
    assert.equal(of(alice), null)
    say(alice, root, 'unknown')
    assert.equal(of(alice), unknown)
    say(alice, root, 'revoked')
    assert.equal(of(alice), 'certificate_revoked')
  }
})

test('an authority that names a responder is asked about too; all at once, and its revocation is the better reason', () => {
  const { say, of, asked } = setting(OCSP)
  const above = { above: [middle] }
  assert.equal(of(bob, above), 'certificate_status_unknown')
  assert.deepEqual(
    asked.map(({ subject }) => subject),
    [bob, middle].map(({ der }) => der.toString('base64')),
  )
  say(bob, middle, 'good')
  assert.equal(of(bob, above), 'certificate_status_unknown')
  say(middle, root, 'good')
  assert.equal(of(bob, above), null)
  say(bob, middle, 'unknown')
  say(middle, root, 'revoked')
  assert.equal(of(bob, above), 'certificate_revoked')
})

test('one that names none is left to the lists, and needs none where they are off', () => {
  const { say, of, asked } = setting(OCSP)
  say(carol, mute, 'good')
  assert.equal(of(carol, { above: [mute] }), null)
  assert.equal(asked.length, 0)
  const both = setting({ ...OCSP, lists: [mute.crl()] })
  both.say(carol, mute, 'good')
  assert.equal(both.of(carol, { above: [mute] }), 'certificate_status_unknown')
})

test('of two sources one that knows is enough, and one that says revoked', () => {
  const both = { ...FETCHED, ...OCSP }
  for (const [ocsp, crl, expected] of [
    ['good', 'unknown', null],
    ['unknown', 'good', null],
    ['good', 'revoked', 'certificate_revoked'],
    ['revoked', 'good', 'certificate_revoked'],
    ['unknown', 'unknown', 'certificate_status_unknown'],
  ] as const) {
    const { say, of } = setting(both)
    say(alice, root, ocsp)
    say(alice, root, crl, 'crl')
    assert.equal(of(alice), expected, `${ocsp} ${crl}`)
  }
  // Where one of them must be available, that counts.
  const mixed = setting({ ...FETCHED, ...ALLOW })
  assert.equal(mixed.of(alice), 'certificate_status_unknown')
})

test('a list in a file answers without fetching, and revokes whatever OCSP says', () => {
  const { of, asked } = setting({ ...FETCHED, lists: [root.crl()] })
  assert.equal(of(alice), null)
  assert.equal(asked.length, 0)
  const revoked = setting({ ...OCSP, lists: [root.crl({ revoked: [alice] })] })
  revoked.say(alice, root, 'good')
  assert.equal(revoked.of(alice), 'certificate_revoked')
})

test('a verdict ends with the status that it rests on, and is made again when that became worse', () => {
  let now = Date.now()
  const { say, judge } = setting(OCSP, () => now)
  const end = now + 5_000
  say(alice, root, 'good', 'ocsp', end)
  const peer = judge.at(alice)
  assert.equal(peer.evidence?.until, end)
  now = end
  assert.equal(judge.again(peer).refusal, 'certificate_status_unknown')
  now = end - 4_000
  assert.equal(say(alice, root, 'revoked'), true)
  assert.equal(judge.at(alice).refusal, 'certificate_revoked', 'what was remembered as good is looked at again')
  assert.equal(judge.again(peer).refusal, 'certificate_revoked')
})

test('an unknown status is looked at again, and a good answer lets the connection pass', () => {
  const { say, judge } = setting(OCSP)
  const peer = judge.at(alice)
  assert.equal(peer.refusal, 'certificate_status_unknown')
  assert.ok((peer.evidence?.until ?? 0) < Date.now() + 1_500)
  say(alice, root, 'good')
  assert.equal(judge.again(peer).refusal, null)
})

test('nothing is asked about a certificate whose chain OpenSSL refuses', () => {
  const { of, asked } = setting(OCSP)
  assert.equal(of(alice, { error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'certificate_unknown_issuer')
  assert.equal(asked.length, 0)
})
