/**
 * Every dialog of the console without a mouse: opened by keys, the focus at what one does first, Tab stays inside and comes to all of it, Escape
 * gives up and changes nothing, the focus is back at what opened it. And each thing that they are for, done by keys once.
 */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { AdministeredGateway, Client } from '../support/administered-gateway.ts'
import { type Browser, noBrowser, openBrowser } from '../support/browser.ts'
import { downloaded, openConsole } from '../support/console.ts'
import { eventually } from '../support/eventually.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { MAPPING, mappingOf, openRoles, putMapping, startWithRoles } from '../support/roles-page.ts'

const lifetime = fileLifetime()
/** More than any page has to be come by. */
const MOST_TABS = 120

/** One dialog, by what opens it. */
interface Case {
  readonly title: string
  readonly opener: string
  /** What has the focus as it opens. */
  readonly first: string
}

const OF_ONE: readonly Case[] = [
  { title: 'Edit name and rights', opener: 'Edit rights', first: '#name' },
  { title: 'Renew a certificate', opener: 'Renew', first: '#renew-by' },
  { title: 'Disable a certificate', opener: 'Disable', first: 'button:has-text("Cancel")' },
  { title: 'Revoke a certificate', opener: 'Revoke', first: '#reason' },
  { title: 'Remove a certificate', opener: 'Remove', first: '#confirm-typed' },
]
const ENABLE: Case = { title: 'Enable a certificate', opener: 'Enable', first: 'button:has-text("Cancel")' }
const OF_ALL: readonly Case[] = [
  { title: 'Purge expired certificates', opener: 'Purge expired', first: 'button:has-text("Cancel")' },
  { title: 'Export certificates', opener: 'Export', first: '#export-password' },
]

describe('the dialogs by keyboard', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let admin: Client
  let browser: Browser
  let page: Page
  let many = 0

  before(async () => {
    ;({ gateway, admin } = await startWithRoles(lifetime))
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
    page = browser.page
  })

  const make = async () => {
    const name = `bob-${++many}`
    return { name, ...(await gateway.make(name, 'ValidUser')) }
  }
  const press = (...keys: readonly string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  const isFocused = async (target: Locator) => (await target.and(page.locator(':focus')).count()) === 1
  const focused = (target: Locator) => target.and(page.locator(':focus')).waitFor()
  /** As who has no mouse comes there. */
  const tabTo = async (target: Locator) => {
    await target.waitFor()
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      if (await isFocused(target)) return
      await press('Tab')
    }
    assert.fail(`Tab does not come to ${target}`)
  }
  const inMain = (name: string) => page.locator('main').getByRole('button', { name, exact: true })
  const dialog = (name: string) => page.getByRole('dialog', { name, exact: true })
  const inDialog = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true })
  const toast = (words: string | RegExp) => page.locator('body > .toasts').getByRole('status').getByText(words)
  /** All that a dialog could change; not when somebody was last seen. */
  const state = async () => {
    const all = (await gateway.local('GET /api/v1/certificates?limit=1000')).body.toString()
    return `${all.replaceAll(/"last_seen":(?:null|"[^"]*")/g, '')}${mappingOf(gateway)}`
  }
  const stateOf = async (fingerprint: string) => {
    const { body } = await gateway.local(`GET /api/v1/certificates/${fingerprint}`)
    return JSON.parse(body.toString()) as { readonly state: string; readonly name: string; readonly renewals: readonly string[] }
  }

  /** Where the focus is of the dialog on top: its place in there, or where else. */
  const place = (): Promise<number | string> =>
    page.evaluate(`(() => {
      const top = [...document.querySelectorAll('dialog[open]')].at(-1)
      const active = document.activeElement
      if (!top.contains(active)) return active === document.body ? 'body' : active.outerHTML.slice(0, 120)
      return [...top.querySelectorAll('*')].indexOf(active)
    })()`)
  const stops = (): Promise<readonly number[]> =>
    page.evaluate(`(() => {
      const top = [...document.querySelectorAll('dialog[open]')].at(-1)
      return [...top.querySelectorAll('*')].flatMap((one, at) => (one.matches('input, select, textarea, button, a[href], summary') && one.checkVisibility() ? [at] : []))
    })()`)

  /** Both ways through the dialog that was opened, and out of it. */
  const walk = async ({ title, first }: Omit<Case, 'opener'>, opener: Locator) => {
    await dialog(title).waitFor()
    await focused(dialog(title).locator(first))
    const before = await state()
    const all = await stops()
    for (const key of ['Tab', 'Shift+Tab']) {
      const met = new Set<number | string>()
      for (let tabs = 0; tabs < all.length + 2; tabs++) {
        await press(key)
        met.add(await place())
      }
      // The browser's own controls stand between the last and the first, and show as the body.
      met.delete('body')
      assert.deepEqual([...met].sort(), [...all].sort(), `${title}: ${key}`)
    }
    await press('Escape')
    await dialog(title).waitFor({ state: 'detached' })
    await focused(opener)
    assert.equal(await state(), before, title)
  }
  /** Once it hears of what happens: it asks for what it shows again then. */
  const openLive = async (path: string) => {
    await openConsole(gateway, page, path)
    await page.locator('.live[data-state=live]').waitFor()
  }
  const openOne = (fingerprint: string) => openLive(`certificates/${fingerprint}`)
  const open = async (opener: Locator) => {
    await tabTo(opener)
    await press('Enter')
  }

  it('of one certificate, from its page', async () => {
    const { fingerprint } = await make()
    await openOne(fingerprint)
    for (const one of OF_ONE) {
      await open(inMain(one.opener))
      await walk(one, inMain(one.opener))
    }
    await gateway.local(`POST /api/v1/certificates/${fingerprint}/disable`)
    await openOne(fingerprint)
    await open(inMain('Enable'))
    await walk(ENABLE, inMain('Enable'))
  })

  it('of one certificate, from its row', async () => {
    const { name, fingerprint } = await make()
    await openLive(`certificates?text=${name}`)
    const row = page.getByRole('button', { name: `Actions for ${name}` })
    await open(row)
    await walk({ title: 'Actions', first: 'button:has-text("Edit rights")' }, row)
    for (const one of OF_ONE) {
      await press('Enter')
      await open(inDialog(one.opener))
      await walk(one, row)
    }
    await gateway.local(`POST /api/v1/certificates/${fingerprint}/disable`)
    await page.getByRole('row').getByText('disabled', { exact: true }).waitFor()
    await focused(row)
    await press('Enter')
    await open(inDialog('Enable'))
    await walk(ENABLE, row)
  })

  it('of all certificates', async () => {
    await openConsole(gateway, page, 'certificates')
    for (const one of OF_ALL) {
      await open(inMain(one.opener))
      await walk(one, inMain(one.opener))
    }
  })

  it('of the roles', async () => {
    await putMapping(gateway, admin, MAPPING)
    await openRoles(page, gateway)
    await open(page.getByRole('button', { name: 'Edit readall' }))
    await tabTo(page.getByLabel('Description'))
    await press('End')
    await page.keyboard.type(' and more')
    await open(inMain('Cancel'))
    await walk({ title: 'Discard what you typed?', first: 'button:has-text("Cancel")' }, inMain('Cancel'))
    const nav = page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Audit' })
    await press('Shift+Tab')
    await open(nav)
    await walk({ title: 'Leave without saving?', first: 'button:has-text("Cancel")' }, nav)
    await open(inMain('Cancel'))
    await open(inDialog('Discard'))
    await focused(page.getByRole('heading', { name: 'Roles', level: 1 }))
    await tabTo(page.getByRole('tab', { name: 'Table' }))
    await press('ArrowRight')
    await tabTo(page.locator('#mapping-text'))
    await page.keyboard.type('# typed\n')
    await press('Escape', 'Tab')
    await open(inMain('Discard'))
    await walk({ title: 'Discard your changes?', first: 'button:has-text("Cancel")' }, inMain('Discard'))
    await press('Enter')
    await open(inDialog('Discard'))
    await page.getByText('not saved').waitFor({ state: 'detached' })
    await tabTo(page.locator('#mapping-text'))
    await page.keyboard.type('# typed\n')
    await press('Escape', 'Tab')
    await open(nav)
    await open(inDialog('Leave and lose them'))
    await focused(page.getByRole('heading', { name: 'Audit', level: 1 }))
    assert.equal(mappingOf(gateway), MAPPING)
  })

  it('do what they are for: a certificate', async () => {
    const { name, fingerprint } = await make()
    await openOne(fingerprint)
    await open(inMain('Edit rights'))
    await focused(page.locator('dialog #name'))
    await press('End')
    await page.keyboard.type('-new')
    await press('Enter')
    await toast(`Saved ${name}-new`).waitFor()
    await focused(inMain('Edit rights'))
    assert.equal((await stateOf(fingerprint)).name, `${name}-new`)

    await open(inMain('Renew'))
    await focused(page.locator('dialog #renew-by'))
    const renewed = await downloaded(page, () => open(inDialog('Renew and download')))
    assert.match(renewed.name, /\.zip$/)
    await tabTo(inDialog('Copy password'))
    await press('Enter')
    await page
      .getByRole('dialog')
      .locator('.toasts')
      .getByText(/copied/i)
      .waitFor()
    await open(inDialog('Done'))
    await focused(inMain('Renew'))
    assert.equal((await stateOf(fingerprint)).renewals.length, 1)

    assert.equal((await downloaded(page, () => open(inMain('Download certificate')))).name, `${name}-new.crt`)

    await open(inMain('Disable'))
    await open(inDialog('Disable'))
    await focused(inMain('Enable'))
    assert.equal((await stateOf(fingerprint)).state, 'disabled')
    await press('Enter')
    await open(inDialog('Enable'))
    await focused(inMain('Disable'))
    assert.equal((await stateOf(fingerprint)).state, 'valid')

    await open(inMain('Revoke'))
    await focused(page.locator('dialog #reason'))
    await page.keyboard.type('key')
    await tabTo(page.locator('dialog #confirm-typed'))
    await page.keyboard.type(`${name}-new`)
    await press('Enter')
    await page.locator('h1 .badge', { hasText: 'revoked' }).waitFor()
    assert.equal((await stateOf(fingerprint)).state, 'revoked')
    assert.deepEqual(browser.faults, [])
  })

  it('do what they are for: removal, purge and export', async () => {
    const { name, fingerprint } = await make()
    await openOne(fingerprint)
    await open(inMain('Remove'))
    await focused(page.locator('dialog #confirm-typed'))
    await page.keyboard.type(name)
    await press('Enter')
    await focused(page.getByRole('heading', { name: 'Certificates', level: 1 }))
    assert.equal((await gateway.local(`GET /api/v1/certificates/${fingerprint}`)).status, 404)

    const short = await gateway.make('short', 'ValidUser', { days: 1 / 86_400 })
    await eventually('the certificate being expired', async () => (await stateOf(short.fingerprint)).state === 'expired')
    await open(inMain('Purge expired'))
    await open(inDialog('Purge'))
    await toast('Removed 1 expired certificate').waitFor()
    await focused(inMain('Purge expired'))

    await open(inMain('Export'))
    await focused(page.locator('dialog #export-password'))
    await page.keyboard.type('secret')
    assert.equal((await downloaded(page, () => press('Enter'))).name, 'certificates.pfx')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await focused(inMain('Export'))
    assert.deepEqual(browser.faults, [])
  })

  it('do what they are for: a role is deleted and another one made, each after its review', async () => {
    await putMapping(gateway, admin, MAPPING)
    await openRoles(page, gateway)
    await open(page.getByRole('button', { name: 'Delete readall' }))
    await focused(page.getByRole('heading', { name: 'Review changes', level: 1 }))
    await open(page.getByRole('button', { name: 'Back' }))
    await focused(page.getByRole('heading', { name: 'Roles', level: 1 }))
    assert.equal(mappingOf(gateway), MAPPING)
    await open(page.getByRole('button', { name: 'Delete readall' }))
    await open(page.getByRole('button', { name: 'Save' }))
    await toast('Saved, and in force: one role changed.').waitFor()
    assert.doesNotMatch(mappingOf(gateway), /readall/)
    await open(inMain('New role'))
    await tabTo(page.getByLabel('Name'))
    await page.keyboard.type('writers')
    await tabTo(page.getByLabel('Users'))
    await page.keyboard.type('bob')
    await open(inMain('Review'))
    await focused(page.getByRole('heading', { name: 'Review changes', level: 1 }))
    await open(page.getByRole('button', { name: 'Save' }))
    await page.getByRole('rowheader', { name: 'writers' }).waitFor()
    assert.match(mappingOf(gateway), /writers:/)
    assert.deepEqual(browser.faults, [])
  })
})
