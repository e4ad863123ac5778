import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fetch, FetchError, fetchBytes, type Resolve } from '../../../../src/control/revocation/fetch.ts'
import { FetchRules } from '../../../../src/control/revocation/rules.ts'
import { startSite } from '../../../support/foreign-authority.ts'

const LOOPBACK = new FetchRules(['127.0.0.0/8'])
const PUBLIC = new FetchRules(['public'])
const fetchOf = (url: string, more: Partial<Fetch> = {}): Fetch => ({
  url,
  configured: false,
  method: 'GET',
  maxBytes: 100,
  timeout: 2_000,
  ...more,
})
const to =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

test('what is allowed is fetched whole', async (t) => {
  const site = await startSite(t, (request, response, body) => response.end(`${request.method} ${request.headers.host} ${body}`))
  const bytes = await fetchBytes(fetchOf(site.url('/x'), { method: 'POST', body: Buffer.from('hi') }), LOOPBACK)
  assert.equal(bytes.toString(), `POST 127.0.0.1:${site.port} hi`)
})

test('a name is judged by where it leads, and the connection goes only there', async (t) => {
  const site = await startSite(t, (_request, response) => response.end('secret'))
  const url = `http://pki.example:${site.port}/`
  await assert.rejects(
    fetchBytes(fetchOf(url), PUBLIC, to('127.0.0.1')),
    /pki\.example:\d+ \(127\.0\.0\.1, port \d+\) is not in revocation\.fetch_allow/,
  )
  await assert.rejects(fetchBytes(fetchOf(url), PUBLIC, to()), FetchError)
  assert.equal(site.connections, 0)
  // Of several addresses only those that are allowed are tried, whichever comes first.
  assert.equal((await fetchBytes(fetchOf(url), LOOPBACK, to('10.0.0.1', '127.0.0.1'))).toString(), 'secret')
  // Resolved once: a name that leads elsewhere the second time is not asked again.
  let asked = 0
  const rebinding: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
  assert.equal((await fetchBytes(fetchOf(url), LOOPBACK, rebinding)).toString(), 'secret')
  assert.equal(asked, 1)
})

test('what the configuration names may be anywhere', async (t) => {
  const site = await startSite(t, (_request, response) => response.end('ok'))
  assert.equal((await fetchBytes(fetchOf(site.url('/'), { configured: true }), PUBLIC)).toString(), 'ok')
})

test('a redirect is not followed, and anything but 200 is no answer', async (t) => {
  const site = await startSite(t, (request, response) => response.writeHead(Number(request.url?.slice(1)), { location: '/200' }).end('no'))
  for (const status of [301, 302, 303, 307, 308]) {
    await assert.rejects(fetchBytes(fetchOf(site.url(`/${status}`)), LOOPBACK), /redirects are not followed/)
  }
  for (const status of [204, 206, 404, 500])
    await assert.rejects(fetchBytes(fetchOf(site.url(`/${status}`)), LOOPBACK), new RegExp(`it answers ${status}`))
  assert.ok(!site.paths.includes('/200'))
})

test('an answer that is too large is given up, whether it says so or not', async (t) => {
  const site = await startSite(t, (request, response) => {
    if (request.url === '/told') response.writeHead(200, { 'content-length': '1000000' }).write('x')
    else {
      const timer = setInterval(() => response.write(Buffer.alloc(60)), 1)
      response.on('close', () => clearInterval(timer))
    }
  })
  for (const path of ['/told', '/untold']) await assert.rejects(fetchBytes(fetchOf(site.url(path)), LOOPBACK), /larger than 100 bytes/)
})

test('all of it together has one deadline: the name, a silent server, and one that drips', async (t) => {
  const site = await startSite(t, (request, response) => {
    if (request.url === '/silent') return
    const timer = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(timer))
  })
  const never: Resolve = () => new Promise(() => {})
  for (const [url, resolve] of [
    [site.url('/silent'), undefined],
    [site.url('/drip'), undefined],
    ['http://slow.example/', never],
  ] as const) {
    const began = performance.now()
    await assert.rejects(fetchBytes(fetchOf(url, { timeout: 300, maxBytes: 1e6 }), LOOPBACK, resolve), /no answer within 300 ms/)
    assert.ok(performance.now() - began < 1_500)
  }
})

test('an answer that breaks off, a refused connection and another scheme are no answers', async (t) => {
  const site = await startSite(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '50' }).write('half')
    setTimeout(() => response.destroy(), 10)
  })
  await assert.rejects(fetchBytes(fetchOf(site.url('/')), LOOPBACK), FetchError)
  await site.close()
  await assert.rejects(fetchBytes(fetchOf(site.url('/')), LOOPBACK), /ECONNREFUSED/)
  for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense'])
    await assert.rejects(fetchBytes(fetchOf(url), LOOPBACK), /is not an http or https URL/)
})
