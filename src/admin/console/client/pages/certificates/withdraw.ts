import { html, nothing, type TemplateResult } from 'lit-html'
import { ask } from '../../api.ts'
import type { ChangedCertificate, NamedCertificate } from '../../api-types.ts'
import { plural } from '../../format.ts'
import { confirm } from '../../parts/confirm.ts'
import { checkField, selectField } from '../../parts/field.ts'
import { notice } from '../../parts/states.ts'
import { toast } from '../../parts/toast.ts'
import type { Seen } from './seen.ts'
import { nameText, REASONS, typedFor } from './words.ts'

/** What is done is said of one certificate, as it was seen: else 412. */
function change(what: string, { certificate, etag }: Seen, body?: object) {
  return ask<ChangedCertificate>(`${what.replace('{ref}', certificate.fingerprint)}`, {
    ...(body === undefined ? {} : { body }),
    ifMatch: etag,
  })
}

/** For good. Resolves to whether it was done. */
export async function revoke(seen: Seen): Promise<boolean> {
  const { certificate } = seen
  const open = certificate.others.filter(({ state, revoked }) => revoked === null && state !== 'expired')
  let chosen: Choice = { reason: 'unspecified', withOthers: false }
  let told: ChangedCertificate | null = null
  const revokeOnce = revoker()
  const done = await confirm({
    title: 'Revoke a certificate',
    body: (redraw: () => void) =>
      revokeBody(seen, open.length, chosen, (change) => {
        chosen = { ...chosen, ...change }
        redraw()
      }),
    action: 'Revoke',
    isDangerous: true,
    typed: typedFor(certificate),
    async act() {
      const { reason, withOthers } = chosen
      const first = await revokeOnce(certificate.fingerprint, reason, seen.etag)
      const others: ChangedCertificate[] = []
      for (const { fingerprint } of withOthers ? open : []) others.push(await revokeOnce(fingerprint, reason))
      told = { ...first, others, also_refused: [first, ...others].flatMap(({ also_refused: also = [] }) => also) }
    },
  })
  if (done && told !== null) tellWithdrawn('Revoked', told)
  return done
}

interface Choice {
  readonly reason: string
  /** Also those that it renews or that renew it. */
  readonly withOthers: boolean
}

/**
 * One by one and by fingerprint: a name may be spelt like the fingerprint of somebody else's. Where one fails, a second try goes on there.
 */
function revoker(): (fingerprint: string, reason: string, ifMatch?: string) => Promise<ChangedCertificate> {
  const revoked = new Map<string, ChangedCertificate>()
  return async (fingerprint, reason, ifMatch) => {
    const known = revoked.get(fingerprint)
    if (known !== undefined) return known
    const asking = { body: { reason }, ...(ifMatch === undefined ? {} : { ifMatch }) }
    const { value } = await ask<ChangedCertificate>(`POST /api/v1/certificates/${fingerprint}/revoke`, asking)
    revoked.set(fingerprint, value)
    return value
  }
}

function revokeBody({ certificate }: Seen, others: number, chosen: Choice, choose: (change: Partial<Choice>) => void): TemplateResult {
  return html`
    <p>Whoever shows ${nameText(certificate.name)} is refused from now on, also in connections that are open. This cannot be taken back.</p>
    ${alsoRefused(certificate.same_key)}
    ${selectField({ name: 'reason', label: 'Reason', value: chosen.reason, choices: REASONS, changed: (reason) => choose({ reason }) })}
    ${
      others === 0
        ? nothing
        : checkField({
            name: 'with-others',
            label: `Also the ${plural(others, 'other one', 'others')} of this name`,
            hint: 'It was renewed: what it renews, or what renewed it, stays in force otherwise.',
            value: chosen.withOthers,
            changed: (withOthers) => choose({ withOthers }),
          })
    }`
}

export async function disable(seen: Seen): Promise<boolean> {
  const { certificate } = seen
  let told: ChangedCertificate | null = null
  const done = await confirm({
    title: 'Disable a certificate',
    body: html`<p>Whoever shows ${nameText(certificate.name)} is refused until it is enabled again, also in connections that are open.</p>
      ${alsoRefused(certificate.same_key)}`,
    action: 'Disable',
    isDangerous: true,
    async act() {
      told = (await change('POST /api/v1/certificates/{ref}/disable', seen)).value
    },
  })
  if (done && told !== null) tellWithdrawn('Disabled', told)
  return done
}

export async function enable(seen: Seen): Promise<boolean> {
  const { certificate } = seen
  const done = await confirm({
    title: 'Enable a certificate',
    body: html`<p>Whoever shows ${nameText(certificate.name)} is let in again, with the rights that it has.</p>`,
    action: 'Enable',
    async act() {
      await change('POST /api/v1/certificates/{ref}/enable', seen)
    },
  })
  if (done) toast('good', `Enabled ${certificate.name}`)
  return done
}

export async function remove(seen: Seen): Promise<boolean> {
  const { certificate } = seen
  const ours = certificate.origin === 'trusted' ? '' : ' Its serial is revoked, so that it lets nobody in by its CA either.'
  const done = await confirm({
    title: 'Remove a certificate',
    body: html`<p>${nameText(certificate.name)} leaves the registry, with what is known of it here; the audit log stays.${ours}</p>`,
    action: 'Remove',
    isDangerous: true,
    typed: typedFor(certificate),
    async act() {
      await ask<null>(`DELETE /api/v1/certificates/${certificate.fingerprint}`, { ifMatch: seen.etag })
    },
  })
  if (done) toast('good', `Removed ${certificate.name}`)
  return done
}

/** All that have expired. Resolves to whether it was done. */
export async function purge(): Promise<boolean> {
  let removed = 0
  const done = await confirm({
    title: 'Purge expired certificates',
    body: html`<p>Certificates that have expired leave the registry. A disabled or revoked one stays as long as another with its key has not expired.</p>`,
    action: 'Purge',
    isDangerous: true,
    async act() {
      removed = (await ask<{ removed: number }>('POST /api/v1/certificates/purge')).value.removed
    },
  })
  if (done) toast('good', `Removed ${plural(removed, 'expired certificate')}`)
  return done
}

function alsoRefused(same: readonly NamedCertificate[]): TemplateResult | typeof nothing {
  if (same.length === 0) return nothing
  const list = html`<ul class="bullets">${same.map(({ name, fingerprint }) => html`<li>${nameText(name)} <code>${fingerprint.slice(0, 16)}…</code></li>`)}</ul>`
  return notice('warn', 'Others have the same key, and are refused with it', list)
}

function tellWithdrawn(done: string, { name, others, also_refused: also = [] }: ChangedCertificate): void {
  const more = others.length === 0 ? '' : ` and ${plural(others.length, 'other')} of its name`
  const refused = also.length === 0 ? '' : `. Also refused, for the same key: ${also.map((one) => one.name).join(', ')}`
  toast('good', `${done} ${name}${more}${refused}`)
}
