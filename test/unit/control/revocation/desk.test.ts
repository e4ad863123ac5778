// What control makes of questions: one fetch for all who ask, what is known told at once, failures never `good`, and past an end only for the grace.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { issuerOf } from '../../../../src/certificates/issuer.ts'
import { answerOcsp, ocspDelegate, type CertificateStatus as Standing } from '../../../../src/certificates/ocsp-respond.ts'
import { OCSP_SIGNING } from '../../../../src/certificates/profile.ts'
import type { ListenerTlsSettings, Settings } from '../../../../src/config/settings.ts'
import { RevocationDesk } from '../../../../src/control/revocation/desk.ts'
import { authorityNode } from '../../../../src/tls/authority-node.ts'
import { readRevocationLists } from '../../../../src/tls/crl.ts'
import { readLeaf } from '../../../../src/tls/leaf.ts'
import { statusKey } from '../../../../src/tls/status-book.ts'
import type { CertificateStatus, StatusQuestion, StatusSource } from '../../../../src/tls/status-types.ts'
import { createAuthority, type Issued, temporaryFolder } from '../../../support/authority.ts'
import { eventually } from '../../../support/eventually.ts'
import { distributionPoints, responders, type Site, sendOcsp, startSite } from '../../../support/foreign-authority.ts'
import type { Lifetime } from '../../../support/lifetime.ts'
import { listenerSettings, settingsWith } from '../../../support/settings.ts'

const root = await createAuthority('root')
const node = authorityNode(new X509Certificate(root.certificate))
const issuer = issuerOf(new X509Certificate(root.certificate), root.keyObject, '')
const questionOf = ({ der }: Issued, source: StatusSource = 'ocsp', url: string | null = null): StatusQuestion => ({
  source,
  subject: der.toString('base64'),
  issuer: node.base64,
  url,
})

const settingsOf = (revocation: Partial<NonNullable<Settings['revocation']>>): Settings =>
  settingsWith({
    revocation: { fetchAllow: ['127.0.0.1'], timeout: 1_000, maxBytes: 1e6, refresh: 3_600_000, staleGrace: 0, ...revocation },
  })

function desk(revocation: Parameters<typeof settingsOf>[0] = {}, store: Settings['store'] = null) {
  const published: CertificateStatus[] = []
  const logged: string[] = []
  const made = new RevocationDesk({
    publish: (statuses) => published.push(...statuses),
    log: (level, message) => logged.push(`${level} ${message}`),
  })
  made.configure({ ...settingsOf(revocation), store })
  return { desk: made, published, logged }
}

/** A responder that says this of everybody, `life` milliseconds long. */
async function responder(t: Lifetime, life = 3_600_000): Promise<Site & { standing: Standing | null }> {
  const site = await startSite(t, (_request, response, body) => {
    const { standing } = made
    const now = Date.now()
    if (standing === null) response.writeHead(503).end()
    else
      sendOcsp(
        response,
        answerOcsp(body, [{ issuer, delegate: null }], () => standing, { thisUpdate: now, nextUpdate: now + life }),
      )
  })
  const made = Object.assign(site, { standing: { kind: 'good' } as Standing | null })
  return made
}

/** One whose answers a delegate signs, with these extensions in its certificate. */
async function delegated(t: Lifetime, extensions: Parameters<typeof root.issue>[0]) {
  const made = await root.issue({ subject: 'CN=delegate', eku: [OCSP_SIGNING], ...extensions })
  const delegate = ocspDelegate(made.certificate, made.key)
  const said: { standing: Standing } = { standing: { kind: 'good' } }
  const site = await startSite(t, (_request, response, body) => {
    const now = Date.now()
    const dates = { thisUpdate: now, nextUpdate: now + 3_600_000 }
    sendOcsp(
      response,
      answerOcsp(body, [{ issuer, delegate }], () => said.standing, dates),
    )
  })
  const client = () => root.issue({ extensions: [responders(site.url('/'))] })
  return { made, said, client }
}

const nobody = (status: CertificateStatus) => assert.fail(`told to one alone: ${status.status}`)

test('all who ask at once cause one fetch, and all are told; who asks later is told alone', async (t) => {
  const site = await responder(t)
  const { desk: control, published } = desk()
  const alice = await root.issue({ extensions: [responders(site.url('/'))] })
  await Promise.all([1, 2, 3].map(() => control.wanted(questionOf(alice), nobody)))
  assert.deepEqual([site.paths.length, published.map(({ status }) => status)], [1, ['good']])
  const told: CertificateStatus[] = []
  await control.wanted(questionOf(alice), (status) => told.push(status))
  assert.deepEqual([site.paths.length, told], [1, published])
  const [status] = published
  const leaf = readLeaf(new X509Certificate(alice.certificate), alice.der)
  assert.equal(status?.key, statusKey('ocsp', leaf.facts.serial, node))
  assert.ok(status.refreshAt < status.until && status.refreshAt > Date.now())
})

test('a failure is unknown, told once a minute, and tried again after a while only', async (t) => {
  const site = await responder(t)
  site.standing = null
  const { desk: control, published, logged } = desk()
  const alice = await root.issue({ extensions: [responders(site.url('/'))] })
  await control.wanted(questionOf(alice), nobody)
  await control.wanted(questionOf(alice), () => {})
  const bob = await root.issue({ extensions: [responders(site.url('/'))] })
  await control.wanted(questionOf(bob), nobody)
  assert.deepEqual(
    published.map(({ status }) => status),
    ['unknown', 'unknown'],
  )
  assert.equal(site.paths.length, 2)
  assert.equal(logged.length, 1)
  assert.match(logged[0] ?? '', /^warn the status of a certificate could not be found out: .*it answers 503/)
  assert.deepEqual(control.counts, { failures: { ocsp: 2, crl: 0 }, stale: 0 })
})

test('good counts past its end for the grace while nothing newer can be had; revoked does not wear off', async (t) => {
  // An answer lives ten seconds at least, which the book of a worker sees; here its own end counts.
  const site = await responder(t, 1_500)
  const { desk: control, published, logged } = desk({ staleGrace: 60_000, refresh: 1_000 })
  const issue = () => root.issue({ extensions: [responders(site.url('/'))] })
  const [alice, bob] = await Promise.all([issue(), issue()])
  await control.wanted(questionOf(alice), nobody)
  site.standing = { kind: 'revoked', at: Date.now(), reason: 'keyCompromise' }
  await control.wanted(questionOf(bob), nobody)
  site.standing = null
  await delay(1_600)
  published.length = 0
  await control.wanted(questionOf(alice), nobody)
  await control.wanted(questionOf(bob), nobody)
  const [first, second] = published
  assert.equal(first?.status, 'good')
  assert.ok(first.until > Date.now() + 50_000 && first.refreshAt <= Date.now() + 10_000)
  assert.deepEqual([second?.status, second?.until], ['revoked', Number.POSITIVE_INFINITY])
  assert.equal(control.counts.stale, 1)
  assert.ok(logged.some((line) => /^error the status of a certificate is used past its end/.test(line)))
})

interface Said {
  readonly standing: Standing
  readonly thisUpdate: number
}

/** A responder that tells what is said at the moment, each time good for an hour after `from`. */
function siteSaying(t: TestContext, from: number, said: () => Said) {
  return startSite(t, (_request, response, body) => {
    const { standing, thisUpdate } = said()
    const dates = { thisUpdate, nextUpdate: from + 3_600_000 }
    sendOcsp(
      response,
      answerOcsp(body, [{ issuer, delegate: null }], () => standing, dates),
    )
  })
}

test('an answer of before the revocation does not undo it, played again; a newer one does', async (t) => {
  const from = Date.now()
  let said: Said = { standing: { kind: 'revoked', at: from, reason: 'superseded' }, thisUpdate: from }
  const site = await siteSaying(t, from, () => said)
  const { desk: control, published } = desk({ refresh: 1_000 })
  const alice = await root.issue({ extensions: [responders(site.url('/'))] })
  await control.wanted(questionOf(alice), nobody)
  t.mock.timers.enable({ apis: ['Date'], now: from })
  for (const thisUpdate of [from - 60_000, from + 15_000]) {
    said = { standing: { kind: 'good' }, thisUpdate }
    t.mock.timers.tick(20_000)
    await control.wanted(questionOf(alice), nobody)
  }
  assert.deepEqual(
    published.map(({ status }) => status),
    ['revoked', 'revoked', 'good'],
  )
  assert.equal(published[1]?.until, Number.POSITIVE_INFINITY)
})

test('without grace it is over', async (t) => {
  const site = await responder(t, 1_000)
  const { desk: control, published } = desk({ refresh: 1_000 })
  const alice = await root.issue({ extensions: [responders(site.url('/'))] })
  await control.wanted(questionOf(alice), nobody)
  site.standing = null
  await eventually('the answer being due', async () => {
    await control.wanted(questionOf(alice), () => {})
    return published.length > 1
  })
  assert.deepEqual(
    published.map(({ status }) => status),
    ['good', 'unknown'],
  )
})

test('only a responder that the configuration names may be anywhere', async (t) => {
  const site = await responder(t)
  const { desk: control, published } = desk({ fetchAllow: ['public'] })
  const alice = await root.issue({ extensions: [responders('http://192.0.2.1/')] })
  await control.wanted(questionOf(alice, 'ocsp', site.url('/')), nobody)
  assert.equal(published[0]?.status, 'unknown')
  assert.match(published[0]?.detail ?? '', /is not configured any more/)
  assert.equal(site.connections, 0)
  const tls = { ocsp: { validate: true, onUnavailable: 'deny', url: site.url('/') }, names: new Map() } as unknown as ListenerTlsSettings
  control.configure({ ...settingsOf({ fetchAllow: ['public'] }), listeners: new Map([['main', listenerSettings('main', { tls })]]) })
  const bob = await root.issue({ extensions: [responders('http://192.0.2.1/')] })
  await control.wanted(questionOf(bob, 'ocsp', site.url('/')), nobody)
  assert.equal(published[1]?.status, 'good')
})

test('a newer list is applied to all that the older one spoke of, and whoever is judged here hears of it', async (t) => {
  let list = root.crlDer()
  const site = await startSite(t, (_request, response) => response.end(list))
  const { desk: control, published } = desk({ refresh: 1_000 })
  const issue = () => root.issue({ extensions: [distributionPoints(site.url('/'))] })
  const [alice, bob] = await Promise.all([issue(), issue()])
  let worse = 0
  control.onWorse(() => worse++)
  await Promise.all([control.wanted(questionOf(alice, 'crl'), nobody), control.wanted(questionOf(bob, 'crl'), nobody)])
  assert.deepEqual(
    published.map(({ status }) => status),
    ['good', 'good'],
  )
  assert.equal(site.paths.length, 1)
  list = root.crlDer({ revoked: [bob], thisUpdate: new Date() })
  // Alice asks; bob falls.
  await eventually('the list being due', async () => {
    await control.wanted(questionOf(alice, 'crl'), () => {})
    return site.paths.length === 2
  })
  const last = new Map(published.map((one) => [one.key, one.status]))
  assert.deepEqual([...last.values()].sort(), ['good', 'revoked'])
  assert.equal(worse, 1)
})

test('what cannot be read answers nobody and ends nothing', async () => {
  const { desk: control, published, logged } = desk()
  await control.wanted({ source: 'ocsp', subject: 'AAAA', issuer: 'AAAA', url: null }, nobody)
  assert.equal(published.length, 0)
  assert.match(logged.join(), /could not be answered/)
})

test('a delegate is looked up in the list that it names: one that was revoked is not believed', async (t) => {
  let list: Buffer | null = root.crlDer()
  const lists = await startSite(t, (_request, response) => (list === null ? response.writeHead(503).end() : response.end(list)))
  const { made, said, client } = await delegated(t, { extensions: [distributionPoints(lists.url('/'))] })
  const ask = async () => {
    const { desk: control, published } = desk()
    await control.wanted(questionOf(await client()), nobody)
    return [published[0]?.status, published[0]?.detail] as const
  }
  assert.equal((await ask())[0], 'good')
  list = null
  const [status, detail] = await ask()
  assert.equal(status, 'unknown')
  assert.match(detail ?? '', /the responder cannot be checked: .*503/)
  said.standing = { kind: 'revoked', at: Date.now(), reason: 'superseded' }
  assert.equal((await ask())[0], 'revoked')
  list = root.crlDer({ revoked: [made] })
  assert.deepEqual((await ask())[0], 'unknown')
  assert.match((await ask())[1] ?? '', /the responder is revoked: serial/)
})

test('a configured list speaks of the delegate too, and nocheck or no list at all leaves it believed', async (t) => {
  const { made, client } = await delegated(t, {})
  const lists = (revoked: Issued[]) =>
    readRevocationLists(root.crlDer({ revoked }), 'root.crl').map((one) => ({ ...one, signed: null, signerKey: node.key }))
  for (const [given, expected] of [
    [[], 'good'],
    [lists([]), 'good'],
    [lists([made]), 'unknown'],
  ] as const) {
    const { desk: control, published } = desk()
    control.configure(settingsOf({}), given)
    await control.wanted(questionOf(await client()), nobody)
    assert.equal(published[0]?.status, expected)
  }
  const exempt = await delegated(t, { extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: Buffer.from('0500', 'hex') }] })
  const { desk: control, published } = desk()
  control.configure(settingsOf({}), lists([exempt.made]))
  await control.wanted(questionOf(await exempt.client()), nobody)
  assert.equal(published[0]?.status, 'good')
})

test('an answer of before the revocation does not undo it after a restart either', async (t) => {
  const store = { file: join(temporaryFolder(t).path, 'certgate.db') } as NonNullable<Settings['store']>
  const from = Date.now()
  let said: Said = { standing: { kind: 'revoked', at: from, reason: 'superseded' }, thisUpdate: from }
  const site = await siteSaying(t, from, () => said)
  const alice = await root.issue({ extensions: [responders(site.url('/'))] })
  const ask = async () => {
    const { desk: control, published } = desk({}, store)
    await control.wanted(questionOf(alice), nobody)
    return published[0]?.status
  }
  assert.equal(await ask(), 'revoked')
  said = { standing: { kind: 'good' }, thisUpdate: from - 60_000 }
  assert.equal(await ask(), 'revoked')
  said = { standing: { kind: 'good' }, thisUpdate: from + 1_000 }
  assert.equal(await ask(), 'good')
  said = { standing: { kind: 'good' }, thisUpdate: from - 60_000 }
  assert.equal(await ask(), 'good')
})
