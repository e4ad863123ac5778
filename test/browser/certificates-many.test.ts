/** A registry of 100,000 certificates in the console: paged by the gateway, so that a page holds no more than it shows. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openStore } from '../../src/store/store.ts'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { openConsole } from '../support/console.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { CLI, DAY, newEntry } from '../support/registry-store.ts'

const lifetime = fileLifetime()
const MANY = 100_000
const AT_ONCE = 10_000

describe('a hundred thousand certificates in the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let page: Page
  let faults: string[]

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    const client = await gateway.make('alice', 'ClusterAdmin')
    await gateway.program.stop()
    const store = openStore(join(gateway.folder, 'certgate.db'))
    const [notBefore, notAfter] = [Date.now() - DAY, Date.now() + 365 * DAY]
    for (let made = 0; made < MANY; made += AT_ONCE) {
      store.write(() => {
        for (let index = made; index < made + AT_ONCE; index++) {
          const name = `user-${String(index).padStart(6, '0')}`
          store.registry.add([newEntry({ der: Buffer.from(name), name, notBefore, notAfter })], CLI)
        }
      })
    }
    store.close()
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
