import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import type { Client } from './administered-gateway.ts'
import { temporaryFolder } from './authority.ts'
import { absent, locate, run } from './outside-program.ts'

/** For `skip:`: what a browser with a client certificate needs and is not here; false: all is. */
export const noBrowser = absent('chromium', 'certutil', 'pk12util', 'openssl')

const SCREENSHOTS = fileURLToPath(new URL('../browser/screenshots', import.meta.url))
export const DESKTOP = { width: 1440, height: 900 } as const
export const PHONE = { width: 360, height: 780 } as const

export interface Browser {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page was not to do: errors of scripts, of the console, of the Content-Security-Policy, and requests to anybody else. */
  readonly faults: string[]
}

export interface BrowserOptions {
  /** What it shows where it is asked for a certificate; null: it has none. */
  readonly client: Client | null
  /**
   * Origins that get it whatever it is. Chromium by itself offers no certificate that has expired or is of an issuer whom the server did not
   * name: this one goes by a proxy of Playwright's, which trusts every server.
   */
  readonly shownTo?: readonly string[]
  /** What it trusts. */
  readonly ca: Buffer
  readonly viewport?: { readonly width: number; readonly height: number }
}

/**
 * Chromium with a profile of its own, in which certificate and CA lie as a person would have put them there: in NSS, under the HOME it has.
 * It shows the certificate without asking, as a setting of that profile says.
 */
export async function openBrowser(
  t: { after(callback: () => Promise<unknown> | undefined): void },
  { client, ca, shownTo = [], viewport = DESKTOP }: BrowserOptions,
): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  const { path: home, remove } = temporaryFolder()
  await keepCertificates(home, shownTo.length === 0 ? client : null, ca)
  const profile = join(home, 'profile')
  mkdirSync(join(profile, 'Default'), { recursive: true })
  const anywhere = { '*,*': { setting: { filters: [{}] } } }
  const settings = { profile: { content_settings: { exceptions: { auto_select_certificate: anywhere } } } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(settings))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: locate('chromium') ?? 'chromium',
    headless: true,
    viewport,
    clientCertificates: shownTo.map((origin) => ({ origin, cert: Buffer.from(client?.cert ?? ''), key: Buffer.from(client?.key ?? '') })),
    ignoreHTTPSErrors: shownTo.length > 0,
    env: { ...process.env, HOME: home },
    args: ['--disable-background-networking', '--disable-component-update'],
  })
  t.after(async () => {
    await context.close()
    remove()
  })
  const page = context.pages()[0] ?? (await context.newPage())
  return { context, page, faults: watch(page) }
}

async function keepCertificates(home: string, client: Client | null, ca: Buffer): Promise<void> {
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(home, name), content, { mode: 0o600 })
    return join(home, name)
  }
  const folder = join(home, '.pki', 'nssdb')
  mkdirSync(folder, { recursive: true })
  const database = ['-d', `sql:${folder}`]
  const must = async (program: string, args: readonly string[]) => {
    const { code, stderr, text } = await run(program, args)
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}${text}`)
  }
  await must('certutil', ['-N', ...database, '--empty-password'])
  await must('certutil', ['-A', ...database, '-n', 'ca', '-t', 'C,,', '-i', file('ca.crt', ca)])
  if (client === null) return
  const bundle = join(home, 'client.pfx')
  const pair = ['-in', file('client.crt', client.cert ?? ''), '-inkey', file('client.key', client.key ?? '')]
  await must('openssl', ['pkcs12', '-export', ...pair, '-out', bundle, '-passout', 'pass:test'])
  await must('pk12util', ['-i', bundle, ...database, '-W', 'test'])
}

function watch(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol !== 'data:' && protocol !== 'blob:' && hostname !== 'localhost') faults.push(`request: ${request.url()}`)
  })
  return faults
}

export const THEMES = ['light', 'dark'] as const

/** As the system is set; what was chosen in the console goes before it. */
export async function inTheme(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
}

/** What axe-core finds serious or critical, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const { default: axe } = await import('axe-core')
  // Not as a script of the page, which its policy forbids.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`))
}

/** Pictures of a page in both themes, on a desk and on a phone, into an ignored folder. */
export async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  for (const [place, viewport] of [['desktop', DESKTOP] as const, ['phone', PHONE] as const]) {
    await page.setViewportSize(viewport)
    for (const theme of THEMES) {
      await inTheme(page, theme)
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${place}-${theme}.png`), fullPage: true })
    }
  }
  await page.setViewportSize(DESKTOP)
}
