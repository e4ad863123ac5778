import { html, svg, type TemplateResult } from 'lit-html'
import type { CertificateDetails } from '../../api-types.ts'
import { plural, relative } from '../../format.ts'
import { copyable } from '../../parts/copy.ts'
import { facts, panel } from '../../parts/panel.ts'
import { moment } from '../../parts/time.ts'

const ORIGINS = { issued: 'issued here', trusted: 'trusted, issued elsewhere', renewed: 'issued here as a renewal' } as const

export function identityPanel(certificate: CertificateDetails): TemplateResult {
  const { subject, sans, issuer, chain, serial, fingerprint, thumbprint, pin, origin, created_by: by, created_at: at } = certificate
  return panel(
    'Certificate',
    facts([
      ['Subject', html`<bdi>${subject === '' ? 'empty' : subject}</bdi>`],
      [
        'Names',
        sans.length === 0
          ? html`<span class="muted">none beside the subject</span>`
          : html`<ul>${sans.map((san) => html`<li><bdi>${san}</bdi></li>`)}</ul>`,
      ],
      ['Issuer', html`<bdi>${issuer}</bdi>`],
      ['Chain', chainView(chain)],
      ['Serial', copyable(serial, 'serial number')],
      ['SHA-256', copyable(fingerprint, 'SHA-256 fingerprint')],
      ['SHA-1', copyable(thumbprint, 'SHA-1 thumbprint')],
      ['Key pin', copyable(pin, 'SHA-256 of the public key')],
      ['Origin', html`${ORIGINS[origin]}, by ${whoMade(by)} ${moment(at)}`],
    ]),
  )
}

/** `cli`, or a name with the fingerprint that it came with. */
function whoMade(by: string): TemplateResult {
  const [, name, fingerprint] = /^(.*) ([0-9a-f]{64})$/s.exec(by) ?? []
  if (name === undefined || fingerprint === undefined) return html`<bdi>${by}</bdi>`
  return html`<a href="/console/certificates/${fingerprint}"><bdi>${name}</bdi></a>`
}

function chainView(chain: CertificateDetails['chain']): TemplateResult {
  if (chain.length === 0) return html`<span class="muted">the gateway has none of the CAs above it</span>`
  return html`<ol class="chain">${chain.map(
    ({ subject, fingerprint, not_after: until }) =>
      html`<li><bdi>${subject}</bdi> <span class="muted">until ${until.slice(0, 10)}</span> ${copyable(fingerprint, 'fingerprint of the CA', `${fingerprint.slice(0, 16)}…`)}</li>`,
  )}</ol>`
}

export function rightsPanel({ clearance, permissions, roles, last_seen: lastSeen }: CertificateDetails): TemplateResult {
  const all = Object.entries(permissions)
  const databases =
    clearance !== 'ValidUser'
      ? html`Admin on all of them`
      : all.length === 0
        ? html`<span class="muted">none</span>`
        : html`<ul>${all.map(([database, access]) => html`<li><bdi>${database}</bdi> <span class="muted">${access}</span></li>`)}</ul>`
  return panel(
    'Rights',
    facts([
      ['Clearance', clearance],
      ['Databases', databases],
      [
        'Roles',
        roles.length === 0
          ? html`<span class="muted">none by the mapping</span>`
          : html`<ul class="chips">${roles.map((role) => html`<li><bdi>${role}</bdi></li>`)}</ul>`,
      ],
      ['Last seen', moment(lastSeen)],
    ]),
  )
}

/** How much of its time is over. */
export function validityPanel({ not_before: from, not_after: until, state }: CertificateDetails, now = Date.now()): TemplateResult {
  const [start, end] = [Date.parse(from), Date.parse(until)]
  const share = Math.min(1, Math.max(0, (now - start) / Math.max(1, end - start)))
  const isOver = now > end
  const words = isOver
    ? `It ended ${relative(end, now)}`
    : now < start
      ? `It begins ${relative(start, now)}`
      : `${Math.floor(share * 100)} % of it is over; it ends ${relative(end, now)}`
  const colour = isOver || state === 'revoked' || state === 'disabled' ? 'bad' : state === 'expiring' ? 'warn' : 'good'
  const bar = svg`<rect class="life-all" width="100" height="8" rx="0"/><rect class="life-over" data-series=${colour} width=${share * 100} height="8"/>`
  return panel(
    'Validity',
    html`
      <svg class="life" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=${words}>${bar}</svg>
      <p class="life-ends"><span>${time(from)}</span><span>${time(until)}</span></p>
      <p>${words}.</p>
      <p class="muted">Made for ${plural(Math.max(1, Math.round((end - start) / 86_400_000)), 'day')}.</p>`,
  )
}

const time = (iso: string): TemplateResult => html`<time datetime=${iso}>${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
