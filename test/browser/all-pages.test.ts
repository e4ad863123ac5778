/**
 * What every page of the console keeps, whatever is on it: a title of its own, one h1 and headings in order, landmarks, names for all controls,
 * all of it by keyboard, both themes, a phone; no fault, and nobody else asked. A page that is added is looked at by being registered.
 */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, startAdministeredGateway } from '../support/administered-gateway.ts'
import { type Browser, DESKTOP, inTheme, noBrowser, openBrowser, PHONE, seriousFindings, THEMES } from '../support/browser.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
/** By its address: its types are a browser's. */
const registered = new URL('../../src/admin/console/client/pages/index.ts', import.meta.url).href
const { PAGES } = (await import(registered)) as {
  PAGES: readonly { readonly path: string; readonly label: string; readonly icon: string | null }[]
}

describe('every page of the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let browser: Browser
  /** What stands for `{name}` in a path. */
  let parameters: ReadonlyMap<string, string>

  before(async () => {
    gateway = await startAdministeredGateway(lifetime)
    const admin = await gateway.make('alice', 'ClusterAdmin')
    parameters = new Map([
      ['fingerprint', admin.fingerprint],
      ['sequence', '3'],
      ['role', 'admin'],
      ['name', 'admin'],
    ])
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
  })

  const addressOf = (path: string) => {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = parameters.get(name)
      assert.ok(value !== undefined, `say in this test what stands for {${name}}`)
      return value
    })
    return `https://localhost:${gateway.adminPort}/console/${filled}`
  }

  const titles = new Map<string, string>()

  for (const { path, label } of PAGES) {
    it(`/console/${path}`, async () => {
      const { page, faults } = browser
      await page.setViewportSize(DESKTOP)
      const response = await page.goto(addressOf(path))
      await settled(page)
      assert.equal(response?.status(), 200, 'VIEW in console.ts knows it')
      const title = await page.title()
      assert.match(title, new RegExp(` · certgate localhost:${gateway.adminPort}$`))
      assert.equal(titles.get(title), undefined, 'a title of its own')
      titles.set(title, label)
      assert.equal(await page.getByRole('alert').filter({ hasText: /\S/ }).count(), 0, 'it says that nothing is wrong')
      await outlined(page)
      await named(page)
      for (const theme of THEMES) {
        await inTheme(page, theme)
        assert.deepEqual(await seriousFindings(page), [], theme)
      }
      await reached(page)
      await page.setViewportSize(PHONE)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
      assert.deepEqual(await seriousFindings(page), [], 'phone')
      assert.deepEqual(faults, [])
    })
  }

  it('is reached by keyboard from any other, and says so to who does not see it', async () => {
    const { page } = browser
    await page.setViewportSize(DESKTOP)
    await page.goto(addressOf(''))
    await settled(page)
    for (const { label } of PAGES.filter(({ icon }) => icon !== null)) {
      const link = page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: label, exact: true })
      await link.focus()
      await page.keyboard.press('Enter')
      await page.locator('main h1:focus').waitFor()
      assert.equal(await link.getAttribute('aria-current'), 'page')
    }
  })

  it('asks for nothing in the name of who may not see it', async () => {
    const client = await gateway.make('carol', 'ValidUser')
    const { page, faults } = await openBrowser(lifetime, { client, ca: gateway.ca })
    for (const { path } of PAGES) {
      await page.goto(addressOf(path))
      await settled(page)
      assert.equal(await page.locator('main h1').count(), 1, path)
      assert.deepEqual(await seriousFindings(page), [], path)
    }
    assert.deepEqual(faults, [])
  })
})

async function settled(page: Page): Promise<void> {
  await page.locator('main:not(:has(.spinner)):not([aria-busy=true]) h1').waitFor()
}

/** Landmarks, and headings of which none leaves a level out. */
async function outlined(page: Page): Promise<void> {
  for (const [landmark, many] of [
    ['banner', 1],
    ['main', 1],
  ] as const)
    assert.equal(await page.getByRole(landmark).count(), many, landmark)
  assert.equal(await page.getByRole('navigation', { name: 'Console' }).count(), 1)
  const levels = (await page.evaluate(
    `[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter((one) => one.checkVisibility()).map(({ tagName }) => Number(tagName.slice(1)))`,
  )) as number[]
  assert.equal(levels[0], 1)
  assert.equal(levels.filter((level) => level === 1).length, 1, 'one h1')
  for (const [index, level] of levels.entries()) assert.ok(level <= (levels[index - 1] ?? 0) + 1, `headings: ${levels}`)
}

const CONTROLS = 'button|link|textbox|searchbox|combobox|checkbox|radio|switch|slider|spinbutton|tab|table|navigation|region|dialog|img'

/** In the accessibility tree nothing that one uses or goes to is without a name. */
async function named(page: Page): Promise<void> {
  const tree = await page.locator('body').ariaSnapshot()
  const nameless = tree.split('\n').filter((line) => new RegExp(`^\\s*- (${CONTROLS})(?: \\[[^\\]]*\\])*:?\\s*$`).test(line))
  assert.deepEqual(nameless, [])
}

/** By Tab one comes to everything that can be used, sees where one is, and out again. */
async function reached(page: Page): Promise<void> {
  await page.evaluate(`globalThis.seen = new Set(); document.activeElement.blur(); scrollTo(0, 0)`)
  const usable = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter((one) => !(one.type === 'radio' && !one.checked && document.querySelector('input[name="' + one.name + '"]:checked')))
    .filter((one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && !one.disabled)`
  const many = (await page.evaluate(`${usable}.length`)) as number
  // A date has several stops. Of radio buttons the chosen one is the stop; arrows lead to the others.
  for (let step = 0; step < many * 4 + 10; step++) {
    await page.keyboard.press('Tab')
    const where = (await page.evaluate(`(() => {
      const one = document.activeElement
      if (one === null || one === document.body) return 'out'
      const isNew = !globalThis.seen.has(one)
      globalThis.seen.add(one)
      const { outlineStyle, outlineWidth } = getComputedStyle(one)
      const { width, height } = one.getBoundingClientRect()
      const isShown = outlineStyle !== 'none' && outlineWidth !== '0px' && width > 0 && height > 0
      return isShown || !isNew ? 'on' : 'unseen: ' + one.outerHTML.slice(0, 200)
    })()`)) as string
    if (where === 'out') break
    assert.equal(where, 'on')
  }
  const left = await page.evaluate(`${usable}.filter((one) => !globalThis.seen.has(one)).map((one) => one.outerHTML.slice(0, 200))`)
  assert.deepEqual(left, [])
}
