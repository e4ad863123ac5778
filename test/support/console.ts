import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { Page } from 'playwright-core'
import { readStoredZip } from '../../src/certificates/zip-read.ts'
import type { AdministeredGateway, Client } from './administered-gateway.ts'

/** To an address of the console, once the page of it is there. */
export async function openConsole({ adminPort }: AdministeredGateway, page: Page, path: string): Promise<void> {
  await page.goto(`https://localhost:${adminPort}/console/${path}`)
  await page.locator('main h1').waitFor()
}

/** What the browser saved after somebody did something. */
export async function downloaded(page: Page, act: () => Promise<unknown>): Promise<{ readonly name: string; readonly content: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: download.suggestedFilename(), content: readFileSync(await download.path()) }
}

/** The PFX in a zip that the gateway made, as a client would use it. */
export function clientIn(zip: Buffer, passphrase: string): Client {
  const entry = readStoredZip(zip).find(({ name }) => name.endsWith('.pfx'))
  if (entry === undefined) throw new Error('there is no PFX in the zip')
  return { pfx: Buffer.from(entry.content), passphrase }
}

/** The status that the gateway itself answers GET with. */
export function statusFor({ program, ca }: AdministeredGateway, client: Client, path = '/'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const sent = request({ host: '127.0.0.1', servername: 'localhost', port: program.port, path, ca, agent: false, ...client })
  sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
  sent.on('error', reject)
  sent.end()
  return promise
}
