import { join } from 'node:path'
import { formatAddress } from '../../control/listening/sockets.ts'
import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import { INSTALLING, installingFor } from '../../gateway/refusal/installing.ts'
import { consoleUrl } from '../start-guide.ts'
import { linkTo } from './answer.ts'
import type { Made } from './make.ts'
import { noteHtml } from './page.ts'

export interface DonePage {
  readonly made: Made
  /** As a person calls it. */
  readonly folder: string
  /** null: it was shown, or a person chose it. */
  readonly password: string | null
  readonly userAgent: string
}

/** HTML of the last page: what there is now, and how to come in. */
export function doneHtml(done: DonePage): string {
  const { made, folder } = done
  if (made.gateway.kind === 'failed') return failedHtml(made.gateway.why, folder)
  const { port, curl } = made.gateway
  const [first] = made.askedNames.filter((name) => !name.startsWith('*.'))
  const urls = [...new Set([first ?? 'localhost', 'localhost'])].map((host) => `https://${formatAddress(host, port)}/`)
  return (
    `<p>The gateway runs, in the terminal where you started this. Its files are in <code>${escapeHtml(folder)}</code>.</p>` +
    `<h2>1. Trust the gateway</h2><p><a href="${linkTo('/ca.crt')}" download="ca.crt">ca.crt</a> is the root of its certificate: browsers warn until they trust it.</p>` +
    `<h2>2. Take the certificate</h2>${passwordHtml(done)}` +
    `<p><a class="button" href="${linkTo('/admin.pfx')}" download="admin.pfx">Download admin.pfx</a></p>` +
    '<p>It is given out once, and these setup pages end with it. This page stays open.</p>' +
    `<h2>3. Install it in the browser</h2>${installingHtml(done.userAgent)}` +
    `<h2>4. Come in</h2><ul>${urls.map((url) => `<li>${linkHtml(url)}: the service, behind its lock</li>`).join('')}` +
    `<li>${linkHtml(consoleUrl(made.admin))}: administration</li></ul>` +
    `<p>Or without a browser, in the folder where you started this:</p><pre tabindex="0">${escapeHtml(curl)}</pre>`
  )
}

function failedHtml(why: string, folder: string): string {
  return (
    `${noteHtml(`the gateway could not start: ${why}`)}<p>Everything was made in <code>${escapeHtml(folder)}</code> all the same. ` +
    'The terminal says what is in the way; when that is mended, start it with <code>certgate serve</code>.</p>'
  )
}

function passwordHtml({ made, folder, password }: DonePage): string {
  if (made.password === null) return '<p>Its password is the one that you chose.</p>'
  const file = `<code>${escapeHtml(join(folder, 'clients', 'admin.pass'))}</code>`
  if (password === null) return `<p>Its password is in ${file}.</p>`
  return `<p>Its password, which is also in ${file}:</p><p><code class="secret">${escapeHtml(password)}</code></p>`
}

function installingHtml(userAgent: string): string {
  const likely = installingFor(userAgent)
  const parts = INSTALLING.map((one) => {
    // Written for a page of the gateway; this one is over by then.
    const steps = one.steps.map((step) => `<li>${escapeHtml(step.replace('this page', 'the gateway'))}</li>`)
    return `<details${one === likely ? ' open' : ''}><summary>${escapeHtml(one.browser)}</summary><ol>${steps.join('')}</ol></details>`
  })
  return parts.join('')
}

const linkHtml = (url: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`
