import { createHash } from 'node:crypto'
import { INSTALLING, installingFor } from './installing.ts'
import type { ClientRefusal, RefusalBody } from './refusal.ts'

const STYLE =
  ':root{color-scheme:light dark;font:16px/1.55 system-ui,sans-serif;--line:light-dark(#d6dae1,#363c47);--soft:light-dark(#545d6b,#a6afbd);' +
  '--link:light-dark(#0b57c2,#8ab4ff);background:light-dark(#f5f6f8,#14171c);color:light-dark(#171b22,#e6e9ee)}' +
  'body{max-width:38rem;margin:10vh auto;padding:0 1.25rem}main{background:light-dark(#fff,#1b1f26);border:1px solid var(--line);' +
  'border-radius:.75rem;padding:2rem}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}h2{font-size:1rem;margin:1.75rem 0 .5rem}' +
  'p{margin:0 0 .75rem}code{font:inherit;white-space:nowrap}a{color:var(--link)}details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer}' +
  'ol{margin:.5rem 0;padding-left:1.5rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.75rem 0 0;' +
  'padding-top:1rem;border-top:1px solid var(--line);font-size:.875rem}dt{color:var(--soft)}' +
  'dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace}@media(max-width:30rem){body{margin:1rem auto}main{padding:1.25rem}}'

/** Nothing is loaded, sent or framed; the one style sheet is named by its hash. */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

/** Text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"']/g, (character) => ENTITIES.get(character) as string)
}

/** With moments as people write them. */
function sentence(told: string): string {
  const text = told.replace(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z/g, '$1 $2 UTC')
  return escapeHtml(`${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`)
}

/** A browser would break a flag behind its dashes. */
const flagsWhole = (html: string): string => html.replace(/(?<= )--[a-z]+/g, '<code>$&</code>')

/** Whom to ask, as the configuration says: an address of mail or the web is a link, anything else is text. */
function contactHtml(contact: string | null): string {
  if (contact === null) return ''
  const href = /^https:\/\/\S+$/.test(contact) ? contact : /^[^\s@<>"]+@[^\s@<>"]+$/.test(contact) ? `mailto:${contact}` : null
  const shown = href === null ? escapeHtml(contact) : `<a href="${escapeHtml(href)}">${escapeHtml(contact)}</a>`
  return `<p>Who to ask: ${shown}</p>`
}

function installingHtml({ wantsCertificate, userAgent }: ClientRefusal): string {
  if (!wantsCertificate) return ''
  const likely = installingFor(userAgent)
  const parts = INSTALLING.map(
    (installing) =>
      `<details${installing === likely ? ' open' : ''}><summary>${escapeHtml(installing.browser)}</summary>` +
      `<ol>${installing.steps.map((step) => `<li>${escapeHtml(step)}</li>`).join('')}</ol></details>`,
  )
  return (
    '<h2>How to install a certificate</h2><p>You get it as a file whose name ends in .pfx or .p12, and a password for it. ' +
    `If you chose the wrong one or none, close all windows of the browser: it asks again.</p>${parts.join('')}`
  )
}

/** The page for a browser: what happened, what to do, whom to ask, and what to quote when asking. */
export function htmlPage(refusal: ClientRefusal): RefusalBody {
  const { code, status, title, detail, advice, requestId } = refusal
  const facts = [
    ['Status', String(status)],
    ['Code', code],
    ['Request id', requestId],
  ].filter(([, value]) => value !== '')
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value as string)}</dd>`).join('')
  const text = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${sentence(detail)}</p><p>${flagsWhole(sentence(advice))}</p>${contactHtml(refusal.contact)}${installingHtml(refusal)}<dl>${list}</dl></main></body>
</html>
`
  const headerLines = `Content-Security-Policy: ${POLICY}\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n`
  return { contentType: 'text/html; charset=utf-8', text, headerLines }
}
