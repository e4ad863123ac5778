import { html, nothing, type TemplateResult } from 'lit-html'
import type { RevocationAnswer, RevocationLines } from '../../api-types.ts'
import { sentence } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { moment } from '../../parts/time.ts'

const SOURCES: Readonly<Record<RevocationAnswer['source'], string>> = {
  file: 'configured lists',
  crl: 'list that it names',
  ocsp: 'OCSP',
}

/** What each source says of each certificate, and what a handshake does about it; `said` is not said again. */
export function revocationView({ on, checks }: RevocationLines, said: string): TemplateResult | typeof nothing {
  if (!on || checks.every(({ answers }) => answers.length === 0)) return nothing
  return html`<ul class="revocation">${checks.map(
    ({ subject, serial, answers }) =>
      html`<li><p class="muted">${subject}, serial ${serial}</p>${
        answers.length === 0
          ? html`<p>${badge('muted', 'not checked')} It names no responder.</p>`
          : answers.map((answer) => answerView(answer, said))
      }</li>`,
  )}</ul>`
}

function answerView(answer: RevocationAnswer, summary: string): TemplateResult {
  const { source, status, detail, said_at: said, ends_at: ends, stale, asked, urls } = answer
  const times = html`${said === null ? nothing : html`, said ${moment(said)}`}${ends === null ? nothing : html`, ${stale ? 'ended' : 'ends'} ${moment(ends)}`}`
  const where = urls.length === 0 ? nothing : html` <span class="muted">${urls.join(', ')}</span>`
  return html`<p>${statusBadge(answer)} ${sentence(SOURCES[source])}${times}${where}</p>
    ${detail === null || summary.includes(detail) ? nothing : html`<p>${sentence(detail)}</p>`}
    ${status === 'unknown' || asked === 'no' ? nothing : html`<p class="muted">${ASKED[asked]}</p>`}`
}

function statusBadge({ status, stale, on_unavailable: policy }: RevocationAnswer): TemplateResult {
  if (status === 'revoked') return badge('bad', 'revoked', 'slash')
  if (status === 'good') return stale ? badge('warn', 'good, past its end', 'clock') : badge('good', 'good')
  return policy === 'allow' ? badge('warn', 'unknown, let through') : badge('bad', 'unknown, refused', 'alert')
}

const ASKED = {
  meanwhile: 'It is asked for anew beside the next handshake.',
  first: 'It is asked for anew at the next handshake; without an answer this counts.',
} as const
