// What is known of a certificate's status without asking anybody: what decides a handshake of now, and whether one asks.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { issuerOf } from '../../../../src/certificates/issuer.ts'
import { answerOcsp } from '../../../../src/certificates/ocsp-respond.ts'
import { RevocationDesk } from '../../../../src/control/revocation/desk.ts'
import { type Finding, freshStatus, knownStatus, RETRY, staleStatus, unknownStatus } from '../../../../src/control/revocation/finding.ts'
import { authorityNode } from '../../../../src/tls/authority-node.ts'
import type { StatusQuestion } from '../../../../src/tls/status-types.ts'
import { createAuthority, temporaryFolder } from '../../../support/authority.ts'
import { distributionPoints, responders, sendOcsp, startSite } from '../../../support/foreign-authority.ts'
import { settingsWith } from '../../../support/settings.ts'

const HOUR = 3_600_000
const KEY = 'ocsp key name 01'
const good: Finding = { status: 'good', thisUpdate: 0, until: HOUR, foundAt: 0, detail: '' }
const revoked: Finding = { ...good, status: 'revoked', detail: 'revoked by it' }
const at = (status: Parameters<typeof knownStatus>[1]['status'], finding: Finding | null, now: number, grace = 0) => {
  const known = knownStatus(KEY, { status, finding, urls: ['http://x'] }, grace, now)
  return [known.status, known.asked, known.stale]
}

describe('what is known of a status', () => {
  const fresh = freshStatus(KEY, good, HOUR, 0)

  it('decides until it is due, and beside being asked for anew until it ends', () => {
    assert.deepEqual(at(fresh, good, 1), ['good', 'no', false])
    assert.deepEqual(at(fresh, good, HOUR / 2), ['good', 'meanwhile', false])
    assert.deepEqual(at(fresh, good, HOUR), ['unknown', 'first', false])
    assert.deepEqual(at(freshStatus(KEY, revoked, HOUR, 0), revoked, 100 * HOUR), ['revoked', 'meanwhile', false])
  })

  it('counts past its end for the grace alone', () => {
    const over = HOUR + 1
    assert.deepEqual(at(fresh, good, over, HOUR), ['good', 'first', true])
    assert.deepEqual(at(fresh, good, 2 * HOUR, HOUR), ['unknown', 'first', false])
    assert.deepEqual(at(staleStatus(KEY, good, HOUR, over), good, over + 1, HOUR), ['good', 'no', true])
    // Known from before a restart: whoever was revoked is not let in for want of an answer.
    assert.deepEqual(at(null, { ...revoked, until: 0 }, over), ['revoked', 'first', false])
  })

  it('is nothing where nothing was found out, and asked for again after a while', () => {
    assert.deepEqual(at(null, null, 0), ['unknown', 'first', false])
    const failed = unknownStatus(KEY, 'it answers 503', 0)
    assert.deepEqual(at(failed, null, 1), ['unknown', 'no', false])
    assert.deepEqual(at(failed, null, RETRY), ['unknown', 'first', false])
    assert.equal(knownStatus(KEY, { status: failed, finding: null, urls: [] }, 0, RETRY).detail, 'it answers 503')
  })
})

describe('looking at the desk', async () => {
  const root = await createAuthority('root')
  const node = authorityNode(new X509Certificate(root.certificate))
  const issuer = issuerOf(new X509Certificate(root.certificate), root.keyObject, '')
  const newDesk = (folder: string) => {
    const desk = new RevocationDesk({ publish: () => {}, log: () => {} })
    const revocation = { fetchAllow: ['127.0.0.1'], timeout: 1_000, maxBytes: 1e6, refresh: HOUR, staleGrace: 0 }
    desk.configure(
      settingsWith({ revocation, store: { kind: 'sqlite', file: join(folder, 'certgate.db'), maxStale: 0, byDefault: false } }),
    )
    return desk
  }
  const questionOf = (der: Buffer, source: StatusQuestion['source']): StatusQuestion => ({
    source,
    subject: der.toString('base64'),
    issuer: node.base64,
    url: null,
  })

  it('asks no responder, and tells what one said', async (t) => {
    const now = Date.now()
    const site = await startSite(t, (_request, response, body) => {
      const dates = { thisUpdate: now, nextUpdate: now + HOUR }
      sendOcsp(
        response,
        answerOcsp(body, [{ issuer, delegate: null }], () => ({ kind: 'good' }), dates),
      )
    })
    const desk = newDesk(temporaryFolder(t).path)
    const question = questionOf((await root.issue({ extensions: [responders(site.url('/'))] })).der, 'ocsp')
    const before = desk.look(question)
    assert.deepEqual([before.status, before.asked, before.saidAt, before.urls], ['unknown', 'first', null, [site.url('/')]])
    assert.equal(site.connections, 0)
    await desk.wanted(question, () => {})
    const after = desk.look(question)
    const second = (time: number | null) => Math.floor((time ?? 0) / 1000)
    assert.deepEqual([after.status, after.asked, after.stale], ['good', 'no', false])
    assert.deepEqual([second(after.saidAt), second(after.endsAt)], [second(now), second(now + HOUR)])
    assert.equal(site.paths.length, 1)
  })

  it("knows by a list that came for somebody else's certificate, also after a restart", async (t) => {
    const list = root.crl()
    const site = await startSite(t, (_request, response) => void response.end(list))
    const points = { extensions: [distributionPoints(site.url('/list'))] }
    const [one, other] = await Promise.all([root.issue({ subject: 'CN=one', ...points }), root.issue({ subject: 'CN=other', ...points })])
    const folder = temporaryFolder(t).path
    const desk = newDesk(folder)
    assert.equal(desk.look(questionOf(one.der, 'crl')).status, 'unknown')
    await desk.wanted(questionOf(one.der, 'crl'), () => {})
    for (const looking of [desk, newDesk(folder)]) {
      const { status, asked } = looking.look(questionOf(other.der, 'crl'))
      assert.deepEqual([status, asked], ['good', 'no'])
    }
    assert.equal(site.paths.length, 1)
  })
})
