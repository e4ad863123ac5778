/** A registry of 100,000 certificates in the console: paged by the gateway, so that a page holds no more than it shows. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { openConsole } from '../support/console.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { fillRegistry } from '../support/many-certificates.ts'

const lifetime = fileLifetime()

describe('a hundred thousand certificates in the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let page: Page
  let faults: string[]

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    const client = await gateway.make('alice', 'ClusterAdmin')
    await gateway.program.stop()
    fillRegistry(join(gateway.folder, 'certgate.db'), 100_000)
    await gateway.restart()
    const browser = await openBrowser(lifetime, { client, ca: gateway.ca })
    page = browser.page
    faults = browser.faults
  })

  const rows = () => page.getByRole('table', { name: 'Certificates' }).getByRole('rowheader')

  it('are a page at a time, from the first to the last', async () => {
    await openConsole(gateway, page, 'certificates')
    await page.getByText('1–50 of 100,002').waitFor()
    assert.equal(await rows().count(), 50)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('51–100 of 100,002').waitFor()
    assert.match(page.url(), /\?from=50$/)
    await openConsole(gateway, page, 'certificates?from=99950')
    await page.getByText('99,951–100,000 of 100,002').waitFor()
    await page.getByRole('rowheader', { name: 'user-099997' }).waitFor()
    assert.equal(await rows().count(), 50)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('rowheader', { name: 'user-099999' }).waitFor()
    await page.getByText('100,001–100,002 of 100,002').waitFor()
  })

  it('beyond the last page lead to the last', async () => {
    await openConsole(gateway, page, 'certificates?from=5000000')
    await page.getByText('100,001–100,002 of 100,002').waitFor()
  })

  it('are found among all of them', async () => {
    await openConsole(gateway, page, 'certificates')
    await page.getByRole('searchbox', { name: 'Search' }).fill('USER-04242')
    await page.getByText('1–10 of 10').waitFor()
    assert.equal(await rows().count(), 10)
    assert.deepEqual(faults, [])
  })
})
