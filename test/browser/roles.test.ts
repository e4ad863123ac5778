/**
 * The Roles page in a real Chromium: what the mapping says, edited as YAML and by fields, reviewed, saved, and then true for the next
 * request; for an operator, for names that are markup, and for a mapping of many.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { AdministeredGateway, Client } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { askThrough, MAPPING, mappingOf, openRoles, putMapping, startWithRoles } from '../support/roles-page.ts'

const lifetime = fileLifetime()

const row = (page: Page, name: string) =>
  page
    .getByRole('table', { name: 'Roles', exact: true })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name }) })
const editorOf = (page: Page) => page.getByRole('textbox', { name: 'roles_mapping.yml' })

describe('the Roles page', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client
  let bob: Client
  let carol: Client
  let browser: Browser

  before(async () => {
    ;({ gateway, admin } = await startWithRoles(lifetime))
    bob = await gateway.make('bob', 'ValidUser')
    carol = await gateway.make('carol', 'ValidUser')
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  beforeEach(() => putMapping(gateway, admin, MAPPING))

  it('shows who has which role, the routes of each, and what leads nowhere', async () => {
    const { page, faults } = browser
    await openRoles(page, gateway)
    const readall = row(page, 'readall')
    await readall.getByText('report-*').waitFor()
    assert.match((await readall.textContent()) ?? '', /Reads every index.*bob.*analysts.*search/s)
    await row(page, 'nightly').getByText('no route').waitFor()
    await row(page, 'nightly').getByText('reserved', { exact: true }).waitFor()
    const routes = page.getByRole('table', { name: 'Routes and the roles that they allow' })
    await routes.getByRole('row', { name: /reports.*nobody/ }).waitFor()
    await page.getByText('1 route nobody reaches').waitFor()
    await page.getByRole('searchbox', { name: 'Search roles' }).fill('10.20')
    await page.getByText('1 of 3 roles').waitFor()
    await page.getByLabel('Show').selectOption('ungiven')
    await page.getByText('No role is like that').waitFor()
    assert.equal(new URL(page.url()).search, '?q=10.20&show=ungiven')
    await page.reload()
    await page.getByText('No role is like that').waitFor()
    assert.deepEqual(faults, [])
  })

  it('has both tabs in the address, and nothing serious for axe-core on either', async () => {
    const { page } = browser
    await openRoles(page, gateway)
    for (const [tab, name] of [
      ['Table', 'roles'],
      ['YAML', 'roles-yaml'],
    ] as const) {
      await page.getByRole('tab', { name: tab }).click()
      if (tab === 'YAML') await page.getByText('No problems').or(page.locator('.verdict .problems')).first().waitFor()
      await looksWell(page, name)
    }
    assert.equal(new URL(page.url()).search, '?tab=yaml')
    await page.reload()
    await editorOf(page).waitFor()
  })

  it('says what is wrong while one types, with the line, and goes there', async () => {
    const { page } = browser
    await openRoles(page, gateway, '?tab=yaml')
    await editorOf(page).fill(MAPPING.replace('backend_roles:', 'backend_rolls:'))
    await page.getByText('did you mean `backend_roles`?').waitFor()
    await page.locator('.gutter-mark', { hasText: '18' }).waitFor()
    await page.getByText('1 error').waitFor()
    await photograph(page, 'roles-yaml-problem')
    await page.getByRole('button', { name: /^Line 18/ }).click()
    const selected = () =>
      page.evaluate(
        "(() => { const f = document.querySelector('#mapping-text'); return f.value.slice(f.selectionStart, f.selectionEnd) })()",
      )
    assert.equal(await selected(), '  backend_rolls:')
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('button', { name: /^Save.*Mend 1 error first/ }).waitFor()
    await page.getByRole('button', { name: 'Back to editing' }).click()
    assert.match(await editorOf(page).inputValue(), /backend_rolls/)
    await page.getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await page.getByText('not saved').waitFor({ state: 'detached' })
    assert.equal(await editorOf(page).inputValue(), MAPPING)
  })

  it('saves YAML after a look at the difference and at who is affected, and the next request has the role', async () => {
    const { page, faults } = browser
    assert.equal(await askThrough(gateway, carol, '/search/a'), 403)
    await openRoles(page, gateway, '?tab=yaml')
    const text = MAPPING.replace('    - bob              # until the audit is over\n', '    - carol            # came for bob\n')
    await editorOf(page).fill(text)
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.locator('h1:focus', { hasText: 'Review changes' }).waitFor()
    const affected = page.getByRole('table', { name: 'Certificates that would have other roles' })
    await affected.getByRole('row', { name: /bob.*readall/ }).waitFor()
    await affected.getByRole('row', { name: /carol.*readall/ }).waitFor()
    await page.getByText('2 certificates').waitFor()
    assert.match((await page.locator('.diff').textContent()) ?? '', /− removed: .*bob.*\+ added: .*carol/s)
    await looksWell(page, 'roles-review')
    assert.equal(mappingOf(gateway), MAPPING)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved, and in force: one role changed.').waitFor()
    assert.equal(mappingOf(gateway), text)
    gateway.upstream.reset()
    assert.equal(await askThrough(gateway, carol, '/search/a'), 200)
    assert.deepEqual(gateway.upstream.only.values('x-forwarded-roles'), ['readall'])
    assert.equal(await askThrough(gateway, bob, '/search/a'), 403)
    assert.deepEqual(faults, [])
  })

  it('edits one role by fields, and keeps every comment of the file', async () => {
    const { page, faults } = browser
    await openRoles(page, gateway)
    await row(page, 'readall').getByRole('button', { name: 'Edit readall' }).click()
    await page.locator('h1:focus').waitFor()
    await page.getByLabel('Users').fill('bob\nreport-*\ncarol\n')
    await looksWell(page, 'roles-form')
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    await page.getByRole('heading', { name: 'Review changes' }).waitFor()
    // Back is to the fields as they were.
    await page.getByRole('button', { name: 'Back to editing' }).click()
    assert.match(await page.getByLabel('Users').inputValue(), /carol/)
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('one role changed').waitFor()
    assert.equal(mappingOf(gateway), MAPPING.replace('    - "report-*"\n', '    - "report-*"\n    - carol\n'))
    assert.equal(await askThrough(gateway, carol, '/search/a'), 200)
    await row(page, 'readall').getByText('carol').waitFor()
    assert.deepEqual(faults, [])
  })

  it('makes a role and deletes it, and leaves a reserved one alone', async () => {
    const { page } = browser
    await openRoles(page, gateway)
    await page.getByRole('button', { name: 'New role' }).click()
    await page.getByLabel('Name').fill('reports')
    await page.getByLabel('Users').fill('carol')
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await row(page, 'reports').waitFor()
    assert.equal(await askThrough(gateway, carol, '/reports/1'), 200)
    await page.getByText('nobody reaches').waitFor({ state: 'detached' })
    await row(page, 'reports').getByRole('button', { name: 'Delete reports' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Roles', level: 1 }).waitFor()
    await row(page, 'reports').waitFor({ state: 'detached' })
    assert.equal(await askThrough(gateway, carol, '/reports/1'), 403)
    const reserved = row(page, 'nightly').getByRole('button', { name: /^Delete nightly.*reserved/ })
    assert.equal(await reserved.getAttribute('aria-disabled'), 'true')
  })

  it('goes by keyboard: Tab indents, and Escape lets it out', async () => {
    const { page } = browser
    await openRoles(page, gateway, '?tab=yaml')
    const editor = editorOf(page)
    await editor.focus()
    await page.keyboard.press('ControlOrMeta+Home')
    await page.keyboard.press('Tab')
    assert.equal(await editor.inputValue(), `  ${MAPPING}`)
    await page.keyboard.press('Shift+Tab')
    assert.equal(await editor.inputValue(), MAPPING)
    await page.keyboard.press('ControlOrMeta+z')
    assert.equal(await editor.inputValue(), `  ${MAPPING}`)
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Escape')
    await page.getByText('Tab now leaves the editor.').waitFor()
    await page.keyboard.press('Tab')
    await page.locator('#mapping-text:not(:focus)').waitFor()
    assert.equal(await editor.inputValue(), MAPPING)
    await page.getByRole('tab', { name: 'YAML' }).focus()
    await page.keyboard.press('ArrowLeft')
    await row(page, 'readall').waitFor()
  })

  it('shows an operator everything, and says why nothing can be changed', async () => {
    const operator = await gateway.make('olga', 'Operator')
    const { page, faults } = await openBrowser(lifetime, { client: operator, ca: gateway.ca })
    await openRoles(page, gateway)
    await page.getByText('This needs clearance ClusterAdmin; yours is Operator.').first().waitFor()
    for (const name of [/^New role/, /^Edit readall/, /^Delete readall/]) {
      const button = page.getByRole('button', { name })
      assert.equal(await button.getAttribute('aria-disabled'), 'true')
      await button.click({ force: true })
    }
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Roles')
    await photograph(page, 'roles-operator')
    await page.getByRole('tab', { name: 'YAML' }).click()
    assert.equal(await editorOf(page).inputValue(), MAPPING)
    assert.equal(await editorOf(page).getAttribute('readonly'), '')
    await editorOf(page).focus()
    await page.keyboard.press('Tab')
    await page.locator('#mapping-text:not(:focus)').waitFor()
    assert.deepEqual(faults, [])
  })

  it('takes names and descriptions as text, whatever is in them', async () => {
    const { page, faults } = browser
    const markup = '<img src=x onerror=alert(1)>'
    const text = `${MAPPING}\n"${markup}":\n  users: ["${markup}", carol]\n  description: "${markup}"\n"__proto__":\n  users: [carol]\n`
    await putMapping(gateway, admin, text)
    await openRoles(page, gateway)
    await row(page, markup).first().waitFor()
    await row(page, '__proto__').waitFor()
    await page.getByRole('button', { name: `Edit ${markup}` }).click()
    await page.getByRole('heading', { name: markup }).waitFor()
    await page.getByLabel('Users').fill(`${markup}\nbob`)
    await page.getByRole('button', { name: 'Review', exact: true }).click()
    await page
      .getByRole('table', { name: 'Certificates that would have other roles' })
      .getByRole('row', { name: /carol/ })
      .getByText(markup)
      .waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('one role changed').waitFor()
    assert.equal(await page.locator('img').count(), 0)
    await page.getByRole('button', { name: 'Delete __proto__' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Roles', level: 1 }).waitFor()
    await row(page, '__proto__').waitFor({ state: 'detached' })
    assert.deepEqual(faults, [])
  })

  it('stays usable with a thousand roles of ten users', async () => {
    const { page, faults } = browser
    const roles = Array.from(
      { length: 1_000 },
      (_, role) => `role-${role}:\n  users:\n${Array.from({ length: 10 }, (_, user) => `    - user-${role}-${user}\n`).join('')}`,
    )
    const text = `${MAPPING}\n${roles.join('')}`
    await putMapping(gateway, admin, text)
    await openRoles(page, gateway)
    await page.getByText('1–50 of 1,003').waitFor()
    await page.getByRole('searchbox', { name: 'Search roles' }).fill('user-777-3')
    await page.getByText('1 of 1,003 roles').waitFor()
    await row(page, 'role-777').getByRole('button', { name: '7 more: Users of role-777' }).click()
    await row(page, 'role-777').getByText('user-777-9').waitFor()
    await page.getByRole('tab', { name: 'YAML' }).click()
    await editorOf(page).waitFor()
    // As a person does: filling in all of it would time the browser's own insertion.
    for (const [what, by] of [
      ['# Who', '# Who then'],
      ['user-999-9', 'carol'],
    ]) {
      await page.evaluate(
        `(() => { const field = document.querySelector('#mapping-text'), at = field.value.indexOf('${what}'); field.focus(); field.setSelectionRange(at, at + ${what?.length}) })()`,
      )
      await page.keyboard.type(by ?? '')
    }
    const numbers = page.locator('.gutter')
    await page.evaluate("document.querySelector('#mapping-text').scrollTop = 1e9")
    const scrolled = (selector: string) =>
      page.locator(selector).evaluate((element) => (element as unknown as { scrollTop: number }).scrollTop)
    await eventually('numbers beside their lines', async () => {
      const at = await scrolled('.gutter')
      return at > 1e5 && at === (await scrolled('#mapping-text'))
    })
    assert.match((await numbers.textContent()) ?? '', new RegExp(`\\b${text.split('\n').length}\\s*$`))
    await page.getByRole('button', { name: 'Review changes' }).click()
    await page.getByRole('row', { name: /carol.*role-999/ }).waitFor()
    assert.equal(await page.locator('.diff-line[data-kind=removed]').count(), 2)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('one role changed').waitFor()
    assert.deepEqual(faults, [])
  })

  async function looksWell(page: Page, name: string): Promise<void> {
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], `${name} ${theme}`)
    }
    await photograph(page, name)
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, `${name} on a phone`)
    assert.deepEqual(await seriousFindings(page), [], `${name} phone`)
    await page.setViewportSize({ width: 1440, height: 900 })
  }
})
