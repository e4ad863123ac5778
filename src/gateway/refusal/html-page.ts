import { createHash } from 'node:crypto'
import type { ClientRefusal, RefusalBody } from './refusal.ts'

const STYLE =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:36rem;margin:12vh auto;padding:0 1.25rem}' +
  'h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}p{margin:0 0 1rem}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;' +
  'margin:2rem 0 0;padding-top:1rem;border-top:1px solid #8884;font-size:.875rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace}'

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

function sentence(text: string): string {
  return escapeHtml(`${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`)
}

/** The page for a browser: what happened, what to do, and what to quote when asking. */
export function htmlPage({ code, status, title, detail, advice, requestId }: ClientRefusal): RefusalBody {
  const facts = [
    ['Status', String(status)],
    ['Code', code],
    ['Request id', requestId],
  ].filter(([, value]) => value !== '')
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value as string)}</dd>`).join('')
  const text = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${sentence(detail)}</p><p>${sentence(advice)}</p><dl>${list}</dl></main></body>
</html>
`
  const headerLines = `Content-Security-Policy: ${POLICY}\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n`
  return { contentType: 'text/html; charset=utf-8', text, headerLines }
}
