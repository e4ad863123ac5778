/**
 * Explain of a certificate of somebody else's CA, whose status a responder tells: what is known before anybody asked, after it answered, once it
 * revoked; each time what the gateway itself does next, and never asked for by explain.
 */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { issuerOf } from '../../src/certificates/issuer.ts'
import { answerOcsp, type CertificateStatus } from '../../src/certificates/ocsp-respond.ts'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Authority, createAuthority, type Issued } from '../support/authority.ts'
import { type Browser, noBrowser, openBrowser, PHONE, photograph, seriousFindings } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { responders, type Site, sendOcsp, startSite } from '../support/foreign-authority.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { freePorts } from '../support/outside-program.ts'

const lifetime = fileLifetime()
const HOUR = 3_600_000

describe('explain of a certificate of a foreign CA', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let browser: Browser
  let site: Site
  let port = 0
  let foreign: Authority
  let alice: Issued
  let standing: CertificateStatus = { kind: 'good' }

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    foreign = await createAuthority('CN=Elsewhere')
    const issuer = issuerOf(new X509Certificate(foreign.certificate), foreign.keyObject, '')
    site = await startSite(lifetime, (_request, response, body) => {
      const now = Date.now()
      sendOcsp(
        response,
        answerOcsp(body, [{ issuer, delegate: null }], () => standing, { thisUpdate: now, nextUpdate: now + HOUR }),
      )
    })
    alice = await foreign.issue({ subject: 'CN=admin', extensions: [responders(site.url('/ocsp'))] })
    writeFileSync(join(gateway.folder, 'foreign.crt'), foreign.certificate)
    ;[port = 0] = await freePorts(1)
    const listener = `  foreign:
    address: 127.0.0.1:${port}
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: REQUIRE
      client_ca: [foreign.crt]
      trust: ca
      ocsp: { validate: true }
`
    gateway.edit(/listeners:\n/, `revocation: { fetch_allow: [127.0.0.1], refresh: 1s }\nlisteners:\n`)
    gateway.edit(/\n# Who somebody is/, `${listener}\n# Who somebody is`)
    const reloaded = await gateway.local('POST /api/v1/reload')
    assert.equal(reloaded.status, 200, reloaded.body.toString())
    browser = await openBrowser(lifetime, { client: await gateway.make('boss', 'ClusterAdmin'), ca: gateway.ca })
  })

  /** What the gateway does with a request of hers. */
  const send = (): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const tls = { cert: alice.certificate, key: alice.key, ca: gateway.ca, servername: 'localhost', agent: false as const }
    const sent = request({ host: '127.0.0.1', port, path: '/', headers: { host: 'localhost' }, ...tls })
    sent.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end()
    return promise
  }
  const step = (page: Page) =>
    page
      .getByRole('list', { name: 'Steps of the decision' })
      .getByRole('listitem')
      .filter({ hasText: /^\s*Revocation/ })
  const explain = async () => {
    const { page } = browser
    await page.goto(`https://localhost:${gateway.adminPort}/console/explain?who=pem&listener=foreign&url=%2F`)
    await page.getByLabel('Certificate in PEM').fill(alice.certificate)
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.getByRole('heading', { name: /^(Allowed|Refused)/ }).waitFor()
    return page
  }

  it('says that nothing is known yet, and asks nobody', async () => {
    const page = await explain()
    await page.getByRole('heading', { name: 'Refused: certificate status unknown' }).waitFor()
    await step(page).getByText('unknown, refused').waitFor()
    await step(page).getByText(site.url('/ocsp')).waitFor()
    assert.match((await step(page).textContent()) ?? '', /is not known yet; it is asked for at the handshake/)
    assert.equal(site.connections, 0)
    await photograph(page, 'explain-revocation-unknown')
  })

  it('tells what the responder said, once a handshake had it asked', async () => {
    assert.equal(await send(), 200)
    const asked = site.paths.length
    const page = await explain()
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    await step(page).getByText('good', { exact: true }).waitFor()
    assert.match((await step(page).textContent()) ?? '', /Good by OCSP, said .* UTC, until .* UTC/)
    assert.equal(site.paths.length, asked)
    assert.deepEqual(await seriousFindings(page), [])
    await photograph(page, 'explain-revocation-good')
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
  })

  it('refuses whom the responder has revoked since', async () => {
    standing = { kind: 'revoked', at: Date.now(), reason: 'keyCompromise' }
    await eventually('the revocation', async () => (await send()) === 403)
    const page = await explain()
    await page.getByRole('heading', { name: 'Refused: certificate revoked' }).waitFor()
    await step(page).getByText('revoked', { exact: true }).waitFor()
    await step(page).getByText('ocsp: { validate: true }').waitFor()
    await photograph(page, 'explain-revocation-revoked')
    assert.deepEqual(browser.faults, [])
  })
})
