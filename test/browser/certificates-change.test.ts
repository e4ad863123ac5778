/** What becomes of certificates by the console: every action, two administrators at a time, and somebody who may do less. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { clientIn, downloaded, openConsole, statusFor } from '../support/console.ts'
import { eventually } from '../support/eventually.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { run } from '../support/outside-program.ts'

const lifetime = fileLifetime()
type Made = Client & { readonly fingerprint: string }

describe('what is done to a certificate by the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let alice: Made
  let browser: Browser
  let page: Page
  let many = 0
  let name: string
  let subject: Made

  before(async () => {
    gateway = await startAdministeredGateway(lifetime, [[/- admin\n(\s+)upstream/, '- authenticated\n$1upstream']])
    alice = await gateway.make('alice', 'ClusterAdmin')
    browser = await openBrowser(lifetime, { client: alice, ca: gateway.ca })
    page = browser.page
  })

  beforeEach(async () => {
    name = `bob-${++many}`
    subject = await gateway.make(name, 'ValidUser', { permissions: { movies: 'Read' } })
  })

  const details = async (reference = subject.fingerprint) => {
    const answer = await gateway.local(`GET /api/v1/certificates/${reference}`)
    return { status: answer.status, ...JSON.parse(answer.body.toString()) }
  }
  const done = async (what: string, body?: object) => {
    const answer = await gateway.local(what, body)
    assert.ok(answer.status < 300, `${what}: ${answer.status} ${answer.body}`)
    return answer
  }
  const openOne = async (one: Page = page, fingerprint = subject.fingerprint) => {
    await openConsole(gateway, one, `certificates/${fingerprint}`)
    await one.locator('.certificate-grid').waitFor()
    await one.locator('.live[data-state=live]').waitFor()
  }
  const dialog = () => page.getByRole('dialog')

  it('its name and rights are edited, from its row and by keyboard alone', async () => {
    await openConsole(gateway, page, `certificates?text=${name}`)
    const opener = page.getByRole('button', { name: `Actions for ${name}` })
    await opener.focus()
    await page.keyboard.press('Enter')
    await dialog().getByRole('button', { name: 'Edit rights' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('dialog #name:focus').waitFor()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type(`${name}-new`)
    await page.keyboard.press('Tab')
    await page.locator('dialog #clearance:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('dialog #permission-0:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('dialog #access-0:focus').waitFor()
    await page.keyboard.press('A')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.locator('dialog button:focus', { hasText: 'Add a database' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('dialog #permission-1').focus()
    await page.keyboard.type('logs')
    await page.keyboard.press('Enter')
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('row', { name: new RegExp(`${name}-new`) }).waitFor()
    const now = await details()
    assert.deepEqual([now.name, now.permissions], [`${name}-new`, { movies: 'Admin', logs: 'Read' }])
  })

  it('what another administrator changes meanwhile is shown, and overwritten only when one says so', async () => {
    await openOne()
    await page.getByRole('button', { name: 'Edit rights' }).click()
    await dialog().getByLabel(/^Name/).fill(`${name}-mine`)
    await done(`PATCH /api/v1/certificates/${subject.fingerprint}`, { name: `${name}-theirs`, clearance: 'Operator' })
    const notice = dialog().getByText('It was changed elsewhere meanwhile')
    await notice.waitFor()
    await dialog().getByText(`${name}-theirs`).waitFor()
    assert.equal(await dialog().getByLabel(/^Name/).inputValue(), `${name}-mine`, 'what was typed stays')
    assert.equal(await dialog().getByLabel('Clearance').inputValue(), 'Operator', 'what was not touched is as it is now')
    await photograph(page, 'certificate-conflict')
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    assert.equal((await details()).name, `${name}-theirs`, 'nothing is overwritten yet')
    await dialog().getByRole('button', { name: 'Save mine over it' }).click()
    await dialog().waitFor({ state: 'detached' })
    const now = await details()
    assert.deepEqual([now.name, now.clearance], [`${name}-mine`, 'Operator'])
  })

  it('a change that no event told of is refused by the gateway, and then shown', async () => {
    const other = await browser.context.newPage()
    await other.route('**/api/v1/events', (route) => route.abort())
    await openConsole(gateway, other, `certificates/${subject.fingerprint}`)
    await other.getByRole('button', { name: 'Edit rights' }).click()
    const theirs = other.getByRole('dialog')
    await theirs.getByLabel(/^Name/).fill(`${name}-mine`)
    await done(`PATCH /api/v1/certificates/${subject.fingerprint}`, { name: `${name}-theirs` })
    await theirs.getByRole('button', { name: 'Save' }).click()
    await theirs.getByText('It was changed elsewhere meanwhile').waitFor()
    await theirs.getByRole('button', { name: 'Save mine over it' }).waitFor()
    assert.equal((await details()).name, `${name}-theirs`)
    await other.close()
  })

  it('is told on its page when another administrator does something', async () => {
    await openOne()
    await done(`POST /api/v1/certificates/${subject.fingerprint}/disable`)
    await page.getByText('cli changed this certificate while you looked at it').waitFor()
    await page.locator('h1 .badge', { hasText: 'disabled' }).waitFor()
  })

  it('is told apart from what another session of the same person does: another tab, or a renewed certificate of the same name', async () => {
    const told = `alice (another session) changed this certificate while you looked at it`
    const renewed = await openBrowser(lifetime, { client: await gateway.make('alice', 'ClusterAdmin'), ca: gateway.ca })
    const tab = await browser.context.newPage()
    const list = await browser.context.newPage()
    await openConsole(gateway, list, `certificates?text=${name}`)
    await list.locator('.live[data-state=live]').waitFor()
    for (const [index, other] of [tab, renewed.page].entries()) {
      const label = index === 0 ? 'Disable' : 'Enable'
      await openOne()
      await openOne(other)
      await other.getByRole('button', { name: label }).click()
      await other.getByRole('dialog').getByRole('button', { name: label }).click()
      await page.getByText(told).waitFor()
      // The one that did it is told nothing of others.
      await other.locator('h1 .badge', { hasText: index === 0 ? 'disabled' : 'valid' }).waitFor()
      await other
        .getByRole('table', { name: 'History' })
        .getByRole('row', { name: new RegExp(`${label}d.*alice`) })
        .waitFor()
      assert.equal(await other.getByText('changed this certificate').count(), 0)
    }
    await list
      .getByRole('row', { name: new RegExp(name) })
      .getByText('changed by alice (another session)')
      .waitFor()
    await list.getByText('1 certificate was changed elsewhere since you opened this page.').waitFor()
    assert.deepEqual(renewed.faults, [])
    await tab.close()
    await list.close()
  })

  it('is disabled and enabled, and refused in between', async () => {
    assert.equal(await statusFor(gateway, subject), 200)
    await openOne()
    await page.getByRole('button', { name: 'Disable' }).click()
    await dialog().getByRole('button', { name: 'Disable' }).click()
    await page.locator('h1 .badge', { hasText: 'disabled' }).waitFor()
    assert.equal(await statusFor(gateway, subject), 403)
    assert.equal((await details()).disabled, true)
    await page.getByRole('button', { name: 'Renew (It is disabled: it cannot be renewed.)' }).waitFor()
    await page.getByRole('button', { name: 'Enable' }).click()
    await dialog().getByRole('button', { name: 'Enable' }).click()
    await page.locator('h1 .badge', { hasText: 'valid' }).waitFor()
    assert.equal(await statusFor(gateway, subject), 200)
    await page
      .getByRole('table', { name: 'History' })
      .getByRole('row', { name: /Enabled.*alice/ })
      .waitFor()
  })

  it('is revoked with a reason, once its name is typed, and what goes with it is said before', async () => {
    // Another certificate for the same key: it is refused together with this one.
    const key = join(gateway.folder, 'twin.key')
    writeFileSync(key, subject.key ?? '')
    const request = await run('openssl', ['req', '-new', '-key', key, '-subj', '/CN=twin'])
    await done('POST /api/v1/certificates/sign', { csr: request.text, name: `${name}-twin`, clearance: 'ValidUser' })
    await openOne()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await dialog().getByText('Others have the same key, and are refused with it').waitFor()
    await dialog().getByText(`${name}-twin`).waitFor()
    await dialog().getByLabel('Reason').selectOption('keyCompromise')
    const revoke = dialog().getByRole('button', { name: /^Revoke/ })
    assert.equal(await revoke.getAttribute('aria-disabled'), 'true')
    await photograph(page, 'certificate-revoke')
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await dialog().getByLabel(`Type ${name} to confirm`).fill(name)
    assert.equal(await dialog().getByLabel('Reason').inputValue(), 'keyCompromise')
    await revoke.click()
    await page.getByText(`Also refused, for the same key: ${name}-twin`).waitFor()
    const now = await details()
    assert.equal(now.revoked.reason, 'keyCompromise')
    assert.equal((await details(`${name}-twin`)).state, 'revoked')
    assert.equal(await statusFor(gateway, subject), 403)
    await page.getByRole('table', { name: 'History' }).getByText('Reason: key compromise').waitFor()
    await openOne(page, (await details(`${name}-twin`)).fingerprint)
    await page.getByText(/Its key is refused, because/).waitFor()
  })

  it('is revoked with all that renew it, where one asks for that', async () => {
    await done(`POST /api/v1/certificates/${subject.fingerprint}/renew`, { format: 'json' })
    await openOne()
    await page.getByRole('button', { name: 'Revoke' }).click()
    await dialog().getByLabel('Also the 1 other one of this name').check()
    await dialog().getByLabel(`Type ${name} to confirm`).fill(name)
    await dialog()
      .getByRole('button', { name: /^Revoke/ })
      .click()
    await page.getByText(`Revoked ${name} and 1 other of its name`).waitFor()
    const { others, state } = await details()
    assert.deepEqual([state, ...others.map((other: { state: string }) => other.state)], ['revoked', 'revoked'])
  })

  it('is renewed: the files are downloaded and work, and the page shows the lineage', async () => {
    await openOne()
    await page.getByRole('button', { name: 'Renew' }).click()
    const { content } = await downloaded(page, () => dialog().getByRole('button', { name: 'Renew and download' }).click())
    const password = (await dialog().locator('.facts .copyable code').textContent()) ?? ''
    assert.equal(await statusFor(gateway, clientIn(content, password)), 200)
    await dialog().getByRole('button', { name: 'Done' }).click()
    const lineage = page.getByRole('table', { name: 'Renewals' })
    await lineage.getByRole('row', { name: /renews this.*valid/ }).waitFor()
    await lineage.getByRole('row', { name: /this one/ }).waitFor()
    const { renewals } = await details()
    assert.equal(renewals.length, 1)
    await lineage.getByRole('link', { name }).click()
    await page
      .getByRole('table', { name: 'Renewals' })
      .getByRole('row', { name: /renewed by this/ })
      .waitFor()
    await photograph(page, 'certificate-renewed')
  })

  it('is exported by itself, and all together', async () => {
    await openOne()
    const one = await downloaded(page, () => page.getByRole('button', { name: 'Download certificate' }).click())
    assert.equal(one.name, `${name}.crt`)
    assert.equal(one.content.toString(), (await details()).pem)
    await openConsole(gateway, page, 'certificates')
    await page.getByRole('button', { name: 'Export' }).click()
    await dialog().getByLabel('Password of the file').fill('secret')
    const all = await downloaded(page, () => dialog().getByRole('button', { name: 'Export' }).click())
    assert.equal(all.name, 'certificates.pfx')
    const told = await run('openssl', ['pkcs12', '-nokeys', '-passin', 'pass:secret'], { input: all.content })
    assert.match(told.text + told.stderr, /subject=CN ?= ?bob-/)
  })

  it('is removed once its name is typed, and the list is what comes then', async () => {
    await openOne()
    await page.getByRole('button', { name: 'Remove' }).click()
    await dialog().getByLabel(`Type ${name} to confirm`).fill(name)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Certificates', level: 1 }).waitFor()
    assert.equal((await details()).status, 404)
    // The last way in is not taken away by who uses it.
    await openOne(page, alice.fingerprint)
    await page.getByRole('button', { name: 'Remove (You are using this certificate' }).waitFor()
  })

  it('expired ones are purged', async () => {
    const { fingerprint } = await gateway.make('short', 'ValidUser', { days: 1 / 86_400 })
    await eventually('the certificate being expired', async () => (await details(fingerprint)).state === 'expired')
    await openConsole(gateway, page, 'certificates?text=short')
    await page.getByRole('row', { name: /short.*expired/ }).waitFor()
    await page.getByRole('button', { name: 'Purge expired' }).click()
    await dialog().getByRole('button', { name: 'Purge' }).click()
    await page.getByText('Removed 1 expired certificate', { exact: true }).waitFor()
    await page.getByText('No certificate matches').waitFor()
    assert.equal((await details(fingerprint)).status, 404)
  })

  it('is refused to an operator where it is an administrator, with the reason', async () => {
    const olga = await gateway.make('olga', 'Operator')
    const { page: theirs, faults } = await openBrowser(lifetime, { client: olga, ca: gateway.ca })
    await openOne(theirs, alice.fingerprint)
    const why = 'It has the clearance ClusterAdmin, which is above yours, Operator.'
    for (const action of ['Edit rights', 'Renew', 'Disable', 'Revoke', 'Remove']) {
      const button = theirs.getByRole('button', { name: `${action} (${why})` })
      await button.click({ force: true })
      assert.equal(await button.getAttribute('aria-disabled'), 'true', action)
    }
    assert.equal(await theirs.getByRole('dialog').count(), 0)
    await photograph(theirs, 'certificate-operator')
    await openOne(theirs)
    await theirs.getByRole('button', { name: 'Disable' }).click()
    await theirs.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await theirs.locator('h1 .badge', { hasText: 'disabled' }).waitFor()
    assert.deepEqual(faults, [])
  })

  it('is nothing for who is no operator', async () => {
    const { page: theirs, faults } = await openBrowser(lifetime, { client: subject, ca: gateway.ca })
    for (const path of ['certificates', 'certificates/new', `certificates/${subject.fingerprint}`]) {
      await openConsole(gateway, theirs, path)
      await theirs.locator('main').getByText('This needs clearance Operator; yours is ValidUser.').waitFor()
    }
    assert.deepEqual(faults, [])
  })

  it('makes no fault', () => assert.deepEqual(browser.faults, []))
})
