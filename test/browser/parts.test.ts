/** What every page is made of, in a page of its own: by keyboard, for screen readers, in both themes, on a phone. */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

/** Draws them in place of the console; `globalThis.parts` has what a page would import. Runs in the browser. */
const GALLERY = `(async () => {
  const root = document.querySelector('script[type=module]').src.replace('main.js', '')
  const names = ['badge', 'button', 'code', 'confirm', 'copy', 'dialog', 'field', 'panel', 'states', 'table', 'tabs', 'time', 'toast']
  const modules = await Promise.all(names.map((name) => import(root + 'parts/' + name + '.js')))
  const { html, render } = await import(root + 'lib/lit-html/lit-html.js')
  const parts = (globalThis.parts = Object.assign({ html, asked: [] }, ...modules))
  const main = document.createElement('main')
  document.title = 'Parts'
  document.querySelector('#app').replaceWith(main)
  const now = { tab: 'one', sort: { key: 'name', order: 'asc' }, from: 0, name: '', kind: 'b', sure: false }
  const set = (change) => { Object.assign(now, change); draw() }
  const rows = [{ name: '<b>first</b>', many: 1200 }, { name: 'second', many: 7 }]
  const columns = [
    { key: 'name', label: 'Name', isSortable: true, isHeading: true, cell: ({ name }) => name },
    { key: 'many', label: 'Requests', isSortable: true, isNumeric: true, cell: ({ many }) => many },
    { key: 'state', label: 'State', cell: () => parts.certificateBadge('revoked') },
  ]
  const draw = () => render(html\`
    \${parts.pageHeading('Parts', parts.button({ label: 'Add', kind: 'primary', icon: 'plus' }))}
    <div class="grid">
      \${parts.panel('Table', parts.dataTable({ caption: 'Things', columns, rows, sort: now.sort, keyOf: ({ name }) => name,
        sorted: (sort) => set({ sort }), paging: { from: now.from, size: 2, total: 5, turn: (from) => set({ from }) } }))}
      \${parts.panel('Fields', html\`
        \${parts.textField({ name: 'name', label: 'Name', hint: 'As in its subject', error: now.name === '' ? 'A name is missing.' : null, required: true, value: now.name, changed: (name) => set({ name }) })}
        \${parts.selectField({ name: 'kind', label: 'Kind', value: now.kind, choices: [{ value: 'a', label: 'One' }, { value: 'b', label: 'Other' }], changed: (kind) => set({ kind }) })}
        \${parts.checkField({ name: 'sure', label: 'Sure', hint: 'One cannot be', value: now.sure, changed: (sure) => set({ sure }) })}
        \${parts.textField({ name: 'yaml', label: 'Text', rows: 3, monospaced: true, value: 'a: b', changed: () => {} })}\`)}
      \${parts.panel('Tabs', parts.tabs('t', [
        { key: 'one', label: 'One', view: () => html\`first panel\` }, { key: 'two', label: 'Two', view: () => parts.diffView('a\\nb', 'a\\nc', 'Changes') },
      ], now.tab, (tab) => set({ tab })))}
      \${parts.panel('States', html\`\${parts.loading()}\${parts.empty('Nothing here')}\${parts.failure(new Error('It broke'), { act: () => {} })}\${parts.notice('warn', 'Look')}
        \${parts.facts([['Badges', html\`\${['good', 'warn', 'bad', 'muted', 'info'].map((tone) => parts.badge(tone, tone))}\`], ['Fingerprint', parts.fingerprint('ab'.repeat(32))], ['Ends', parts.moment('2030-01-01T00:00:00Z')]])}\`)}
      \${parts.panel('Buttons', html\`\${parts.button({ label: 'Plain', act: () => parts.asked.push('plain') })} \${parts.button({ label: 'Danger', kind: 'danger' })}
        \${parts.button({ label: 'Revoke', whyNot: 'This needs clearance ClusterAdmin.', act: () => parts.asked.push('revoke') })} \${parts.button({ label: 'Saving', isBusy: true })}\`)}
    </div>\`, main)
  draw()
})()`

describe('the parts of the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let page: Page
  let faults: string[]

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    const client = await gateway.make('alice', 'ClusterAdmin')
    const opened = await openBrowser(lifetime, { client, ca: gateway.ca })
    page = opened.page
    faults = opened.faults
  })

  beforeEach(async () => {
    await page.goto(`https://localhost:${gateway.adminPort}/console/`)
    await page.locator('.tiles').waitFor()
    await page.evaluate(GALLERY)
  })

  it('a table says how it is sorted, sorts by its headers, and pages', async () => {
    const header = page.getByRole('columnheader', { name: 'Name' })
    assert.equal(await header.getAttribute('aria-sort'), 'ascending')
    await header.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort=descending]').waitFor()
    await page.getByRole('button', { name: 'Requests' }).click()
    assert.equal(await page.getByRole('columnheader', { name: 'Requests' }).getAttribute('aria-sort'), 'ascending')
    assert.equal(await page.getByRole('rowheader', { name: '<b>first</b>' }).count(), 1)
    await page.getByText('1–2 of 5').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('3–4 of 5').waitFor()
  })

  it('a field has its hint and what is wrong with it read out, until it is right', async () => {
    const field = page.getByLabel(/^Name/)
    assert.equal(await field.getAttribute('aria-invalid'), 'true')
    assert.equal(await field.getAttribute('aria-describedby'), 'name-hint name-error')
    assert.match((await page.locator('#name-error').textContent()) ?? '', /A name is missing/)
    await field.fill('x')
    await page.locator('#name:not([aria-invalid])').waitFor()
    assert.equal(await page.getByLabel('Kind').inputValue(), 'b')
    await page.getByLabel('Sure').check()
  })

  it('tabs go by arrow keys', async () => {
    await page.getByRole('tab', { name: 'One' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.locator('#t-tab-two:focus').waitFor()
    assert.match((await page.getByRole('tabpanel', { name: 'Two' }).textContent()) ?? '', /removed: b.*added: c/s)
    await page.keyboard.press('Home')
    await page.locator('#t-tab-one:focus').waitFor()
  })

  it('what one may not do is reachable, says why, and does nothing', async () => {
    const revoke = page.getByRole('button', { name: 'Revoke (This needs clearance ClusterAdmin.)' })
    await revoke.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Plain' }).click()
    assert.deepEqual(await page.evaluate('parts.asked'), ['plain'])
  })

  it('a confirmation waits for what is to be typed, stays where it fails, and gives the focus back', async () => {
    await page.getByRole('button', { name: 'Plain' }).focus()
    await page.evaluate(`{
      let tries = 0
      const act = async () => { if (tries++ === 0) throw new Error('Not yet') }
      globalThis.confirmed = parts.confirm({ title: 'Revoke bob', body: parts.html\`For good.\`, action: 'Revoke', isDangerous: true, typed: 'bob', act })
    }; void 0`)
    const dialog = page.getByRole('dialog', { name: 'Revoke bob' })
    await dialog.locator('input:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.type('bob')
    await photograph(page, 'parts-confirm')
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.keyboard.press('Enter')
    await dialog.getByText('Not yet').waitFor()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    assert.equal(await page.evaluate('confirmed'), true)
    await page.locator('button:focus', { hasText: 'Plain' }).waitFor()
    await page.evaluate(`globalThis.confirmed = parts.confirm({ title: 'Again', body: '', action: 'Do' }); void 0`)
    await page.getByRole('dialog', { name: 'Again' }).waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate('confirmed'), false)
  })

  it('what came of something is read out, and stays where it went wrong', async () => {
    await page.evaluate(`parts.toast('good', 'Saved')`)
    await page.evaluate(`parts.toast('bad', 'Not saved')`)
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor()
    const alert = page.locator('.toasts').getByRole('alert')
    await alert.getByText('Not saved').waitFor()
    await alert.getByRole('button', { name: 'Dismiss' }).click()
    await alert.getByText('Not saved').waitFor({ state: 'detached' })
  })

  it('and over a dialog, where it is seen, reached and read out', async () => {
    const cdp = await page.context().newCDPSession(page)
    /** What a screen reader can come to: the text of the accessibility tree. */
    const readable = async (): Promise<readonly string[]> => {
      const { nodes } = await cdp.send('Accessibility.getFullAXTree')
      return nodes.filter(({ ignored, role }) => !ignored && role?.value === 'StaticText').map(({ name }) => String(name?.value))
    }
    assert.ok((await readable()).includes('Plain'))
    await page.evaluate(`parts.toast('bad', 'Said before')`)
    await page.evaluate(`void parts.confirm({ title: 'First', body: '', action: 'Do' })`)
    await page.evaluate(`void parts.confirm({ title: 'Second', body: '', action: 'Do' })`)
    const dialog = page.getByRole('dialog', { name: 'Second' })
    await dialog.waitFor()
    // The regions are there before they say anything.
    assert.deepEqual(await dialog.locator('.toasts > [role]').count(), 2)
    await page.evaluate(`parts.toast('good', 'Copied')`)
    await dialog.getByRole('status').getByText('Copied', { exact: true }).waitFor()
    const words = await readable()
    assert.ok(words.includes('Copied') && words.includes('Said before'), words.join(' | '))
    assert.ok(!words.includes('Plain'), 'what is behind a dialog is inert')
    const seen = await page.evaluate(`(() => {
      const node = document.querySelector('dialog:last-of-type [role=status] .toast')
      const { x, y, width, height } = node.getBoundingClientRect()
      return node.contains(document.elementFromPoint(x + width / 2, y + height / 2))
    })()`)
    assert.equal(seen, true, 'it is on top')
    await photograph(page, 'parts-dialog-toast')
    const dismiss = dialog.getByRole('alert').getByRole('button', { name: 'Dismiss' })
    await dismiss.focus()
    await page.keyboard.press('Enter')
    await page.getByText('Said before').waitFor({ state: 'detached' })
    await page.evaluate(`parts.toast('bad', 'It stays')`)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'First' }).getByRole('alert').getByText('It stays').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('body > .toasts').getByRole('alert').getByText('It stays').waitFor()
    assert.equal(await page.locator('.toasts').count(), 1)
    assert.deepEqual(await seriousFindings(page), [])
  })

  it('what is under way as a dialog is given up is waited for, and told', async () => {
    await page.evaluate(`{
      globalThis.ends = Promise.withResolvers()
      globalThis.confirmed = parts.confirm({ title: 'Slow', body: '', action: 'Do', act: () => ends.promise })
    }; void 0`)
    await page.getByRole('dialog', { name: 'Slow' }).getByRole('button', { name: 'Do' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.evaluate(`ends.reject(new Error('It broke'))`)
    assert.equal(await page.evaluate('confirmed'), false)
    await page.locator('body > .toasts').getByRole('alert').getByText('It broke').waitFor()
  })

  it('all of it has nothing serious for axe-core, fits a phone, and makes no fault', async () => {
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    assert.deepEqual(await seriousFindings(page), [], 'phone')
    await photograph(page, 'parts')
    assert.deepEqual(faults, [])
  })
})
