/**
 * The console in a real Chromium with a real client certificate: how the gateway is, live, in both themes, on a desk and on a phone, by
 * keyboard, and for who may not see it.
 */
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

describe('the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client
  let stranger: Client
  let browser: Browser

  before(async () => {
    gateway = await startAdministeredGateway(lifetime, [
      [/$/, '\nworkers: 2\n'],
      [/- admin\n(\s+)upstream/, '- authenticated\n$1upstream'],
    ])
    admin = await gateway.make('alice', 'ClusterAdmin')
    stranger = await gateway.make('<img src=x onerror=alert(1)>', 'ValidUser', { days: 3 })
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  const open = async (page: Page, path = '/console/') => {
    await page.goto(`https://localhost:${gateway.adminPort}${path}`)
    await page.locator('main h1').waitFor()
  }

  it('is where the admin address leads a browser, and says who is signed in', async () => {
    const { page, faults } = browser
    await open(page, '/')
    assert.equal(new URL(page.url()).pathname, '/console/')
    assert.equal(await page.locator('main h1').textContent(), 'Overview')
    assert.equal(await page.title(), `Overview · certgate localhost:${gateway.adminPort}`)
    const who = page.locator('.who')
    assert.match((await who.textContent()) ?? '', /alice\s*ClusterAdmin/)
    assert.deepEqual(faults, [])
  })

  it('shows what goes through the gateway while it does', async () => {
    const { page, faults } = browser
    await open(page)
    await page.locator('.live[data-state=live]').waitFor()
    for (const client of [admin, stranger, {}]) assert.ok((await ask(client)) > 0)
    // Told by the next event, without anybody asking for it.
    const refusals = page.getByRole('table', { name: /Refusals by reason/ })
    await refusals.getByRole('row', { name: /certificate required/ }).waitFor()
    const chart = page.getByRole('img', { name: /Requests per second by status.*Now .*at most/ })
    assert.equal(await chart.count(), 1)
    const workers = page.getByRole('table', { name: 'Workers' })
    assert.equal(await workers.getByRole('row', { name: /serving/ }).count(), 2)
    assert.deepEqual(faults, [])
  })

  it('goes on by itself when the gateway was restarted', async () => {
    const { page, faults } = browser
    await open(page)
    await page.locator('.live[data-state=live]').waitFor()
    const workers = page.getByRole('table', { name: 'Workers' })
    await workers.waitFor()
    const before = await workers.getByRole('rowheader').allTextContents()
    await gateway.program.stop()
    await page.locator('.live[data-state=lost]').waitFor()
    await gateway.restartInPlace()
    await page.locator('.live[data-state=live]').waitFor()
    // Other workers, and what goes through them: nobody loaded the page.
    for (const pid of before) await workers.getByText(pid.replace('Worker', ''), { exact: true }).waitFor({ state: 'detached' })
    assert.ok((await ask({})) > 0)
    await page
      .getByRole('table', { name: /Refusals by reason/ })
      .getByRole('row', { name: /certificate required/ })
      .waitFor()
    // That nobody answered meanwhile is a fault to Chromium.
    const real = faults
      .splice(0)
      .filter((fault) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_NETWORK/.test(fault))
    assert.deepEqual(real, [])
  })

  it('tells of a configuration that was not taken up, with the line', async () => {
    const { page } = browser
    await open(page)
    gateway.edit(/$/, '\nunknown_key: 3\n')
    const notice = page.getByText('The changed configuration was not taken up')
    await notice.waitFor()
    assert.match((await page.locator('.notice .code').textContent()) ?? '', /unknown_key: 3/)
    await photograph(page, 'overview-failed-reload')
    gateway.edit('\nunknown_key: 3\n', '')
    await notice.waitFor({ state: 'detached' })
  })

  it('says above everything that an upstream is down, and takes it back', async () => {
    const { page } = browser
    await open(page)
    const tile = page.locator('.tile').filter({ hasText: 'Upstream targets up' })
    gateway.edit(gateway.upstream.url, 'http://127.0.0.1:9')
    const down = page.getByText('Upstream app is down')
    await page.getByRole('cell', { name: 'http://127.0.0.1:9' }).waitFor()
    assert.equal(await ask(admin), 502)
    await down.waitFor()
    assert.equal(await tile.getAttribute('data-tone'), 'bad')
    assert.match((await tile.textContent()) ?? '', /0 of 1\s*problem\s*1 down/)
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await photograph(page, 'overview-upstream-down')
    gateway.edit('http://127.0.0.1:9', gateway.upstream.url)
    await down.waitFor({ state: 'detached' })
  })

  it('takes a name as text, whatever is in it', async () => {
    const { page, faults } = await openBrowser(lifetime, { client: stranger, ca: gateway.ca })
    await open(page)
    assert.equal(await page.locator('.who-name').textContent(), '<img src=x onerror=alert(1)>')
    assert.equal(await page.locator('img').count(), 0)
    // Who may not see it is told so, and nothing is asked for in their name.
    await page.locator('main').getByText('This needs clearance Operator; yours is ValidUser.').waitFor()
    await photograph(page, 'overview-not-allowed')
    assert.deepEqual(faults, [])
  })

  it('lets text become no markup and asks nobody else, whatever a script of it would do', async () => {
    const { page, faults } = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
    await open(page)
    const tried = (script: string) => page.evaluate(`(async () => { ${script} })().then(() => 'done', (error) => error.name)`)
    assert.equal(await tried(`document.body.innerHTML = '<b>x</b>'`), 'TypeError')
    assert.equal(await tried(`await fetch('https://elsewhere.example/')`), 'TypeError')
    assert.equal(await tried(`trustedTypes.createPolicy('more', {})`), 'TypeError')
    const ran = `const one = document.createElement('button'); one.setAttribute('onclick', 'globalThis.ran = true'); document.body.append(one); one.click()`
    await tried(ran)
    assert.equal(await page.evaluate('globalThis.ran'), undefined)
    assert.ok(faults.length > 0, 'and a fault is seen')
  })

  it('says that an address is none, and leads back, with the focus on what came', async () => {
    const { page } = browser
    const response = await page.goto(`https://localhost:${gateway.adminPort}/console/nothing`)
    assert.equal(response?.status(), 404)
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    await page.getByRole('link', { name: 'To the overview' }).click()
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
    await page.locator('h1:focus').waitFor()
    assert.equal(new URL(page.url()).pathname, '/console/')
  })

  it('goes by keyboard: to the content, and through the themes, which are kept', async () => {
    const { page } = browser
    await open(page)
    await page.keyboard.press('Tab')
    await page.locator('.skip:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('#main:focus').waitFor()
    const choice = page.getByRole('button', { name: /theme/ })
    await choice.focus()
    for (const [theme, background] of [
      ['light', 'rgb(245, 246, 248)'],
      ['dark', 'rgb(14, 17, 22)'],
    ] as const) {
      await page.keyboard.press('Enter')
      await page.locator(`html[data-theme=${theme}]`).waitFor()
      assert.equal(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'), background)
      await page.reload()
      await page.locator(`html[data-theme=${theme}]`).waitFor()
      await choice.focus()
    }
    await page.keyboard.press('Enter')
    await page.locator('html:not([data-theme])').waitFor()
  })

  it('has nothing serious for axe-core, in both themes, and fits a phone', async () => {
    const { page } = browser
    await open(page)
    await page.locator('.tiles').waitFor()
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], theme)
    }
    await page.setViewportSize(PHONE)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
    // Every page is in reach, and none has to be scrolled to.
    const links = await page.getByRole('navigation', { name: 'Console' }).getByRole('link').all()
    assert.equal(links.length, 5)
    for (const link of links) {
      const { x = -1, width = 0 } = (await link.boundingBox()) ?? {}
      assert.ok(x >= 0 && x + width <= PHONE.width, `${await link.textContent()} is from ${x} to ${x + width}`)
    }
    assert.deepEqual(await seriousFindings(page), [], 'phone')
    await photograph(page, 'overview')
  })

  async function ask(client: Client): Promise<number> {
    const { port } = gateway.program
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path: '/', ca: gateway.ca, agent: false, ...client })
    sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
    sent.on('error', reject)
    sent.end()
    return promise
  }
})
