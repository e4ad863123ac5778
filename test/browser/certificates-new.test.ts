/** New certificates by the console: generated, signed and trusted, by somebody who may and somebody who may not. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { createAuthority } from '../support/authority.ts'
import { type Browser, inTheme, noBrowser, openBrowser, photograph, seriousFindings, THEMES } from '../support/browser.ts'
import { clientIn, downloaded, openConsole, statusFor } from '../support/console.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { run } from '../support/outside-program.ts'

const lifetime = fileLifetime()

interface Entry {
  readonly fingerprint: string
  readonly name: string
  readonly clearance: string
  readonly permissions: Readonly<Record<string, string>>
  readonly sans: readonly string[]
  readonly origin: string
  readonly created_by: string
}

describe('a new certificate by the console', { skip: noBrowser }, () => {
  let gateway: AdministeredGateway
  let browser: Browser
  let page: Page
  let operator: Client

  before(async () => {
    gateway = await startAdministeredGateway(lifetime, [[/- admin\n(\s+)upstream/, '- authenticated\n$1upstream']])
    const admin = await gateway.make('alice', 'ClusterAdmin')
    operator = await gateway.make('olga', 'Operator')
    browser = await openBrowser(lifetime, { client: admin, ca: gateway.ca })
    page = browser.page
  })

  const registered = async (name: string): Promise<Entry[]> =>
    JSON.parse((await gateway.local(`GET /api/v1/certificates?name=${encodeURIComponent(name)}`)).body.toString()).certificates
  const file = (name: string, content: string | Buffer) => {
    const path = join(gateway.folder, name)
    writeFileSync(path, content)
    return path
  }
  /** What a PFX is locked with, as openssl tells it. */
  const schemesOf = async (pfx: Buffer | undefined, password: string): Promise<string> => {
    const given = ['-passin', `pass:${password}`, '-in', file('read.pfx', pfx ?? '')]
    const told = await run('openssl', ['pkcs12', '-legacy', '-info', '-nokeys', ...given])
    return told.stderr + told.text
  }

  it('is generated, and its zip and the password that is shown once let its holder in', async () => {
    await openConsole(gateway, page, 'certificates')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('heading', { name: 'Add a certificate' }).waitFor()
    await page.getByLabel(/^Name/).fill('bob')
    await page.getByRole('button', { name: 'Add a database' }).click()
    await page.getByLabel('Database 1', { exact: true }).fill('movies')
    await page.getByLabel('Access to database 1').selectOption('ReadWrite')
    await page.getByLabel('Alternative names').fill('dns:bob.example\nemail:bob@example.com')
    await page.getByLabel('Lifetime').selectOption('days')
    await page.getByLabel('Days').fill('30')
    const { name, content } = await downloaded(page, () => page.getByRole('button', { name: 'Generate and download' }).click())
    assert.equal(name, 'bob.zip')
    const password = (await page.locator('.facts .copyable code').textContent()) ?? ''
    assert.match(password, /^(?:[a-z2-9]{5}-){4}[a-z2-9]{5}$/)
    assert.equal(await statusFor(gateway, clientIn(content, password)), 200)
    const [entry] = await registered('bob')
    assert.deepEqual([entry?.clearance, entry?.permissions, entry?.origin], ['ValidUser', { movies: 'ReadWrite' }, 'issued'])
    assert.deepEqual(entry?.sans, ['dNSName:bob.example', 'rfc822Name:bob@example.com'])
    assert.match(entry?.created_by ?? '', /alice/)
    await photograph(page, 'certificate-made')
    // What is made is not told again.
    await page.getByRole('link', { name: 'bob' }).click()
    await page.locator('.certificate-grid').waitFor()
    assert.ok(!(await page.content()).includes(password))
  })

  it('is generated for old programs with a password that is chosen', async () => {
    await openConsole(gateway, page, 'certificates/new')
    await page.getByLabel(/^Name/).fill('old')
    await page.getByLabel('Key').selectOption('rsa')
    await page.getByLabel('For old programs').check()
    await page.getByLabel('Password of the files').selectOption('chosen')
    await page.getByRole('button', { name: 'Generate and download' }).click()
    await page.getByText('A password is missing.').waitFor()
    await page.locator('#password:focus').waitFor()
    await page.keyboard.type('correct horse')
    const { content } = await downloaded(page, () => page.keyboard.press('Enter'))
    assert.match(await schemesOf(clientIn(content, '').pfx, 'correct horse'), /pbeWithSHA1And3-KeyTripleDES-CBC/)
  })

  it('loses no field where several are filled in at one go, as by a password manager', async () => {
    await openConsole(gateway, page, 'certificates/new')
    await page.getByLabel('Password of the files').selectOption('chosen')
    await page.locator('#password').waitFor()
    await page.evaluate(`
      for (const [id, type, change] of [
        ['name', 'input', { value: 'filled' }],
        ['clearance', 'change', { value: 'Operator' }],
        ['password', 'input', { value: 'of a manager' }],
        ['legacy', 'change', { checked: true }],
      ])
        Object.assign(document.getElementById(id), change).dispatchEvent(new Event(type, { bubbles: true }))
    `)
    const { content } = await downloaded(page, () => page.getByRole('button', { name: 'Generate and download' }).click())
    assert.match(await schemesOf(clientIn(content, '').pfx, 'of a manager'), /pbeWithSHA1And3-KeyTripleDES-CBC/)
    assert.equal((await registered('filled'))[0]?.clearance, 'Operator')
  })

  it('is refused at the field that is wrong, and what was typed stays', async () => {
    await openConsole(gateway, page, 'certificates/new')
    const generate = page.getByRole('button', { name: 'Generate and download' })
    await generate.click()
    await page.locator('#name:focus').waitFor()
    await page.getByText('A name is missing.').waitFor()
    await page.getByLabel(/^Name/).fill('eve')
    await page.getByLabel('Alternative names').fill('dns:not a name')
    await generate.click()
    await page.locator('#names-error', { hasText: '"not a name" is not a host name' }).waitFor()
    assert.match((await page.locator('#names-error').textContent()) ?? '', /write dns:NAME, ip:ADDRESS/)
    assert.equal(await page.getByLabel(/^Name/).inputValue(), 'eve')
    await page.getByLabel('Alternative names').fill('')
    await page.getByLabel('Lifetime').selectOption('date')
    await page.getByLabel('Last day').fill('2001-01-01')
    await generate.click()
    await page.locator('#date[aria-invalid=true]').waitFor()
    await page.getByLabel('Lifetime').selectOption('default')
    await page.getByRole('button', { name: 'Add a database' }).click()
    await page.getByLabel('Database 1', { exact: true }).fill('a/b')
    await generate.click()
    await page.getByText(/Database name "a\/b" holds/).waitFor()
    assert.deepEqual(await registered('eve'), [])
    browser.faults.splice(0)
  })

  it('is signed for a request that is pasted or chosen', async () => {
    await openConsole(gateway, page, 'certificates/new?way=sign')
    await page.getByRole('button', { name: 'Sign and download' }).click()
    await page.getByText('Paste a request or choose its file.').waitFor()
    await page
      .getByLabel('Signing request', { exact: true })
      .fill('-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----')
    await page.getByRole('button', { name: 'Sign and download' }).click()
    await page.locator('#request[aria-invalid=true]').waitFor()
    browser.faults.splice(0)
    const key = join(gateway.folder, 'own.key')
    const csr = join(gateway.folder, 'own.csr')
    const made = await run('openssl', ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=signed', '-keyout', key, '-out', csr])
    assert.equal(made.code, 0, made.stderr)
    await page.getByLabel('Signing request: file').setInputFiles(csr)
    await page.getByLabel('Clearance').selectOption('Operator')
    const { name, content } = await downloaded(page, () => page.getByRole('button', { name: 'Sign and download' }).click())
    assert.equal(name, 'signed.crt')
    assert.equal(await statusFor(gateway, { cert: content, key: readFileSync(key) }), 200)
    assert.equal((await registered('signed'))[0]?.clearance, 'Operator')
    await page.getByText('The request is signed').waitFor()
  })

  it('of somebody else is trusted: as PEM with several leaves, and as PFX with its password', async () => {
    const foreign = await createAuthority('CN=Elsewhere')
    const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((cn) => foreign.issue({ subject: `CN=${cn}` })))
    await openConsole(gateway, page, 'certificates/new?way=trust')
    await page.getByLabel('Certificate', { exact: true }).fill(`${one?.certificate}\n${two?.certificate}`)
    await page.getByLabel(/^Name/).fill('partner')
    await page.getByRole('button', { name: 'Trust', exact: true }).click()
    await page.getByText('2 certificates are trusted from now on').waitFor()
    const table = page.getByRole('table', { name: 'Trusted certificates' })
    for (const subject of ['CN=one', 'CN=two']) await table.getByRole('row', { name: new RegExp(subject) }).waitFor()
    assert.deepEqual(
      (await registered('partner')).map(({ origin }) => origin),
      ['trusted', 'trusted'],
    )

    await page.getByRole('button', { name: 'Trust another' }).click()
    const pair = ['-in', file('three.crt', three?.certificate ?? ''), '-inkey', file('three.key', three?.key ?? '')]
    const pfx = join(gateway.folder, 'three.pfx')
    assert.equal((await run('openssl', ['pkcs12', '-export', ...pair, '-out', pfx, '-passout', 'pass:secret'])).code, 0)
    await page.getByLabel('Certificate: file').setInputFiles(pfx)
    await page.getByText('three.pfx').waitFor()
    await page.getByLabel(/^Name/).fill('third')
    await page.getByLabel('Password of the PFX').fill('wrong')
    await page.getByRole('button', { name: 'Trust', exact: true }).click()
    await page.locator('#file-password[aria-invalid=true]').waitFor()
    browser.faults.splice(0)
    await page.getByLabel('Password of the PFX').fill('secret')
    await page.getByRole('button', { name: 'Trust', exact: true }).click()
    await page.getByText('1 certificate is trusted from now on').waitFor()
    assert.equal((await registered('third')).length, 1)
  })

  it('has no clearance above that of an operator, who is told why, and the server has the last word', async () => {
    const { page: theirs, faults } = await openBrowser(lifetime, { client: operator, ca: gateway.ca })
    await openConsole(gateway, theirs, 'certificates/new')
    const option = theirs.locator('#clearance option', { hasText: 'ClusterAdmin' })
    assert.equal(await option.isDisabled(), true)
    assert.match((await option.textContent()) ?? '', /not yours to give: yours is Operator/)
    assert.equal(await theirs.locator('#clearance option', { hasText: /^Operator/ }).isDisabled(), false)
    await theirs.getByLabel(/^Name/).fill('alice')
    await theirs.getByRole('button', { name: 'Generate and download' }).click()
    // In use with another key.
    await theirs.locator('#name-error', { hasText: /in use with another key/ }).waitFor()
    faults.splice(0)
    for (const theme of THEMES) {
      await inTheme(theirs, theme)
      assert.deepEqual(await seriousFindings(theirs), [], theme)
    }
    await theirs.getByLabel(/^Name/).fill('by-olga')
    await downloaded(theirs, () => theirs.getByRole('button', { name: 'Generate and download' }).click())
    assert.match((await registered('by-olga'))[0]?.created_by ?? '', /olga/)
    assert.deepEqual(faults, [])
  })

  it('makes no fault', () => assert.deepEqual(browser.faults, []))
})
