/**
 * The audit page in a real Chromium: what stands there, what is looked for and found, what others do while one watches, what is exported and
 * verified, and who may see it.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Download, Locator, Page } from 'playwright-core'
import { openStore } from '../../src/store/store.ts'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
const program = fileURLToPath(new URL('../../bin/certgate', import.meta.url))
const NASTY = '<img src=x onerror=alert(1)>'

describe('the audit page', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client & { readonly fingerprint: string }
  let second: Client
  let operator: Client & { readonly fingerprint: string }
  let nasty: { readonly fingerprint: string }
  let browser: Browser

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    admin = await gateway.make('alice', 'ClusterAdmin')
    second = await gateway.make('bob', 'ClusterAdmin')
    operator = await gateway.make('olga', 'Operator')
    nasty = await gateway.make(NASTY, 'ValidUser', { permissions: { movies: 'Read' } })
    assert.equal(await edit('readers', { users: ['CLIENT1', NASTY], backend_roles: ['ops'] }), 201)
    assert.equal(await edit('writers', { users: ['x'] }, operator), 403)
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  it('shows each entry with all it says as words, under an address of its own, and names as text', async () => {
    const { page, faults } = browser
    await open(page)
    const refused = row(page, /mapping\.edit refused writers/)
    assert.match((await refused.textContent()) ?? '', /olga/)
    const made = row(page, new RegExp(`certificate\\.add ${nasty.fingerprint.slice(0, 12)}`))
    await made.locator('summary').focus()
    await page.keyboard.press('Enter')
    const facts = made.locator('.audit-facts')
    await facts.waitFor()
    const text = await said(facts)
    assert.match(text, /Who cli .*Action certificate\.add .*Outcome done .*Name <img src=x onerror=alert\(1\)> /)
    assert.match(text, /Clearance ValidUser Databases movies:Read Valid from .* Valid until .* Origin issued/)
    assert.doesNotMatch(text, /[{}]/, 'no JSON')
    assert.equal(await page.locator('img').count(), 0)
    const links = facts.getByRole('link')
    assert.equal(await links.first().getAttribute('href'), `/console/certificates/${nasty.fingerprint}`)
    await made.getByRole('link', { name: /Link to entry/ }).click()
    await page.getByRole('heading', { level: 1, name: /Audit entry #\d+/ }).waitFor()
    assert.match(new URL(page.url()).pathname, /^\/console\/audit\/\d+$/)
    await page.reload()
    await page.locator('.audit-facts').getByText(NASTY, { exact: true }).waitFor()
    await photograph(page, 'audit-entry')
    await page.getByRole('link', { name: 'Entry after' }).click()
    await page.getByRole('heading', { level: 2, name: 'mapping.edit' }).waitFor()
    assert.match(await said(page.locator('.audit-facts')), /Role readers Change created .*Users \+CLIENT1 \+<img/)
    await page.getByRole('link', { name: 'In the log' }).click()
    await row(page, /readers created/).waitFor()
    assert.deepEqual(faults, [])
  })

  it('says that there is no such entry', async () => {
    const { page } = browser
    for (const number of ['999999', 'x%3Cb%3E']) {
      await open(page, `/console/audit/${number}`)
      await page.getByText('There is no such entry').waitFor()
    }
  })

  it('gives an entry as it stands in the log to copy', async () => {
    const { page, context } = browser
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await open(page, '/console/audit/3')
    await page.getByRole('button', { name: 'Copy as JSON' }).click()
    await page.getByText('Copied the entry #3').waitFor()
    const copied = JSON.parse(await page.evaluate('navigator.clipboard.readText()'))
    const { body } = await gateway.local('GET /api/v1/audit?before=4&limit=1')
    assert.deepEqual(copied, JSON.parse(body.toString()).entries[0])
  })

  it('finds by words, action, who, what on and day, and keeps that in its address', async () => {
    const { page, context, faults } = browser
    await open(page)
    await page.getByLabel('Search').fill('CLIENT1 bob')
    await page.waitForURL(/text=CLIENT1\+bob/)
    await row(page, /readers created/).waitFor()
    await counted(page, 1)
    await page.reload()
    await counted(page, 1)
    assert.equal(await page.getByLabel('Search').inputValue(), 'CLIENT1 bob')
    await page.getByRole('button', { name: 'Clear the search' }).click()
    await row(page, /certificate\.add/)
      .first()
      .waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.getByLabel('Action').selectOption('mapping.*')
    await page.waitForURL(/action=mapping/)
    await counted(page, 2)
    await page.getByLabel('Who').fill('olga')
    await counted(page, 1)
    await open(page, `/console/audit?target=${nasty.fingerprint}`)
    await counted(page, 1)
    await open(page, '/console/audit?since=2000-01-01&until=2000-01-02')
    await page.getByText('No entry is like that').waitFor()
    await page.getByLabel('Until').fill('2999-01-01')
    await row(page, /readers created/).waitFor()
    assert.deepEqual(faults, [])
    // Apart from the page whose faults are told: the browser tells of such an answer, and at each drawing of a day that is none.
    const other = await context.newPage()
    await open(other, '/console/audit?since=nonsense')
    await other.getByRole('alert').getByText('Since is not a time').waitFor()
    await other.close()
  })

  it('has nothing serious for axe-core, in both themes, and fits a phone', async () => {
    const { page } = browser
    await open(page)
    await page.getByRole('button', { name: 'Verify chain' }).click()
    await page.getByText(/Chain verified up to #\d+/).waitFor()
    assert.equal(await edit('writers', { users: ['CLIENT2'], backend_roles: ['ops', 'editors'] }), 201)
    await row(page, /writers created/)
      .locator('summary')
      .click()
    await page.locator('.audit-facts').waitFor()
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    assert.deepEqual(await seriousFindings(page), [], 'phone')
    await photograph(page, 'audit')
  })

  it('goes through the log page by page', async () => {
    const { page } = browser
    append(120, 'store.restore')
    await open(page, '/console/audit?action=store.restore')
    await counted(page, 50)
    const numbers = async () => (await page.locator('.audit-number').allTextContents()).map((text) => Number(text.replace('#', '')))
    const first = await numbers()
    await page.getByRole('button', { name: 'Older' }).click()
    await page.waitForURL(/before=/)
    await page.getByText(`Entries #${(first[49] ?? 0) - 1} to`).waitFor()
    const middle = await numbers()
    await page.getByRole('button', { name: 'Older' }).click()
    await counted(page, 20)
    const all = [...first, ...middle, ...(await numbers())]
    assert.deepEqual(
      all,
      Array.from({ length: 120 }, (_, index) => (all[0] ?? 0) - index),
    )
    // Why it is off is in its name.
    assert.match((await page.getByRole('button', { name: /^Older/ }).textContent()) ?? '', /There is nothing before/)
    await page.getByRole('button', { name: 'Newer', exact: true }).click()
    await page.getByText(`Entries #${middle[0]} to #${middle[49]}`).waitFor()
    await page.getByRole('button', { name: 'Newest', exact: true }).click()
    await page.getByText(`Entries #${first[0]} to`).waitFor()
  })

  it('shows what another administrator does, and lets it wait while it is paused or older entries are looked at', async () => {
    const { page, faults } = browser
    await open(page)
    await page.locator('.live[data-state=live]').waitFor()
    // What comes with the page itself is not new.
    await rows(page).first().waitFor()
    assert.equal(await edit('tailed', { users: ['one'] }), 201)
    const seen = row(page, /bob mapping\.edit [\s\S]*tailed created/)
    await seen.waitFor()
    assert.equal(await seen.locator('.audit-entry[data-fresh]').count(), 1)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused', { exact: true }).waitFor()
    assert.equal(await edit('tailed', { users: ['one', 'two'] }), 200)
    await page.getByRole('button', { name: /new entr(y|ies): show/ }).waitFor()
    assert.equal(await row(page, /tailed changed/).count(), 0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await row(page, /tailed changed: users \+two/).waitFor()
    await page.getByRole('button', { name: 'Older' }).click()
    await page.getByText('older entries', { exact: true }).waitFor()
    assert.equal(await edit('tailed', { users: ['two'] }), 200)
    await page.getByRole('button', { name: /new entr(y|ies): show/ }).click()
    await row(page, /tailed changed: users −one/).waitFor()
    await page.getByText('following', { exact: true }).waitFor()
    assert.deepEqual(faults, [])
  })

  it('has each entry once, and all of them, after the connection was lost', async () => {
    const { page, context } = browser
    await open(page, '/console/audit?action=token.*')
    await page.locator('.live[data-state=live]').waitFor()
    append(1, 'token.create')
    await row(page, /token\.create/).waitFor()
    await context.setOffline(true)
    // What was open stays so in Chromium: the gateway goes, and with it the stream.
    await gateway.restartInPlace()
    await page.locator('.live[data-state=lost]').waitFor()
    append(7, 'token.use')
    await context.setOffline(false)
    await page.locator('.live[data-state=live]').waitFor()
    append(3, 'token.remove')
    await row(page, /token\.remove/)
      .nth(2)
      .waitFor()
    const actions = (await page.locator('.audit-what').allTextContents()).map((text) => text.trim())
    const expected = [...Array(3).fill('token.remove'), ...Array(7).fill('token.use'), 'token.create']
    assert.deepEqual(actions.slice(0, 11), expected)
    const numbers = await page.locator('.audit-number').allTextContents()
    assert.equal(new Set(numbers).size, numbers.length)
  })

  it('exports what certgate audit verify accepts, and what was found', async () => {
    const { page } = browser
    await open(page, '/console/audit?text=token.use')
    const whole = await saved(page, 'Export all')
    assert.match(execFileSync(program, ['audit', 'verify', whole]).toString(), /the audit log is whole/)
    const head = JSON.parse((await gateway.local('GET /api/v1/audit?limit=1')).body.toString()).head
    const lines = readFileSync(whole, 'utf8').trimEnd().split('\n')
    assert.deepEqual([lines.length, JSON.parse(lines.at(-1) ?? '').hash], [head.sequence, head.hash])
    const found = readFileSync(await saved(page, 'Export what is found'), 'utf8')
      .trimEnd()
      .split('\n')
    assert.deepEqual(
      found.map((line) => JSON.parse(line).action),
      Array(7).fill('token.use'),
    )
  })

  it('is read by an operator alike, and by nobody who may read nothing', async () => {
    const reading = await openBrowser(lifetime, { client: operator, ca: gateway.ca })
    await open(reading.page)
    await row(reading.page, /token\.remove/)
      .first()
      .waitFor()
    await reading.page.getByRole('button', { name: 'Verify chain' }).click()
    await reading.page.getByText(/Chain verified up to #\d+/).waitFor()
    assert.deepEqual(reading.faults, [])
    const stranger = await gateway.make('carol', 'ValidUser')
    const { page, faults } = await openBrowser(lifetime, { client: stranger, ca: gateway.ca })
    for (const path of ['/console/audit', '/console/audit/3']) {
      await open(page, path)
      await page.locator('main').getByText('This needs clearance Operator; yours is ValidUser.').waitFor()
      assert.equal(await page.locator('main').getByRole('button').count(), 0)
    }
    assert.deepEqual(faults, [])
  })

  it('says where the chain breaks', async () => {
    const { page } = browser
    tamper(5)
    await open(page)
    await page.getByRole('button', { name: 'Verify chain' }).click()
    await page.getByText('The chain breaks at entry #5').waitFor()
    await page.locator('.audit-chain').getByText('it was changed').waitFor()
    assert.deepEqual(await seriousFindings(page), [])
    await photograph(page, 'audit-broken')
    await page.getByRole('link', { name: 'Entry #5' }).click()
    await page.getByRole('heading', { level: 1, name: 'Audit entry #5' }).waitFor()
  })

  const open = async (page: Page, path = '/console/audit') => {
    await page.goto(`https://localhost:${gateway.adminPort}${path}`)
    await page.locator('main h1').waitFor()
  }

  const rows = (page: Page) => page.locator('.audit-rows > li')
  /** By what stands in its line, with one space between the columns. */
  const row = (page: Page, words: RegExp) => rows(page).filter({ hasText: loosely(words) })
  const counted = (page: Page, many: number) =>
    page.locator(`.audit-rows:not(:has(> li:nth-child(${many + 1}))) > li:nth-child(${many})`).waitFor()

  /** Without what holds more of them. */
  const said = async (facts: Locator) => (await facts.locator('dt, dd:not(:has(dd))').allTextContents()).join(' ').replace(/\s+/g, ' ')

  async function saved(page: Page, name: string): Promise<string> {
    const coming: Promise<Download> = page.waitForEvent('download')
    await page.getByRole('link', { name }).click()
    const download = await coming
    assert.match(download.suggestedFilename(), /^audit\.(jsonl|ndjson)$/)
    const file = join(gateway.folder, `${name}.jsonl`)
    await download.saveAs(file)
    return file
  }

  async function edit(role: string, entry: object, client: Client = second): Promise<number> {
    const headers = { 'content-type': 'application/json' }
    const path = `PUT /_plugins/_security/api/rolesmapping/${role}`
    return (await gateway.ask(path, { client, headers, body: JSON.stringify(entry) })).status
  }

  /** As another process does that has the store. */
  function append(many: number, action: string): void {
    const store = openStore(join(gateway.folder, 'certgate.db'))
    store.write(() => {
      for (let count = 0; count < many; count++)
        store.audit.append({ action, target: null, details: {} }, { name: 'cli', fingerprint: null })
    })
    store.close()
  }

  function tamper(sequence: number): void {
    const database = new DatabaseSync(join(gateway.folder, 'certgate.db'))
    database.exec('DROP TRIGGER audit_no_update')
    database.exec(`UPDATE audit SET body = replace(body, '"outcome":"done"', '"outcome":"refused"') WHERE sequence = ${sequence}`)
    database.close()
  }
})

/** Between two columns there may be any white space. */
function loosely(words: RegExp): RegExp {
  return new RegExp(words.source.replaceAll(' ', '\\s+'), words.flags)
}
