/** The matrix of identities by routes in a real Chromium: it says what the gateway does, and leads to why. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { Client } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { type ExplainedConsole, explainedConsole, FORMULA, MARKUP } from '../support/explained-console.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

interface Access {
  readonly routes: readonly { readonly name: string }[]
  readonly identities: readonly {
    readonly name: string
    readonly cells: readonly {
      readonly access: string
      readonly reason: string | null
      readonly example: { method: string; url: string } | null
    }[]
  }[]
}

describe('the matrix of access', { skip: noBrowser }, () => {
  let all: ExplainedConsole
  let browser: Browser

  before(async () => {
    all = await explainedConsole(lifetime)
    browser = await openBrowser(lifetime, { client: all.operator, ca: all.gateway.ca })
  })

  const open = async (query = '') => {
    const { page } = browser
    await page.goto(`https://localhost:${all.gateway.adminPort}/console/explain/matrix${query}`)
    await page.getByRole('heading', { name: 'Matrix of access', level: 1 }).waitFor()
    return page
  }
  const row = (page: Page, name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader').getByText(name, { exact: true }) })
  const cells = async (page: Page, name: string): Promise<string[]> => {
    const texts = await row(page, name).getByRole('cell').locator('.visually-hidden').allTextContents()
    return texts.map((text) => text.split('; ')[0] ?? '')
  }

  it('says who gets through which route, in words', async () => {
    const page = await open()
    await row(page, 'reader').waitFor()
    const heads = await page.getByRole('columnheader').locator('.matrix-route').allTextContents()
    assert.deepEqual(heads, ['status', 'read movies', 'databases', '<script>alert(2)</script>', 'administration'])
    assert.deepEqual(await cells(page, 'reader'), ['allowed', 'allowed: GET HEAD', 'role missing', 'allowed', 'role missing'])
    assert.deepEqual(await cells(page, 'guest1'), [
      'allowed',
      'allowed: GET HEAD',
      'by database: GET HEAD OPTIONS',
      'allowed',
      'role missing',
    ])
    assert.deepEqual(await cells(page, 'boss'), ['allowed', 'allowed: GET HEAD', 'allowed', 'allowed', 'allowed'])
    assert.deepEqual(await cells(page, MARKUP), ['allowed', 'role missing', 'role missing', 'allowed', 'role missing'])
    assert.deepEqual(new Set(await cells(page, 'revoked')), new Set(['certificate revoked']))
    assert.deepEqual(new Set(await cells(page, 'expired')), new Set(['certificate expired']))
    assert.equal(await page.locator('main img, main script').count(), 0)
    await photograph(page, 'matrix')
    assert.deepEqual(browser.faults, [])
  })

  it('agrees with what the gateway does, cell by cell', async () => {
    const clients: Readonly<Record<string, Client>> = {
      boss: all.admin,
      reader: all.reader,
      guest1: all.guest,
      operator: all.operator,
      revoked: all.revoked,
      expired: all.expired,
      [MARKUP]: all.nobody,
    }
    const { routes, identities } = JSON.parse(
      (await all.gateway.ask('GET /api/v1/access', { client: all.operator })).body.toString(),
    ) as Access
    let compared = 0
    for (const { name, cells: told } of identities) {
      const client = clients[name]
      if (client === undefined) continue
      for (const [index, { access, reason, example }] of told.entries()) {
        const { method, url } = example ?? { method: 'GET', url: '/' }
        const { status, code } = await all.send(client, method, url)
        assert.deepEqual([status === 200, code], [access !== 'denied', reason], `${name} on ${routes[index]?.name}`)
        compared++
      }
    }
    assert.equal(compared, 35)
  })

  it('leads from a cell to why, by keyboard too', async () => {
    const page = await open()
    const link = row(page, 'guest1').getByRole('link', { name: 'by database: GET HEAD OPTIONS; explain guest1 on databases' })
    await link.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Allowed' }).waitFor()
    await page.locator('.path-rule', { hasText: "'guest1' has Read on database 'movies', and GET needs Read" }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/console/explain')
    await page.goBack()
    await row(page, 'reader')
      .getByRole('link', { name: /on administration$/ })
      .click()
    await page.getByRole('heading', { name: 'Refused: role missing' }).waitFor()
    await page.getByRole('link', { name: 'Matrix of access' }).click()
    await row(page, 'reader').waitFor()
    // What leads there is lit in the navigation.
    assert.equal(await page.getByRole('link', { name: 'Explain' }).first().getAttribute('aria-current'), 'page')
  })

  it('shows whom the mapping names while no certificate is registered, and leads to why', async () => {
    const page = await open()
    const mark = 'named in the mapping, no certificate registered'
    const named = page.getByRole('row').filter({ hasText: mark })
    await named.first().waitFor()
    const names = await named.getByRole('rowheader').locator('.matrix-name').allTextContents()
    assert.deepEqual(names, ['CN=machine,O=Elsewhere', 'zoe'])
    assert.deepEqual(await cells(page, 'zoe'), ['allowed', 'allowed: GET HEAD', 'role missing', 'allowed', 'role missing'])
    assert.equal(await row(page, 'reader').getByText(mark).count(), 0)
    await page.getByText('1–11 of 11 identities').waitFor()
    await page.getByLabel('Of whom').selectOption('Named in the mapping only')
    await page.getByText('1–2 of 2 identities').waitFor()
    assert.equal(new URL(page.url()).search, '?source=mapping')
    for (const [name, kind] of [
      ['zoe', 'Common name'],
      ['CN=machine,O=Elsewhere', 'Distinguished name'],
    ] as const) {
      await row(page, name)
        .getByRole('link', { name: `allowed: GET HEAD; explain ${name} on read movies` })
        .click()
      await page.getByRole('heading', { name: 'Allowed' }).waitFor()
      assert.equal(await page.getByLabel(kind).inputValue(), name)
      await page.goBack()
      await row(page, name).waitFor()
    }
    await photograph(page, 'matrix-mapping')
    // Whoever is registered meanwhile is shown by the certificate.
    await page.locator('.live[data-state=live]').waitFor()
    const { fingerprint } = await all.gateway.make('zoe', 'ValidUser')
    await page.getByText('1–1 of 1 identities').waitFor()
    await all.gateway.local(`POST /api/v1/certificates/${fingerprint}/revoke`, { reason: 'superseded' })
    await page.getByLabel('Of whom').selectOption('All')
    await row(page, 'zoe').getByText('revoked', { exact: true }).waitFor()
    assert.deepEqual(browser.faults, [])
  })

  it('is found in by certificate and by route, and the address keeps it', async () => {
    const page = await open()
    await page.getByLabel('Identities', { exact: true }).fill('GUEST')
    await page.getByText('1–1 of 1 identities').waitFor()
    await page.getByLabel('Routes', { exact: true }).fill('movies')
    await row(page, 'guest1').waitFor()
    await page.getByRole('columnheader', { name: 'administration' }).waitFor({ state: 'detached' })
    assert.deepEqual(await cells(page, 'guest1'), ['allowed: GET HEAD'])
    await page.reload()
    await page.getByText('1–1 of 1 identities').waitFor()
    assert.equal(await page.getByLabel('Identities', { exact: true }).inputValue(), 'GUEST')
    await page.getByLabel('Identities', { exact: true }).fill('nobody at all')
    await page.getByText('No identity matches').waitFor()
  })

  it('is saved as CSV in which no name is computed', async () => {
    const page = await open()
    await row(page, 'reader').waitFor()
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export CSV' }).click()
    const download = await waiting
    assert.equal(download.suggestedFilename(), 'access.csv')
    const lines = (await readFile(await download.path(), 'utf8')).split('\r\n')
    assert.match(lines[0] ?? '', /^name,source,fingerprint,state,identity,clearance,roles,status,read movies,/)
    const formula = lines.find((line) => line.includes('HYPERLINK')) ?? ''
    assert.ok(formula.startsWith(`"'${FORMULA.replaceAll('"', '""')}",`), formula)
    assert.ok(
      lines.includes('"CN=machine,O=Elsewhere",mapping,,,machine,,readall,allowed,allowed: GET HEAD,role missing,allowed,role missing'),
      lines.join('\n'),
    )
    assert.ok(lines.some((line) => line.startsWith('guest1,registered,') && line.includes(',by database: GET HEAD OPTIONS,')))
  })

  it('follows a change that somebody else makes', async () => {
    const page = await open('?text=reader')
    await row(page, 'reader').waitFor()
    await page.locator('.live[data-state=live]').waitFor()
    await all.gateway.local(`POST /api/v1/certificates/${all.reader.fingerprint}/disable`)
    await row(page, 'reader')
      .getByText(/^certificate disabled; /)
      .first()
      .waitFor({ state: 'attached' })
    await all.gateway.local(`POST /api/v1/certificates/${all.reader.fingerprint}/enable`)
    await row(page, 'reader')
      .getByText(/^allowed; /)
      .first()
      .waitFor({ state: 'attached' })
  })

  it('has nothing serious for axe-core, in both themes, and is a list by identity on a phone', async () => {
    const page = await open()
    await row(page, 'reader').waitFor()
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    await row(page, 'reader').locator('.matrix-label').getByText('administration').waitFor()
    assert.deepEqual(await seriousFindings(page), [], 'phone')
  })
})
