/** The browser's Back while a dialog is open: it is given up, nothing is done, and a page that would ask before it is left asks. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Browser, noBrowser, openBrowser, photograph } from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

describe('Back while a dialog is open', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let browser: Browser
  let bob: { readonly fingerprint: string }

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    bob = await gateway.make('bob', 'ValidUser')
    browser = await openBrowser(lifetime, { client: await gateway.make('boss', 'ClusterAdmin'), ca: gateway.ca })
  })

  /** From the overview to a page of the console, by its own links. */
  const reach = async (name: string) => {
    const { page } = browser
    await page.goto(`https://localhost:${gateway.adminPort}/console/`)
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    return page
  }
  const stateOf = async (): Promise<string> =>
    JSON.parse((await gateway.local(`GET /api/v1/certificates/${bob.fingerprint}`)).body.toString()).state
  const arrivedAt = async (page: Page, name: string) => {
    await page.getByRole('heading', { name, level: 1 }).and(page.locator(':focus')).waitFor()
    assert.equal(await page.locator('dialog').count(), 0)
  }

  it('gives it up, and the focus goes to what comes', async () => {
    const page = await reach('Certificates')
    await page
      .getByRole('row')
      .filter({ hasText: 'bob' })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('dialog', { name: 'Actions' }).getByRole('button', { name: 'Revoke' }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke a certificate' })
    await dialog.getByLabel(/Type .* to confirm/).fill('bob')
    await page.goBack()
    await arrivedAt(page, 'Overview')
    assert.equal(await stateOf(), 'valid')
    await page.goForward()
    await page.getByRole('row').filter({ hasText: 'bob' }).waitFor()
    assert.equal(await page.locator('dialog').count(), 0)
    assert.deepEqual(browser.faults, [])
  })

  it('opens no dialog on a page that one went to before it came', async () => {
    const page = await reach('Certificates')
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    await page.route(`**/api/v1/certificates/${bob.fingerprint}`, async (route) => {
      asked.resolve()
      await held
      await route.continue()
    })
    await page
      .getByRole('row')
      .filter({ hasText: 'bob' })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('dialog', { name: 'Actions' }).getByRole('button', { name: 'Disable' }).click()
    await asked.promise
    await page.goBack()
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    const answered = page.waitForResponse(`**/api/v1/certificates/${bob.fingerprint}`)
    release()
    await (await answered).finished()
    await page.unroute(`**/api/v1/certificates/${bob.fingerprint}`)
    // Whatever came of the answer is drawn by then.
    await page.evaluate('new Promise((done) => setTimeout(() => requestAnimationFrame(done)))')
    assert.equal(await page.locator('dialog').count(), 0)
  })

  it('asks where the page would: once, over the dialog, and either way', async () => {
    const page = await reach('Roles')
    await page.getByRole('tab', { name: 'YAML' }).click()
    await page.locator('textarea').fill('admin: { users: [admin, boss] }\n')
    await page.getByRole('button', { name: 'Discard' }).click()
    const discarding = page.getByRole('dialog', { name: 'Discard your changes?' })
    await discarding.waitFor()
    const leaving = page.getByRole('dialog', { name: 'Leave without saving?' })
    await page.goBack()
    await leaving.waitFor()
    await page.goBack()
    await leaving.waitFor()
    assert.equal(await page.locator('dialog').count(), 2)
    await photograph(page, 'dialog-leaving')
    await page.keyboard.press('Escape')
    await leaving.waitFor({ state: 'detached' })
    await discarding.waitFor()
    assert.equal(new URL(page.url()).pathname, '/console/roles')
    await page.goBack()
    await leaving.getByRole('button', { name: 'Leave and lose them' }).click()
    await arrivedAt(page, 'Overview')
    assert.deepEqual(browser.faults, [])
  })
})
