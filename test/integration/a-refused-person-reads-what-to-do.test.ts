/** The promise: whoever is refused in a browser reads what happened, whom to ask, which request it was, and how a certificate gets in. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createAuthority, type Issued } from '../support/authority.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, { extra: 'contact: platform@example.org\n' })
})

const BROWSER =
  'GET /page HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n' +
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n'

const DAY = 86_400_000
const cases: readonly (readonly [string, () => Promise<Issued | null>, number, RegExp, boolean])[] = [
  ['without a certificate', async () => null, 401, /<h1>Client certificate required<\/h1>/, true],
  [
    'with an expired one',
    () => gateway.issue('CN=old', { notBefore: new Date(Date.now() - 2 * DAY), notAfter: new Date(Date.now() - DAY) }),
    403,
    /<p>The client certificate expired at \d{4}-/,
    true,
  ],
  ['with an unknown one', async () => (await createAuthority('others')).issue({ subject: 'CN=alice' }), 403, /unknown issuer<\/h1>/, true],
  ['without the role', async () => gateway.mallory, 403, /<h1>Access denied<\/h1>/, false],
]

for (const [who, certificate, status, says, installs] of cases) {
  test(who, async () => {
    gateway.upstream.reset()
    const response = await gateway.ask(BROWSER, await certificate())
    assert.equal(response.status, status)
    assert.match(response.value('content-type') ?? '', /^text\/html/)
    assert.match(response.body, says)
    assert.match(response.body, /<a href="mailto:platform@example\.org">/)
    assert.match(response.body, new RegExp(`<dt>Request id</dt><dd>${response.value('x-request-id')}</dd>`))
    assert.equal(response.body.includes('<details open><summary>Firefox</summary>'), installs)
    assert.equal(gateway.upstream.requests.length, 0)
  })
}
