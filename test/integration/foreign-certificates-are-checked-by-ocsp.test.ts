// With `ocsp.validate` a certificate passes only once a responder that its issuer certified has said so, in an answer to this question and in
// its dates. Anything else is refused with the reason before the first request is answered, or let in where `on_unavailable: allow` says so.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { writeOcspRequest } from '../../src/certificates/ocsp-request.ts'
import { certificateParts } from '../../src/identity/certificate.ts'
import type { Issued } from '../support/authority.ts'
import { OpensslResponder, responders, type Site, sendOcsp, startSite } from '../support/foreign-authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, freePorts, startOutside } from '../support/outside-program.ts'

const skip = absent('openssl')
const REVOCATION = 'revocation: { fetch_allow: [127.0.0.0/8], timeout: 2s, refresh: 1s }'
const t = fileLifetime()
let deny: Gateway
let allow: Gateway

interface World {
  readonly gateway: Gateway
  readonly responder: OpensslResponder
  readonly site: Site
  /** A certificate for alice that names the responder at this path, and is in its database unless it is to be unknown. */
  client(path: string, state?: 'V' | 'R' | null): Promise<Issued>
}

const worlds = new Map<Gateway, World>()

async function world(onUnavailable: 'deny' | 'allow'): Promise<World> {
  const gateway = await startGateway(t, {
    tls: `clientauth_mode: REQUIRE\n      ocsp: { validate: true, on_unavailable: ${onUnavailable} }`,
    extra: REVOCATION,
    workers: 2,
  })
  const responder = new OpensslResponder(t, gateway.authority)
  const [noPurpose, stranger] = await Promise.all([
    gateway.issue('CN=responder', { eku: ['clientAuth'] }),
    gateway.issue('CN=delegate', { eku: ['1.3.6.1.5.5.7.3.9'] }),
  ])
  responder.signWith('no-purpose', noPurpose)
  responder.signWith('delegate', stranger)
  const kept = new Map<string, Buffer>()
  const site = await startSite(t, async ({ url = '', headers, method }, response, body) => {
    assert.deepEqual([method, headers['content-type']], ['POST', 'application/ocsp-request'])
    if (url.startsWith('/slow')) return
    if (url.startsWith('/late')) await delay(700)
    if (url.startsWith('/redirect')) response.writeHead(307, { location: '/good' }).end()
    else if (url.startsWith('/error')) response.writeHead(500).end()
    else if (url.startsWith('/garbage')) sendOcsp(response, Buffer.from('no'))
    else if (url.startsWith('/large')) sendOcsp(response, Buffer.alloc(1 << 20))
    else if (url.startsWith('/old')) sendOcsp(response, responder.answerOld(body))
    else if (url.startsWith('/no-purpose')) sendOcsp(response, await responder.answer(body, 'no-purpose'))
    else if (url.startsWith('/delegate')) sendOcsp(response, await responder.answer(body, 'delegate'))
    else if (url.startsWith('/replay')) {
      const first = kept.get(url) ?? (await responder.answer(body))
      kept.set(url, first)
      sendOcsp(response, first)
    } else sendOcsp(response, await responder.answer(body))
  })
  const client: World['client'] = async (path, state = 'V') => {
    const issued = await gateway.issue('CN=alice', { extensions: [responders(path.startsWith('http') ? path : site.url(path))] })
    if (state !== null) responder.set(state, issued)
    return issued
  }
  return { gateway, responder, site, client }
}

before(
  async () => {
    if (skip !== false) return
    for (const policy of ['deny', 'allow'] as const) {
      const made = await world(policy)
      if (policy === 'deny') deny = made.gateway
      else allow = made.gateway
      worlds.set(made.gateway, made)
    }
  },
  { timeout: 60_000 },
)

const of = (gateway: Gateway): World => worlds.get(gateway) as World

function identity({ der }: Issued) {
  const { subject, subjectPublicKeyInfo } = certificateParts(der)
  return { name: subject, publicKeyInfo: subjectPublicKeyInfo }
}

async function verdict(gateway: Gateway, client: Issued, path: string) {
  const { status, json } = await gateway.ask(get(path), client)
  const forwarded = gateway.upstream.requests.some(({ target }) => target === path)
  return status === 200 ? { status, forwarded } : { status, code: json().code, forwarded }
}

const passed = { status: 200, forwarded: true }
const unknown = { status: 403, code: 'certificate_status_unknown', forwarded: false }
const revoked = { status: 403, code: 'certificate_revoked', forwarded: false }

test('good passes, revoked does not, whichever worker is asked and whatever on_unavailable says', { skip }, async () => {
  for (const gateway of [deny, allow]) {
    const good = await of(gateway).client('/good')
    const bad = await of(gateway).client('/good', 'R')
    for (let round = 0; round < 4; round++) {
      assert.deepEqual(await verdict(gateway, good, '/a-good-one'), passed)
      assert.deepEqual(await verdict(gateway, bad, '/a-revoked-one'), revoked)
    }
  }
})

test('a delegate that the issuer certified for OCSP signing is believed', { skip }, async () => {
  assert.deepEqual(await verdict(deny, await of(deny).client('/delegate'), '/by-delegate'), passed)
  assert.deepEqual(await verdict(deny, await of(deny).client('/delegate', 'R'), '/revoked-by-delegate'), revoked)
})

const useless: readonly (readonly [string, string, RegExp])[] = [
  ['that does not answer in time', '/slow', /no answer within/],
  ['that redirects', '/redirect', /redirects are not followed/],
  ['that fails', '/error', /answers 500/],
  ['that answers garbage', '/garbage', /cannot be used/],
  ['whose answer is too large', '/large', /larger than/],
  ['whose answer has run out', '/old', /ran out/],
  ['without the purpose of OCSP signing', '/no-purpose', /not certified for OCSP signing/],
]

for (const [what, path, reason] of useless) {
  test(`a responder ${what} says nothing`, { skip }, async () => {
    const [denied, allowed] = await Promise.all(
      [deny, allow].map(async (gateway) => verdict(gateway, await of(gateway).client(path), path)),
    )
    assert.deepEqual(denied, unknown)
    assert.deepEqual(allowed, passed)
    await deny.program.line(new RegExp(`SSL_EXCEPTION.*certificate_status_unknown.*${path}: .*${reason.source}`))
  })
}

test('nor does one that is down, one that knows nothing of the certificate, and one that the certificate does not name', {
  skip,
}, async () => {
  const [port] = await freePorts(1)
  for (const [gateway, expected] of [
    [deny, unknown],
    [allow, passed],
  ] as const) {
    assert.deepEqual(await verdict(gateway, await of(gateway).client(`http://127.0.0.1:${port}/`), '/down'), expected)
    assert.deepEqual(await verdict(gateway, await of(gateway).client('/good', null), '/unlisted'), expected)
    assert.deepEqual(await verdict(gateway, gateway.alice, '/names-none'), expected)
  }
})

test('an answer of before, played again, is refused: it bears another nonce', { skip }, async () => {
  const client = await of(deny).client('/replay')
  assert.deepEqual(await verdict(deny, client, '/first'), passed)
  const other = await deny.issue('CN=alice', { extensions: [responders(of(deny).site.url('/replay'))] })
  assert.deepEqual(await verdict(deny, other, '/other'), unknown)
  await deny.program.line(/certificate_status_unknown.*bears another nonce/)
  // What was good stays so for its time.
  assert.deepEqual(await verdict(deny, client, '/again'), passed)
})

test('requests that come while the answer is awaited are served after it, and not before, also of who has nothing more to send', {
  skip,
}, async () => {
  const client = await of(deny).client('/late')
  const [early, ended, gone] = await Promise.all([1, 2, 3].map(() => deny.connect(client)))
  assert.ok(early && ended && gone)
  gone.socket.destroy()
  early.send(get('/early-1') + get('/early-2'))
  ended.send(get('/ended'))
  ended.socket.end()
  assert.ok(!deny.upstream.requests.some(({ target }) => /early|ended/.test(target)))
  assert.equal((await early.response()).status, 200)
  assert.equal((await early.response()).status, 200)
  assert.equal((await ended.response()).status, 200)
  assert.equal((await early.ask(get('/early-3'))).status, 200)
  await ended.end()
  const bad = await deny.connect(await of(deny).client('/late', 'R'))
  bad.send(get('/early-revoked'))
  assert.equal((await bad.response()).status, 403)
  assert.ok(!deny.upstream.requests.some(({ target }) => target === '/early-revoked'))
})

test('one that is revoked while its connections are open loses them, idle and streaming', { skip }, async () => {
  const client = await of(deny).client('/good/live')
  deny.upstream.answer = (request, socket) => {
    if (request.target === '/stream') socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  const [idle, streaming, other] = await Promise.all([
    deny.connect(client),
    deny.connect(client),
    deny.connect(await of(deny).client('/good/other')),
  ])
  assert.equal((await idle.ask(get('/idle'))).status, 200)
  assert.equal((await other.ask(get('/other-1'))).status, 200)
  streaming.send(get('/stream'))
  await streaming.textMatching(/abc/)
  of(deny).responder.set('R', client)
  const known = deny.program.line(new RegExp(`a certificate is revoked: serial ${client.serial}`)).then(() => Date.now())
  const ends = await Promise.all([idle, streaming].map((one) => one.end().then(() => Date.now())))
  for (const end of ends) assert.ok(end - (await known) < 1000, `ended ${end - (await known)} ms after control knew`)
  assert.equal((await other.ask(get('/other-2'))).status, 200)
  assert.deepEqual(await verdict(deny, client, '/after'), revoked)
})

test("openssl's own server is asked, and a configured one instead of what certificates name", { skip }, async () => {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}/`
  const made = await startGateway(t, {
    tls: `clientauth_mode: REQUIRE\n      ocsp: { validate: true, url: "${url}" }`,
    // Written in the configuration, it may be on this machine.
    extra: 'revocation: { fetch_allow: [public], refresh: 1h }',
  })
  const responder = new OpensslResponder(t, made.authority)
  const bad = await made.issue('CN=alice', { extensions: [responders('http://192.0.2.1/')] })
  responder.set('V', made.alice)
  responder.set('R', bad)
  const args = [
    'ocsp',
    '-index',
    'index.txt',
    '-CA',
    'ca.crt',
    '-rsigner',
    'ca.crt',
    '-rkey',
    'ca.key',
    '-port',
    String(port),
    '-nmin',
    '30',
  ]
  // It takes real questions only: a connection without one would keep it from everybody else, and any other ends it.
  const body = new Uint8Array(writeOcspRequest(identity(made.authority), made.alice.serial, { nonce: null }))
  const headers = { 'content-type': 'application/ocsp-request' }
  const ready = async () => (await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) })).ok
  await startOutside(t, 'openssl', args, { cwd: responder.folder, ready })
  assert.deepEqual(await verdict(made, made.alice, '/good'), passed)
  assert.deepEqual(await verdict(made, made.alice, '/good'), passed)
  assert.deepEqual(await verdict(made, bad, '/revoked'), revoked)
})

test('failures are counted', { skip }, async () => {
  const { urls } = deny.program
  assert.ok(urls.length > 0)
  const [, address] = await deny.program.line(/(http:\/\/[\d.:]+) is open for telemetry/)
  const text = await (await fetch(`${address}/metrics`)).text()
  const [, count] = /^certgate_revocation_fetch_failures_total\{kind="ocsp"\} (\d+)$/m.exec(text) ?? []
  assert.ok(Number(count) >= 7, text)
  assert.match(text, /^certgate_revocation_status_stale 0$/m)
})
