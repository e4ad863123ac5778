/**
 * The setup pages of `init --web` in a real Chromium: every step by keyboard and mouse, what is wrong told where it is, both themes, a desk
 * and a phone; then the gateway that comes of it, opened with the certificate that was downloaded.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { readPfx } from '../../src/certificates/pkcs12-read.ts'
import { createAuthority, encryptKey, temporaryFolder } from '../support/authority.ts'
import { type Browser, inTheme, noBrowser, openBrowser, PHONE, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { startSite } from '../support/foreign-authority.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { freePorts } from '../support/outside-program.ts'
import { type Program, startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const lifetime = fileLifetime()

describe('the setup pages', { skip: noBrowser }, () => {
  const { path: cwd, write } = temporaryFolder(lifetime)
  let program: Program
  let upstream: RecordingUpstream
  let url = ''
  let browser: Browser
  let pfx = Buffer.alloc(0)
  let password = ''
  let root = ''

  before(async () => {
    upstream = await RecordingUpstream.start(lifetime)
    const [listen, telemetry, admin] = await freePorts(3)
    const addresses = ['--listen', `127.0.0.1:${listen}`, '--telemetry', `127.0.0.1:${telemetry}`, '--admin', `127.0.0.1:${admin}`]
    program = await startProgram({ args: ['init', '--web', '--dir', 'data', ...addresses], cwd, listeners: 0 }, lifetime as never)
    url = (await program.line(/^ +(http:\/\/127\.0\.0\.1:\d+\/[\w-]{43})$/))[1] ?? ''
    const corp = await createAuthority('CN=Corp Root')
    root = corp.certificate
    write('corp.crt', corp.certificate)
    write('corp.key', encryptKey(corp, 'sesam'))
    browser = await openBrowser(lifetime, { client: null, ca: Buffer.from(root) })
  })

  /** Told as a fault where a page asks anybody but the pages themselves for something; answers of 422 and the like are part of the tests. */
  const faults = () =>
    browser.faults.filter((fault) => !fault.startsWith(`request: ${new URL(url).origin}/`) && !/status of 4(?:22|03|09)/.test(fault))
  const heading = (page: Page) => page.locator('main h1').textContent()
  const problem = (page: Page, field: string) => page.locator(`#${field}-problem`).textContent()
  const go = (page: Page) => page.getByRole('button', { name: 'Continue' }).click()

  async function inspect(page: Page, name: string): Promise<void> {
    await photograph(page, `wizard-${name}`)
    for (const theme of THEMES) {
      await inTheme(page, theme)
      assert.deepEqual(await seriousFindings(page), [], `${name} in ${theme}`)
    }
    await page.setViewportSize(PHONE)
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than a phone`)
    await page.setViewportSize({ width: 1440, height: 900 })
  }

  it('open once, also from a link of another page', async () => {
    const { page } = browser
    // As a terminal in a browser would show it: another site leads here.
    await page.goto(`data:text/html,<a href="${url}">go</a>`)
    await page.getByRole('link').click()
    assert.equal(await heading(page), 'Set up certgate')
    await inspect(page, 'welcome')
    await page.getByRole('link', { name: 'Begin' }).click()
    assert.equal(await heading(page), 'How clients reach the gateway')
    await page.goBack()
    await page.reload()
    assert.equal(await heading(page), 'Not yours', 'who comes from another site brings no cookie')
    await page.getByRole('link', { name: 'go on here' }).click()
    assert.equal(await heading(page), 'How clients reach the gateway')
    assert.equal((await fetch(url)).status, 403, 'and no other')
    // Cookies know no ports: another program of this machine, to which the same browser goes, must not get this one.
    const cookies: (string | undefined)[] = []
    const other = await startSite(lifetime, ({ headers }, response) => {
      cookies.push(headers.cookie)
      response.end('<!doctype html><title>other</title>')
    })
    for (const path of ['/', '/name', '/ca.crt']) await page.goto(other.url(path))
    assert.ok(cookies.length >= 3 && cookies.every((cookie) => cookie === undefined), String(cookies))
    await page.goto(`${url}/name`)
    assert.equal(await heading(page), 'How clients reach the gateway')
    browser.faults.splice(0)
    assert.deepEqual(faults(), [])
  })

  it('tell what is wrong at its field, keep what was entered, and are walked by keyboard', async () => {
    const { page } = browser
    await inspect(page, 'name')
    await page.getByLabel('Names and IP addresses').fill('gate.example "><script>alert(1)</script>')
    await page.getByLabel('Address to listen on').focus()
    await page.keyboard.press('Enter')
    await page.locator('#names-problem').waitFor()
    assert.match((await problem(page, 'names')) ?? '', /is neither a host name nor an IP address/)
    assert.equal(await page.getByLabel('Names and IP addresses').inputValue(), 'gate.example "><script>alert(1)</script>')
    await page.locator('#names:focus').waitFor()
    assert.match(await page.title(), /^Problem: /)
    await inspect(page, 'name-wrong')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('gate.example 10.0.0.7')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Who signs the certificates' }).waitFor()
    assert.deepEqual(faults(), [])
  })

  it('take an own CA with its password', async () => {
    const { page } = browser
    // What an own one asks is for who has one.
    const file = page.getByLabel(/^Certificate, and those above/)
    await page.getByLabel(/^A new one/).check()
    await file.waitFor({ state: 'hidden' })
    await inspect(page, 'ca')
    await page.getByLabel('My own').check()
    await file.waitFor()
    await page.getByLabel(/^Certificate, and those above/).setInputFiles(join(cwd, 'corp.crt'))
    await page.getByLabel('Private key', { exact: true }).setInputFiles(join(cwd, 'corp.key'))
    await page.getByLabel(/^Password of the key/).fill('wrong')
    await go(page)
    assert.match((await problem(page, 'ca_password')) ?? '', /does not open the private key corp\.key/)
    assert.ok(await page.getByLabel('My own').isChecked())
    await inspect(page, 'ca-wrong')
    await page.getByLabel(/^Password of the key/).fill('sesam')
    await go(page)
    assert.equal(await heading(page), 'The service behind')
    assert.deepEqual(faults(), [])
  })

  it('ask for the service and the administrator, and go back without losing anything', async () => {
    const { page } = browser
    await inspect(page, 'upstream')
    await page.getByLabel('Address of the service').fill(upstream.url)
    await go(page)
    assert.equal(await heading(page), 'The first administrator')
    await page.getByLabel('Name', { exact: true }).fill('alice')
    await page.getByLabel('I choose one').check()
    await page.getByLabel('Password', { exact: true }).fill('short')
    await go(page)
    assert.match((await problem(page, 'password')) ?? '', /has 5 characters/)
    await inspect(page, 'admin-wrong')
    await page.getByLabel(/^Make one up/).check()
    await go(page)
    assert.equal(await heading(page), 'All of it')
    const links = await page.locator('dl').getByRole('link').allTextContents()
    assert.deepEqual(links, ['Change names', 'Change addresses', 'Change authority', 'Change service', 'Change administrator'])
    await page.getByRole('link', { name: 'Change names' }).click()
    assert.equal(await page.getByLabel('Names and IP addresses').inputValue(), 'gate.example 10.0.0.7')
    await go(page)
    assert.equal(await heading(page), 'All of it')
    assert.match((await page.locator('dl').textContent()) ?? '', /an issuing CA below CN=Corp Root/)
    await inspect(page, 'review')
    assert.deepEqual(faults(), [])
  })

  it('overwrite nothing that another tab answered, and make nothing that was not looked at', async () => {
    const { page } = browser
    const other = await browser.context.newPage()
    await other.goto(`${url}/admin`)
    await page.getByRole('link', { name: 'Change administrator' }).click()
    await other.getByLabel('Name', { exact: true }).fill('bob')
    await go(other)
    assert.equal(await heading(other), 'All of it')
    await page.getByLabel('Name', { exact: true }).fill('mallory')
    await go(page)
    await page.getByText('This was answered otherwise since this page was opened, in another tab perhaps').waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'mallory')
    await inspect(page, 'overtaken')
    await page.getByLabel('Name', { exact: true }).fill('alice')
    await go(page)
    assert.equal(await heading(page), 'All of it')
    await other.getByRole('button', { name: 'Make it, and start' }).click()
    await other.getByText('An answer was changed since this page was opened').waitFor()
    assert.match((await other.locator('dl').textContent()) ?? '', /alice, password/)
    await other.close()
    assert.deepEqual(faults(), [])
  })

  it('make it, show the password once, and end with the download', async () => {
    const { page } = browser
    await page.getByRole('button', { name: 'Make it, and start' }).click()
    await page.getByRole('heading', { name: 'It runs' }).waitFor({ timeout: 60_000 })
    password = (await page.locator('.secret').textContent()) ?? ''
    assert.equal(readFileSync(join(cwd, 'data/clients/admin.pass'), 'utf8'), `${password}\n`)
    await inspect(page, 'done')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download admin.pfx' }).click()])
    assert.equal(download.suggestedFilename(), 'admin.pfx')
    pfx = readFileSync(await download.path())
    assert.equal(await heading(page), 'It runs')
    assert.deepEqual(faults(), [])
    await assert.rejects(fetch(`${url}/done`))
  })

  it('leave a gateway and a console that the certificate opens', async () => {
    const { cert, key } = { cert: readPfx(pfx, password, 'admin.pfx').certificate, key: readPfx(pfx, password, 'admin.pfx').key }
    const links = await browser.page.getByRole('listitem').getByRole('link').allTextContents()
    const { page } = await openBrowser(lifetime, { client: { cert, key }, ca: Buffer.from(root) })
    const [service, admin] = [links.find((link) => link.startsWith('https://localhost:')), links.find((link) => link.endsWith('/console/'))]
    assert.equal((await page.goto(service ?? ''))?.status(), 200)
    await page.goto(admin ?? '')
    await page.locator('main h1').waitFor()
    assert.match((await page.locator('.who').textContent()) ?? '', /alice\s*ClusterAdmin/)
    assert.equal((await program.stop()).code, 0)
  })
})
