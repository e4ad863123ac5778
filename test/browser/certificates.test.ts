/** The list of certificates and the page of one: what they show, to whom, of whatever name, and live. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { createAuthority } from '../support/authority.ts'
import { type Browser, DESKTOP, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { openConsole, statusFor } from '../support/console.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
const EVIL = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  'evil\u202Egnp.exe',
  `very-${'long-'.repeat(11)}name`,
  '{{7*7}} &lt;b&gt;',
] as const

describe('the certificates of the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client & { readonly fingerprint: string }
  let carol: Client & { readonly fingerprint: string }
  let browser: Browser
  let page: Page

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    admin = await gateway.make('alice', 'ClusterAdmin')
    carol = await gateway.make('carol', 'ValidUser', {
      permissions: { movies: 'ReadWrite', logs: 'Read', archive: 'Admin' },
      names: ['dns:carol.example', 'email:carol@example.com'],
    })
    await gateway.make('olga', 'Operator', { days: 9 })
    const dave = await gateway.make('dave', 'ValidUser', { permissions: { movies: 'Read' } })
    const erin = await gateway.make('erin', 'ValidUser')
    for (const what of [`${dave.fingerprint}/disable`, `${erin.fingerprint}/revoke`]) await done(`POST /api/v1/certificates/${what}`, 200)
    assert.ok((await statusFor(gateway, carol)) > 0)
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
    page = browser.page
  })

  const done = async (what: string, status: number, body?: object) => {
    const answer = await gateway.local(what, body)
    assert.equal(answer.status, status, `${what}: ${answer.body}`)
  }
  const open = async (path = 'certificates') => {
    await openConsole(gateway, page, path)
    await page.locator('.list-panel, .certificate-grid, .form').first().waitFor()
  }
  const rows = () => page.getByRole('table', { name: 'Certificates' }).getByRole('rowheader')
  /** Once those that were asked for are there. */
  const names = async () => {
    await page.locator('.table-frame[aria-busy=false]').waitFor()
    return (await rows().allTextContents()).map((text) => text.replace(/^Name/, ''))
  }

  it('are listed with what one looks for first', async () => {
    await open()
    const row = page.getByRole('row', { name: /carol/ })
    const text = (await row.textContent()) ?? ''
    for (const part of ['carol', 'valid', 'ValidUser', 'movies', 'ReadWrite', 'and 1 more']) assert.ok(text.includes(part), part)
    await page.getByRole('row', { name: /dave.*disabled/ }).waitFor()
    await page.getByRole('row', { name: /erin.*revoked/ }).waitFor()
    await page.getByRole('row', { name: /olga.*valid.*Operator.*all databases/ }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Copy thumbprint' }).count(), (await names()).length)
  })

  it('are searched, filtered and sorted, and the address keeps it', async () => {
    await open()
    await page.getByRole('searchbox', { name: 'Search' }).fill('CAROL@example')
    await page.waitForURL(/\?text=CAROL%40example$/)
    await page.getByText('1–1 of 1').waitFor()
    assert.deepEqual(await names(), ['carol'])
    await page.getByRole('searchbox', { name: 'Search' }).fill('')
    await page.getByLabel('State').selectOption('revoked')
    await page.getByRole('rowheader', { name: 'erin' }).waitFor()
    assert.deepEqual(await names(), ['erin'])
    await page.getByLabel('Clearance').selectOption('ClusterAdmin')
    await page.getByText('No certificate matches').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('button', { name: 'Valid until' }).click()
    await page.getByRole('columnheader', { name: 'Valid until', exact: false }).and(page.locator('[aria-sort=ascending]')).waitFor()
    assert.equal((await names())[0], 'olga')
    assert.match(page.url(), /\?sort=not_after$/)
    await page.reload()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Valid until' }).waitFor()
    assert.equal((await names())[0], 'olga')
  })

  it('tell of what others do while one looks', async () => {
    await open()
    await page.locator('.live[data-state=live]').waitFor()
    const { fingerprint } = await gateway.make('frank', 'ValidUser')
    await page.getByRole('row', { name: /frank.*valid/ }).waitFor()
    await done(`POST /api/v1/certificates/${fingerprint}/disable`, 200)
    await page
      .getByRole('row', { name: /frank.*disabled/ })
      .getByText('changed by cli')
      .waitFor()
    await page.getByText('1 certificate was changed elsewhere').waitFor()
  })

  it('have a page each: who it is, under whom, what it may do, and what happened', async () => {
    await open(`certificates/${carol.fingerprint}`)
    const main = page.locator('main')
    for (const text of ['CN=carol', 'dNSName:carol.example', 'rfc822Name:carol@example.com', carol.fingerprint]) {
      await main.getByText(text, { exact: true }).first().waitFor()
    }
    await main.locator('.chain li').first().waitFor()
    await main.getByRole('img', { name: /0 % of it is over; it ends/ }).waitFor()
    const access = page.getByRole('table', { name: 'Access by route' })
    await access.getByRole('row').nth(1).waitFor()
    const history = page.getByRole('table', { name: 'History' })
    await history.getByRole('row', { name: /Added.*cli.*ValidUser, movies ReadWrite/ }).waitFor()
    assert.equal(await page.title(), `carol · certgate localhost:${gateway.adminPort}`)
    await page.getByRole('button', { name: 'Copy SHA-256 fingerprint' }).waitFor()
  })

  it('say that there is none', async () => {
    // Apart from the page whose faults are told: an answer 404 is one to Chromium.
    const other = await browser.context.newPage()
    await openConsole(gateway, other, `certificates/${'0'.repeat(64)}`)
    await other.getByText('No such certificate is in the registry').waitFor()
    await other.close()
  })

  it('take any name as text, in the list, on its page and in dialogs', async () => {
    for (const name of EVIL) {
      const answer = await gateway.local('POST /api/v1/certificates', { name, clearance: 'ValidUser', format: 'json' })
      if (answer.status !== 201) {
        assert.equal(answer.status, 400, `${answer.body}`)
        continue
      }
      const { fingerprint } = JSON.parse(answer.body.toString()).certificate
      await open(`certificates?text=${fingerprint}`)
      assert.deepEqual(await names(), [name])
      await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click()
      assert.equal(await page.locator('dialog .name').textContent(), name)
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name, exact: true }).click()
      await page.locator('.certificate-grid').waitFor()
      assert.equal(await page.locator('h1 .name').textContent(), name)
      await page.getByRole('button', { name: 'Revoke' }).click()
      // None of them is for a person to type.
      await page
        .getByRole('dialog')
        .getByText(`Type ${fingerprint.slice(0, 8)} to confirm`)
        .waitFor()
      await page.keyboard.press('Escape')
    }
    assert.equal(await page.locator('main img, main script').count(), 0)
    assert.deepEqual(browser.faults, [])
  })

  it('take a subject as text that somebody else put into theirs', async () => {
    const foreign = await createAuthority([{ type: 'CN', value: '"><script>alert(3)</script>' }])
    const { certificate } = await foreign.issue({ subject: [{ type: 'CN', value: '<img src=x onerror=alert(2)> evil\u202Egnp.exe' }] })
    const told = await gateway.local('POST /api/v1/certificates/trust', { certificate, name: 'foreign', clearance: 'ValidUser' })
    assert.equal(told.status, 201, `${told.body}`)
    const [{ fingerprint, subject }] = JSON.parse(told.body.toString()).certificates
    await open(`certificates/${fingerprint}`)
    assert.equal(await page.locator('.facts bdi').first().textContent(), subject)
    await page.getByText('the gateway has none of the CAs above it').waitFor()
    assert.equal(await page.locator('main img, main script').count(), 0)
    assert.deepEqual(browser.faults, [])
  })

  it('give up what matters least where there is less room, and never their actions', async () => {
    const table = page.getByRole('table', { name: 'Certificates' })
    const heads = async () => (await table.getByRole('columnheader').allInnerTexts()).map((text) => text.trim()).join()
    const fits = async (width: number) => {
      await page.setViewportSize({ width, height: 800 })
      const { x = 0, width: wide = 0 } = (await page.getByRole('button', { name: 'Actions for carol' }).boundingBox()) ?? {}
      assert.ok(wide > 0 && x + wide <= width, `at ${width} they are from ${x} to ${x + wide}`)
    }
    await open()
    await page.setViewportSize({ width: 1024, height: 800 })
    assert.equal(await heads(), 'Name,State,Clearance,Permissions,Valid until,Last seen,Actions')
    await fits(1024)
    const frame = page.locator('.list-panel .table-frame')
    assert.equal(await frame.evaluate((node) => node.scrollWidth - node.clientWidth), 0)
    await fits(800)
    assert.equal(await heads(), 'Name,State,Clearance,Valid until,Last seen,Actions')
    assert.equal(await frame.evaluate((node) => node.scrollWidth - node.clientWidth), 0)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 800)
    // What the rows are sorted by is seen.
    await open('certificates?sort=not_before')
    await page.setViewportSize({ width: 1024, height: 800 })
    assert.match(await heads(), /Valid from/)
    await fits(1024)
    await page.setViewportSize(DESKTOP)
    assert.match(await heads(), /Permissions,Thumbprint,Valid from,Valid until/)
  })

  it('have nothing serious for axe-core in both themes, and fit a phone', async () => {
    for (const [path, name] of [
      ['certificates', 'certificates'],
      [`certificates/${carol.fingerprint}`, 'certificate'],
      ['certificates/new', 'certificate-new'],
    ] as const) {
      await open(path)
      if (name === 'certificate') await page.getByRole('table', { name: 'Access by route' }).waitFor()
      for (const theme of THEMES) {
        await inTheme(page, theme)
        assert.deepEqual(await seriousFindings(page), [], `${name} ${theme}`)
      }
      await page.setViewportSize(PHONE)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, name)
      assert.deepEqual(await seriousFindings(page), [], `${name} on a phone`)
      await photograph(page, name)
    }
    assert.deepEqual(browser.faults, [])
  })
})
