/**
 * What a person sees in a real Chromium who is not let in, on the main listener and on the admin address: what happened, whom to ask, which
 * request it was, and how a certificate gets in.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Authority, createAuthority } from '../support/authority.ts'
import {
  type Browser,
  type BrowserOptions,
  DESKTOP,
  inTheme,
  noBrowser,
  openBrowser,
  PHONE,
  photograph,
  seriousFindings,
  THEMES,
} from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
const DAY = 86_400_000
/** In a path, a query and a name. */
const SCRIPT = '<img src=x onerror="globalThis.ran=1">'

describe('who is not let in reads in a browser', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let authority: Authority

  before(async () => {
    gateway = await startAdministeredGateway(lifetime, [
      [/$/, '\ncontact: platform@example.org\n'],
      ['path: /**', 'path: /app/**'],
    ])
    authority = await createAuthority('CN=people')
    writeFileSync(join(gateway.folder, 'people.crt'), authority.certificate)
    gateway.edit('- ca/ca.crt', '- ca/ca.crt\n        - people.crt')
    assert.equal((await gateway.local('POST /api/v1/reload')).status, 200)
  })

  const issued = async (by: Authority, subject: string, options = {}): Promise<Client> => {
    const { certificate, key } = await by.issue({ subject, ...options })
    return { cert: certificate, key }
  }
  const origins = () => [gateway.program.port, gateway.adminPort].map((port) => `https://localhost:${port}`)
  const browse = (options: Omit<BrowserOptions, 'ca'>) => openBrowser(lifetime, { ...options, ca: gateway.ca })
  const expired = () =>
    issued(authority, 'CN=<b>old</b>', { notBefore: new Date(Date.now() - 2 * DAY), notAfter: new Date(Date.now() - DAY) })

  it('without a certificate', async () => {
    const browser = await browse({ client: null })
    await refused(browser, { name: 'none', status: 401, title: 'Client certificate required', installs: true })
  })

  it('with an expired one', async () => {
    const browser = await browse({ client: await expired(), shownTo: origins() })
    await refused(browser, { name: 'expired', status: 403, title: 'Client certificate expired', installs: true })
    assert.match(
      (await browser.page.locator('main').textContent()) ?? '',
      /The client certificate expired at \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
    )
  })

  it('with one that nobody here knows', async () => {
    const client = await issued(await createAuthority('CN=elsewhere'), 'CN=admin')
    const browser = await browse({ client, shownTo: origins() })
    await refused(browser, { name: 'unknown-issuer', status: 403, title: 'Client certificate from an unknown issuer', installs: true })
  })

  it('without the role, and with the console for who may nothing there', async () => {
    const browser = await browse({ client: await issued(authority, `CN=${SCRIPT.replaceAll('"', '')}`) })
    await refused(browser, { name: 'no-role', status: 403, title: 'Access denied', installs: false, onAdmin: false })
    const { page } = browser
    await page.goto(`${origins()[1]}/console/`)
    await page.locator('main').getByText('This needs clearance Operator; you have none.').waitFor()
    assert.equal(await page.locator('img, main script').count(), 0)
    assert.equal(await page.evaluate('globalThis.ran'), undefined)
  })

  it('at an address where nothing is', async () => {
    const browser = await browse({ client: await gateway.make('admin', 'ValidUser') })
    const { page } = browser
    await refused(browser, { name: 'nothing-there', status: 404, title: 'Not found', installs: false, path: '/elsewhere', onAdmin: false })
    // The admin address leads who has a certificate to the console; the rest there is for programs.
    const response = await page.goto(`${origins()[1]}/elsewhere`)
    assert.deepEqual([response?.status(), response?.headers()['content-type']], [404, 'application/problem+json'])
  })

  it('at an address that could be read in two ways', async () => {
    const browser = await browse({ client: await issued(authority, 'CN=eve') })
    const expected = { status: 400, title: 'Malformed path', installs: false, path: '/app/%2f%2e%2e', onAdmin: false }
    await refused(browser, { name: 'malformed', ...expected })
  })

  interface Expected {
    readonly name: string
    readonly status: number
    readonly title: string
    readonly installs: boolean
    readonly path?: string
    readonly onAdmin?: boolean
  }

  async function refused({ page, faults }: Browser, expected: Expected): Promise<void> {
    const { name, path = '/app', onAdmin = true } = expected
    const [main = '', admin = ''] = origins()
    await told(page, `${main}${path}/${encodeURIComponent(SCRIPT)}?q=${encodeURIComponent(SCRIPT)}`, expected)
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    await page.setViewportSize(DESKTOP)
    await photograph(page, `refusal-${name}`)
    if (onAdmin) await told(page, `${admin}/console/`, expected)
    // That a page came with such a status is a fault to Chromium, and all that is to be seen here.
    const real = faults.filter((fault) => !/Failed to load resource: the server responded with a status of 4\d\d/.test(fault))
    assert.deepEqual(real, [])
  }

  async function told(page: Page, url: string, { status, title, installs }: Expected): Promise<void> {
    const response = await page.goto(url)
    assert.equal(response?.status(), status)
    const headers = response?.headers() ?? {}
    assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/)
    assert.equal(await page.title(), title)
    assert.deepEqual(await page.locator('h1').allTextContents(), [title])
    assert.equal(await page.getByRole('link', { name: 'platform@example.org' }).getAttribute('href'), 'mailto:platform@example.org')
    const id = await page.locator('dt:text-is("Request id") + dd').textContent()
    assert.match(id ?? '', /^[0-9a-f-]{20,}$/)
    if (headers['x-request-id'] !== undefined) assert.equal(headers['x-request-id'], id)
    // Its style is in force, although nothing may be loaded.
    assert.equal(await page.evaluate('getComputedStyle(document.querySelector("main")).borderTopStyle'), 'solid')
    assert.equal(await page.locator('img, script').count(), 0)
    assert.equal(await page.evaluate('globalThis.ran'), undefined)
    const open = page.locator('details[open] summary')
    assert.deepEqual(await open.allTextContents(), installs ? ['Chrome or Chromium on Linux'] : [])
    if (installs) await opensByKeyboard(page)
  }

  /** Another browser's steps, for who looks from here for somebody else. */
  async function opensByKeyboard(page: Page): Promise<void> {
    const firefox = page.locator('details', { has: page.getByText('Firefox', { exact: true }) })
    await firefox.locator('summary').focus()
    await page.keyboard.press('Enter')
    await firefox.getByText(/View Certificates/).waitFor()
    await page.keyboard.press('Enter')
    await firefox.getByText(/View Certificates/).waitFor({ state: 'hidden' })
    await page.evaluate('document.activeElement.blur()')
  }
})
