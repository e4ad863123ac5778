/**
 * Quick hands and slow answers: what a person does in the console while something is on its way is done to what they see, once, and nothing that
 * comes late takes it away.
 */
import assert from 'node:assert/strict'
import { afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { AdministeredGateway, Client } from '../support/administered-gateway.ts'
import { createAuthority } from '../support/authority.ts'
import { type Browser, noBrowser, openBrowser } from '../support/browser.ts'
import { openConsole } from '../support/console.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { MAPPING, mappingOf, openRoles, putMapping, startWithRoles } from '../support/roles-page.ts'

const lifetime = fileLifetime()
/** Frames that never come: what is to happen at once cannot wait for one. */
const NO_FRAMES = 'globalThis.requestAnimationFrame = () => 0'
/** Files are read only once it is told. */
const SLOW_FILES = `{
  const read = Blob.prototype.arrayBuffer
  const told = new Promise((resolve) => Object.assign(globalThis, { readFiles: resolve }))
  Blob.prototype.arrayBuffer = async function () { await told; return read.call(this) }
}`

describe('the console under quick hands', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client
  let browser: Browser
  let page: Page
  let many = 0

  before(async () => {
    ;({ gateway, admin } = await startWithRoles(lifetime))
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  beforeEach(async () => {
    page = await browser.context.newPage()
  })
  afterEach(() => page.close())

  const isLive = () => page.locator('.live[data-state=live]').waitFor()
  const make = async () => {
    const name = `bob-${++many}`
    return { name, ...(await gateway.make(name, 'ValidUser')) }
  }
  /** Keeps what is asked so from the gateway until it is let go. */
  const hold = async (url: RegExp, method = 'GET') => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const held = { times: 0, asked: asked.promise, release }
    await page.route(url, async (route) => {
      if (route.request().method() !== method) return route.fallback()
      held.times++
      asked.resolve()
      await released
      await route.continue()
    })
    return held
  }

  it('leads the focus before anything else can be typed, however late a frame comes', async () => {
    await page.addInitScript(NO_FRAMES)
    await openRoles(page, gateway)
    await page.getByRole('button', { name: 'New role' }).click()
    await page.locator('h1:focus', { hasText: 'New role' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('writers')
    assert.equal(await page.getByLabel('Name').inputValue(), 'writers')
    await openConsole(gateway, page, 'certificates/new')
    await page.getByRole('button', { name: 'Generate and download' }).click()
    await page.locator('#name:focus').waitFor()
    await openConsole(gateway, page, 'explain')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.locator('#certificate:focus').waitFor()
  })

  it('leads it by the link of the page where one is at once, and never later', async () => {
    await openConsole(gateway, page, 'certificates')
    await page.getByRole('table', { name: 'Certificates' }).waitFor()
    await isLive()
    await page.getByRole('link', { name: 'Certificates', exact: true }).click()
    await page.getByRole('searchbox', { name: 'Search' }).click()
    await page.keyboard.type('alice')
    assert.equal(await page.getByRole('searchbox', { name: 'Search' }).inputValue(), 'alice')
  })

  it('writes nothing of a page that was left into the address of the next', async () => {
    await openConsole(gateway, page, 'audit?before=3')
    await page.locator('.audit-rows > li').first().waitFor()
    const newer = await hold(/\/api\/v1\/audit\?after=\d+&limit=50$/)
    await page.getByRole('button', { name: 'Newer', exact: true }).click()
    await newer.asked
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    await page.locator('.tiles').waitFor()
    assert.equal(new URL(page.url()).search, '')
    newer.release()
  })

  it('opens one dialog for what is pressed twice', async () => {
    const { fingerprint } = await make()
    await openConsole(gateway, page, `certificates/${fingerprint}`)
    await page.locator('.certificate-grid').waitFor()
    await isLive()
    const reading = await hold(new RegExp(`/api/v1/certificates/${fingerprint}$`))
    await page.getByRole('button', { name: 'Edit rights' }).dblclick()
    await reading.asked
    reading.release()
    await page.locator('dialog').first().waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.locator('button:focus', { hasText: 'Edit rights' }).waitFor()
  })

  it('shows the password of what was asked for before its dialog was given up', async () => {
    const { name, fingerprint } = await make()
    await openConsole(gateway, page, `certificates/${fingerprint}`)
    for (const isLeft of [false, true]) {
      await page.getByRole('button', { name: 'Renew' }).click()
      const renewing = await hold(new RegExp(`/api/v1/certificates/${fingerprint}/renew$`), 'POST')
      await page.getByRole('dialog').getByRole('button', { name: 'Renew and download' }).click()
      await renewing.asked
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
      if (isLeft) await page.getByRole('link', { name: 'Overview' }).click()
      renewing.release()
      if (isLeft) await page.getByText(`${name} was renewed after you left, and its password was shown to nobody`).waitFor()
      else {
        await page.getByRole('dialog').getByRole('button', { name: 'Copy password' }).waitFor()
        await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
        await page.getByRole('table', { name: 'Renewals' }).waitFor()
      }
    }
  })

  it('goes back from no change that is being saved', async () => {
    await putMapping(gateway, admin, MAPPING)
    await openRoles(page, gateway)
    await page.getByRole('button', { name: 'Delete readall' }).click()
    const saving = await hold(/\/api\/v1\/mapping\.yml$/, 'PUT')
    await page.getByRole('button', { name: 'Save' }).click()
    await saving.asked
    await page.getByRole('button', { name: /^Back to editing/ }).click({ force: true })
    saving.release()
    await page.getByText('Saved, and in force: one role changed.').waitFor()
    assert.equal(await page.getByText('not saved').count(), 0)
    assert.doesNotMatch(mappingOf(gateway), /readall/)
  })

  it('edits a role that was just saved as it was saved', async () => {
    await putMapping(gateway, admin, MAPPING)
    await openRoles(page, gateway)
    await isLive()
    await page.getByRole('button', { name: 'Edit readall' }).click()
    await page.getByLabel('Users').fill('bob\ncarol')
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    const roles = await hold(/\/api\/v1\/mapping$/)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved, and in force: one role changed.').waitFor()
    await page.getByRole('button', { name: 'Edit readall' }).click()
    await roles.asked
    roles.release()
    assert.equal(await page.getByLabel('Users').inputValue(), 'bob\ncarol')
  })

  it('shows what happened between the answer that it shows and the first event that it hears', async () => {
    const { name, fingerprint } = await make()
    const deaf = async (path: string) => {
      const events = await hold(/\/api\/v1\/events$/)
      await openConsole(gateway, page, path)
      return async (act: () => Promise<unknown>) => {
        await act()
        events.release()
        await isLive()
      }
    }
    const inList = await deaf('certificates?text=bob')
    await page.getByRole('row', { name: new RegExp(`${name}.*valid`) }).waitFor()
    await inList(() => gateway.local(`POST /api/v1/certificates/${fingerprint}/disable`))
    await page.getByRole('row', { name: new RegExp(`${name}.*disabled`) }).waitFor()
    const onPage = await deaf(`certificates/${fingerprint}`)
    await page.locator('h1 .badge', { hasText: 'disabled' }).waitFor()
    await onPage(() => gateway.local(`POST /api/v1/certificates/${fingerprint}/enable`))
    await page.locator('h1 .badge', { hasText: 'valid' }).waitFor()
    const inMatrix = await deaf(`explain/matrix?text=${name}`)
    await page.getByText('1–1 of 1 identities').waitFor()
    await inMatrix(() => gateway.local(`POST /api/v1/certificates/${fingerprint}/revoke`, { reason: 'superseded' }))
    await page.getByRole('rowheader').getByText('revoked', { exact: true }).waitFor()
  })

  it('sends a file that is still being read', async () => {
    await page.addInitScript(SLOW_FILES)
    const foreign = await createAuthority('CN=Elsewhere')
    const { certificate } = await foreign.issue({ subject: 'CN=slow' })
    const file = { name: 'slow.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(certificate) }
    await openConsole(gateway, page, 'certificates/new?way=trust')
    await page.getByLabel(/^Name/).fill('slow')
    await page.getByLabel('Certificate: file').setInputFiles(file)
    await page.getByRole('button', { name: 'Trust', exact: true }).click()
    await page.evaluate('readFiles()')
    await page.getByText('1 certificate is trusted from now on').waitFor()
    await openConsole(gateway, page, 'explain?who=pem&url=%2F')
    await page.getByLabel('Open a file').setInputFiles(file)
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.evaluate('readFiles()')
    await page.getByRole('heading', { name: /^(Allowed|Refused)/ }).waitFor()
  })

  it('chooses of what was typed, not of what was listed before', async () => {
    const { name } = await make()
    await openConsole(gateway, page, 'explain')
    await page.getByRole('combobox', { name: 'Certificate' }).click()
    await page.getByRole('option').first().waitFor()
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    await page.getByRole('group', { name: 'Chosen certificate' }).getByText(name, { exact: true }).waitFor()
  })
})
