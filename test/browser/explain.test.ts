/**
 * The console's Explain page in a real Chromium: who asks is searched, pasted or named; each step with the line that decided; and the same
 * end that the gateway itself makes of the request.
 */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { Client } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { type ExplainedConsole, explainedConsole, MARKUP } from '../support/explained-console.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

describe('the Explain page', { skip: noBrowser }, () => {
  let all: ExplainedConsole
  let browser: Browser

  before(async () => {
    all = await explainedConsole(lifetime)
    browser = await openBrowser(lifetime, { client: all.admin, ca: all.gateway.ca })
  })

  const open = async (query = '', page: Page = browser.page) => {
    await page.goto(`https://localhost:${all.gateway.adminPort}/console/explain${query}`)
    await page.getByRole('heading', { name: 'Explain', level: 1 }).waitFor()
    return page
  }
  const about = (fingerprint: string, method: string, url: string) => `?${new URLSearchParams({ fingerprint, method, url })}`
  const steps = (page: Page) => page.getByRole('list', { name: 'Steps of the decision' }).locator('> li')
  const outcomes = async (page: Page): Promise<string[]> =>
    steps(page).evaluateAll((nodes) => nodes.map((node) => (node as unknown as { dataset: { outcome: string } }).dataset.outcome))

  it('finds a certificate as one types, by keyboard alone, and shows the way with its lines', async () => {
    const page = await open()
    const field = page.getByRole('combobox', { name: 'Certificate' })
    await field.focus()
    await page.keyboard.type('reade')
    await page.getByRole('option').filter({ hasText: 'CN=reader' }).waitFor()
    await page.getByText('1 of 1', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Choose another certificate' }).and(page.locator(':focus')).waitFor()
    await page.getByLabel('URL').fill('/movies/old/3')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Allowed' }).and(page.locator(':focus')).waitFor()
    // Neither crl nor ocsp is on: nobody looked, so it did not pass.
    assert.deepEqual(await outcomes(page), ['passed', 'passed', 'not_checked', ...Array(4).fill('passed')])
    assert.match((await steps(page).nth(2).textContent()) ?? '', /Revocation\s*not checked/)
    const [, chain = '', , identity = '', roles = '', route = ''] = await steps(page).allTextContents()
    assert.match(chain, /certgate\.yml:\d+\s*- ca\/ca\.crt/)
    assert.match(identity, /username_attribute: cn/)
    assert.match(roles, /roles_mapping\.yml:6\s*- reader\s*readall/)
    assert.match(route, /allow: \[readall, admin\]/)
    const headers = page.getByRole('table', { name: /Headers that the upstream gets/ })
    await headers.getByRole('row', { name: 'X-Forwarded-User reader' }).waitFor()
    const { searchParams } = new URL(page.url())
    assert.deepEqual(Object.fromEntries(searchParams), { fingerprint: all.reader.fingerprint, method: 'GET', url: '/movies/old/3' })
    // Who gets the link sees the same.
    await page.reload()
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    await page.getByRole('group', { name: 'Chosen certificate' }).getByText('reader', { exact: true }).waitFor()
    await photograph(page, 'explain-allowed')
    assert.deepEqual(browser.faults, [])
  })

  it('says what the gateway does, whoever asks for what', async () => {
    const { reader, nobody, guest, operator, revoked, expired, admin } = all
    const cases: readonly (readonly [
      client: Client & { readonly fingerprint: string },
      method: string,
      url: string,
      code: string | null,
    ])[] = [
      [reader, 'GET', '/movies/old/3', null],
      [nobody, 'GET', '/movies/old/3', 'role_missing'],
      [reader, 'DELETE', '/movies/old/3', 'method_not_allowed'],
      [admin, 'GET', '/nothing/here', 'route_missing'],
      [revoked, 'GET', '/status', 'certificate_revoked'],
      [expired, 'GET', '/status', 'certificate_expired'],
      [guest, 'GET', '/databases/movies/docs', null],
      [guest, 'PUT', '/databases/movies/docs', 'role_missing'],
      [guest, 'GET', '/databases/books/docs', 'role_missing'],
      [operator, 'PUT', '/databases/books/docs', null],
      [nobody, 'GET', '/odd/x', null],
      [reader, 'GET', '/movies/..%2fx', 'malformed_path'],
    ]
    for (const [client, method, url, code] of cases) {
      const page = await open(about(client.fingerprint, method, url))
      await page.locator('#verdict').waitFor()
      const got = await all.send(client, method, url)
      assert.equal(got.code, code, `${method} ${url}`)
      const sees = await page.locator('.verdict dd').first().textContent()
      if (code === null) assert.deepEqual([got.status, sees], [200, 'What app answers'], `${method} ${url}`)
      else assert.equal(sees, `${got.status} ${code}`, `${method} ${url}`)
    }
    assert.deepEqual(browser.faults, [])
  })

  it('shows where a decision ended, and that nothing behind it was asked', async () => {
    const { guest, revoked } = all
    const page = await open(about(revoked.fingerprint, 'GET', '/movies/old/3'))
    await page.getByRole('heading', { name: 'Refused: certificate revoked' }).waitFor()
    assert.deepEqual(await outcomes(page), ['passed', 'stopped', ...Array(4).fill('not_reached'), 'stopped'])
    assert.match((await steps(page).nth(1).textContent()) ?? '', /It is registered as "revoked" and was revoked .*keyCompromise/)
    await open(about(guest.fingerprint, 'PUT', '/databases/movies/docs'))
    await page.getByRole('heading', { name: 'Refused: role missing' }).waitFor()
    assert.deepEqual(await outcomes(page), ['passed', 'passed', 'not_checked', 'passed', 'passed', 'stopped', 'stopped'])
    const route = steps(page).nth(5)
    await route.locator('.path-refusal', { hasText: "'guest1' has Read on database 'movies', and PUT needs ReadWrite" }).waitFor()
    assert.match((await route.textContent()) ?? '', /certgate\.yml:\d+\s*allow:/)
    await photograph(page, 'explain-refused')
  })

  it('judges a pasted certificate, which is kept nowhere, and sends no key with it', async () => {
    const page = await open('?method=GET&url=%2Fmovies%2Fold%2F3')
    await page.getByRole('radio', { name: 'PEM' }).check()
    const bodies: string[] = []
    page.on('request', (request) => void bodies.push(request.postData() ?? ''))
    await page.getByLabel('Certificate in PEM').fill(`${all.stranger.key}${all.stranger.cert}`)
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByRole('heading', { name: 'Refused: certificate unknown issuer' }).waitFor()
    assert.match((await steps(page).nth(1).textContent()) ?? '', /certgate\.yml:\d+\s*- ca\/ca\.crt/)
    assert.ok(bodies.some((body) => body.includes('BEGIN CERTIFICATE')))
    assert.ok(!bodies.some((body) => body.includes('PRIVATE KEY')))
    assert.deepEqual([...new URL(page.url()).searchParams.keys()], ['who', 'method', 'url'])
    assert.deepEqual(await all.send(all.stranger, 'GET', '/movies/old/3'), { status: 403, code: 'certificate_unknown_issuer' })
    await page.reload()
    assert.equal(await page.getByLabel('Certificate in PEM').inputValue(), '')
    const file = { name: 'reader.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(`${all.reader.cert}${all.reader.key}`) }
    await page.getByLabel('Open a file').setInputFiles(file)
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    assert.doesNotMatch(await page.getByLabel('Certificate in PEM').inputValue(), /PRIVATE/)
    await page.getByLabel('Open a file').setInputFiles({ ...file, buffer: Buffer.from('nothing') })
    await page.getByRole('alert').getByText('There is no certificate in this file').waitFor()
  })

  it('answers about a name, says what it supposed, and what of the form is wrong', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('Choose a certificate.').waitFor()
    await page.locator('#certificate:focus').waitFor()
    await page.getByRole('radio', { name: 'Name' }).check()
    await page.getByLabel('URL').fill('movies')
    await page.getByLabel('Common name').fill('guest7')
    await page.keyboard.press('Enter')
    await page.getByText('Write a path, or a whole URL.').waitFor()
    await page.locator('#explain-url:focus').waitFor()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('/movies/old/3')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    await page.getByText(/Supposed: a certificate with the subject CN=guest7/).waitFor()
    assert.equal(new URL(page.url()).searchParams.get('cn'), 'guest7')
    // What the API refuses is said, and can be tried again.
    const logged = page.waitForEvent('console')
    await open('?cn=a&url=%2F&listener=none')
    await page.getByRole('alert').getByText("There is no listener 'none'").waitFor()
    assert.match((await logged).text(), /status of 400/)
    browser.faults.length = 0
  })

  it('takes names as text, whatever is in them', async () => {
    const page = await open(about(all.nobody.fingerprint, 'GET', '/odd/x'))
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    assert.match((await page.locator('.verdict').textContent()) ?? '', new RegExp(MARKUP.replace(/[()]/g, '\\$&')))
    assert.match((await steps(page).nth(5).textContent()) ?? '', /Route '<script>alert\(2\)<\/script>'/)
    await page.getByRole('button', { name: 'Choose another certificate' }).click()
    await page.getByRole('combobox', { name: 'Certificate' }).fill('img')
    await page.getByRole('option', { name: MARKUP }).waitFor()
    assert.deepEqual([await page.locator('main img').count(), await page.locator('main script').count()], [0, 0])
    assert.deepEqual(browser.faults, [])
  })

  it('is for an Operator too, and not for less', async () => {
    const operator = await openBrowser(lifetime, { client: all.operator, ca: all.gateway.ca })
    await open(about(all.reader.fingerprint, 'GET', '/movies/old/3'), operator.page)
    await operator.page.getByRole('heading', { name: 'Allowed' }).waitFor()
    const guest = await openBrowser(lifetime, { client: all.guest, ca: all.gateway.ca })
    await open('', guest.page)
    await guest.page.getByText('This needs clearance Operator; yours is ValidUser.').waitFor()
    assert.deepEqual([...operator.faults, ...guest.faults], [])
  })

  it('has nothing serious for axe-core, in both themes, and fits a phone', async () => {
    for (const client of [all.reader, all.nobody]) {
      const page = await open(about(client.fingerprint, 'GET', '/movies/old/3'))
      await page.locator('#verdict').waitFor()
      for (const theme of THEMES) {
        await inTheme(page, theme)
        assert.deepEqual(await seriousFindings(page), [], theme)
      }
      await page.setViewportSize(PHONE)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
      assert.deepEqual(await seriousFindings(page), [], 'phone')
      await page.setViewportSize({ width: 1440, height: 900 })
    }
    const page = await open()
    await page.getByRole('combobox', { name: 'Certificate' }).click()
    await page.getByRole('option').first().waitFor()
    assert.deepEqual(await seriousFindings(page), [], 'options')
  })
})
