/** The Roles page where somebody else writes the mapping too: nothing is overwritten unseen, and what one wrote is never lost. */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { before, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { AdministeredGateway, Client } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { MAPPING, mappingFile, mappingOf, openRoles, putMapping, startWithRoles } from '../support/roles-page.ts'

const lifetime = fileLifetime()

const MINE = MAPPING.replace('- bob  ', '- carol')
/** Far from mine, and where mine is. */
const THEIRS_ELSEWHERE = MAPPING.replace('10.20.0.0/16', '10.30.0.0/16')
const THEIRS_AT_MINE = MAPPING.replace('- bob  ', '- dave ')

describe('two who edit the mapping', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client
  let other: Client
  let browser: Browser

  before(async () => {
    ;({ gateway, admin } = await startWithRoles(lifetime))
    other = await gateway.make('oscar', 'ClusterAdmin')
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  beforeEach(() => putMapping(gateway, admin, MAPPING))

  const editor = (page: Page) => page.getByRole('textbox', { name: 'roles_mapping.yml' })

  async function type(page: Page, text: string): Promise<void> {
    await openRoles(page, gateway, '?tab=yaml')
    await page.locator('.live[data-state=live]').waitFor()
    await editor(page).fill(text)
    await page.getByText('not saved').waitFor()
  }

  it('are told at once, and save both changes where those lie apart', async () => {
    const { page, faults } = browser
    await type(page, MINE)
    await putMapping(gateway, other, THEIRS_ELSEWHERE)
    await page.getByText('The mapping was changed elsewhere').waitFor()
    await page.getByText('oscar saved another version').waitFor()
    assert.equal(await editor(page).inputValue(), MINE)
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.locator('h1:focus', { hasText: 'Changed in two places' }).waitFor()
    const shown = async (tab: string, name = tab) => {
      await page.getByRole('tab', { name: tab }).click()
      return page.getByRole('region', { name }).textContent()
    }
    assert.match((await shown('What you changed')) ?? '', /removed: .*bob.*added: .*carol/s)
    assert.match((await shown('What changed elsewhere')) ?? '', /removed: .*10\.20.*added: .*10\.30/s)
    assert.match((await shown('Yours against theirs', 'From theirs to yours')) ?? '', /removed: .*bob.*added: .*10\.20/s)
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await photograph(page, 'roles-conflict')
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.getByRole('button', { name: 'Put both together' }).click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    assert.equal(mappingOf(gateway), THEIRS_ELSEWHERE)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('one role changed').waitFor()
    assert.equal(mappingOf(gateway), MINE.replace('10.20.0.0/16', '10.30.0.0/16'))
    assert.deepEqual(faults, [])
  })

  it('are not told, and still overwrite nothing: the save is refused, and both texts are there', async () => {
    const { page } = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
    await page.route('**/api/v1/events', (route) => route.abort())
    await openRoles(page, gateway, '?tab=yaml')
    await editor(page).fill(MINE)
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page
      .getByRole('row', { name: /Certificate/ })
      .or(page.getByText('No registered certificate'))
      .first()
      .waitFor()
    await putMapping(gateway, other, THEIRS_AT_MINE)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Changed in two places' }).waitFor()
    assert.equal(mappingOf(gateway), THEIRS_AT_MINE)
    const both = page.getByRole('button', { name: /^Put both together.*same lines/ })
    assert.equal(await both.getAttribute('aria-disabled'), 'true')
    await page.getByRole('button', { name: 'Take theirs' }).click()
    await page.getByText('Your own text is set aside').waitFor()
    assert.equal(await editor(page).inputValue(), THEIRS_AT_MINE)
    await page.getByRole('button', { name: 'Put it back' }).click()
    await page.getByText('Your own text is set aside').waitFor({ state: 'detached' })
    assert.equal(await editor(page).inputValue(), MINE)
    // Now it is a change of theirs, and the review says so.
    await page.getByRole('button', { name: 'Review changes' }).click()
    assert.match((await page.locator('.diff').textContent()) ?? '', /removed: .*dave.*added: .*carol/s)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('one role changed').waitFor()
    assert.equal(mappingOf(gateway), MINE)
  })

  it('may be an editor of the file on disk', async () => {
    const { page, faults } = browser
    await type(page, MINE)
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    writeFileSync(mappingFile(gateway), THEIRS_AT_MINE)
    await page.getByText('The mapping was changed elsewhere').waitFor()
    await page.getByRole('button', { name: /^Save.*changed elsewhere/ }).waitFor()
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByText('The file was changed, not from a console,').waitFor()
    await page.getByRole('button', { name: 'Go on with mine' }).click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    assert.match((await page.locator('.diff').textContent()) ?? '', /removed: .*dave.*added: .*carol/s)
    assert.equal(mappingOf(gateway), THEIRS_AT_MINE)
    assert.deepEqual(faults, [])
  })

  it('mend a file that somebody broke on disk', async () => {
    const { page, faults } = browser
    await openRoles(page, gateway)
    await page.locator('.live[data-state=live]').waitFor()
    writeFileSync(mappingFile(gateway), MAPPING.replace('hosts:', 'hots:'))
    await page
      .getByRole('tabpanel')
      .getByText(/cannot be used as it stands: line 24/)
      .waitFor()
    await page.getByRole('button', { name: 'Look at it as YAML' }).click()
    await page.getByText('did you mean `hosts`?').waitFor()
    await editor(page).fill(MINE)
    await page.getByText('No problems').or(page.getByText('1 warning')).waitFor()
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved, and in force').waitFor()
    assert.equal(mappingOf(gateway), MINE)
    // The browser itself notes each answer that is an error.
    assert.deepEqual(
      faults.splice(0).filter((fault) => !/status of 409/.test(fault)),
      [],
    )
  })

  it('see what others save as long as they change nothing themselves', async () => {
    const { page } = browser
    await openRoles(page, gateway, '?tab=yaml')
    await page.locator('.live[data-state=live]').waitFor()
    await putMapping(gateway, other, THEIRS_ELSEWHERE)
    await eventually('their text', async () => (await editor(page).inputValue()).includes('10.30'))
    await page.getByRole('tab', { name: 'Table' }).click()
    await page.getByText('10.30.0.0/16').waitFor()
  })

  it('may have the same role open: who comes second hears of it, and what they typed stays', async () => {
    const { page } = browser
    await openRoles(page, gateway)
    await page.getByRole('button', { name: 'Edit readall' }).click()
    await page.getByLabel('Users').fill('bob\nreport-*\ncarol')
    await putMapping(gateway, other, MAPPING.replace('    - analysts\n', '    - analysts\n    - auditors\n'))
    const again = page.getByRole('button', { name: 'Review', exact: true })
    await again.click()
    await page.getByText('The role was changed meanwhile').waitFor()
    assert.equal(await page.getByLabel('Users').inputValue(), 'bob\nreport-*\ncarol')
    await again.click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    assert.match((await page.locator('.diff').textContent()) ?? '', /added: .*carol.*removed: .*auditors/s)
  })

  it('are asked before they leave what is not saved', async () => {
    const { page } = browser
    await type(page, MINE)
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
    await page.getByRole('link', { name: 'Overview' }).click()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await editor(page).inputValue(), MINE)
    const asked = page.waitForEvent('dialog')
    await page.close({ runBeforeUnload: true })
    const browsers = await asked
    assert.equal(browsers.type(), 'beforeunload')
    await browsers.dismiss()
    assert.equal(await editor(page).inputValue(), MINE)
    await page.getByRole('link', { name: 'Overview' }).click()
    await dialog.getByRole('button', { name: 'Leave and lose them' }).click()
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    // Nothing is held any more.
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('button', { name: 'Edit readall' }).click()
    await page.getByLabel('Users').fill('x')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog', { name: 'Discard what you typed?' }).getByRole('button', { name: 'Cancel' }).click()
    await page.goBack()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.equal(new URL(page.url()).pathname, '/console/roles')
    assert.equal(await page.getByLabel('Users').inputValue(), 'x')
    await page.goBack()
    await dialog.getByRole('button', { name: 'Leave and lose them' }).click()
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  })

  it('learn that a file is read-only, and keep what they wrote', async () => {
    const { page } = browser
    chmodSync(mappingFile(gateway), 0o444)
    await type(page, MINE)
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Not saved: the mapping is read-only').waitFor()
    await photograph(page, 'roles-read-only')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download it' }).click()
    assert.equal((await download).suggestedFilename(), 'roles_mapping.yml')
    await page.getByRole('button', { name: 'Back to editing' }).click()
    assert.equal(await editor(page).inputValue(), MINE)
    assert.equal(mappingOf(gateway), MAPPING)
    chmodSync(mappingFile(gateway), 0o640)
  })
})
