import { REVOCATION_REASONS } from '../certificates/revocation-reason.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { ALL_FLAGS, ALL_USAGE, changeAllNamed, OFFER_ALL } from './all-named.ts'
import type { WithdrawnCertificate } from './api-types.ts'
import { isOpen, resolveReference } from './certificate-reference.ts'
import { reportChanged, reportRemaining } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'
import { oneOf } from './rights-flags.ts'

export const certRevokeCommand: Command = {
  name: 'cert revoke',
  summary: 'revoke a client certificate, and its key, for good',
  usage: `usage: certgate cert revoke [--reason REASON] NAME-or-THUMBPRINT
       certgate cert revoke --all [--yes] NAME

It is refused from now on, and so is every other certificate with its key; live connections are
closed within a second. There is no way back: 'cert disable' can be undone. A NAME revokes every
certificate that was renewed into its newest one, so nobody of that name gets in; a THUMBPRINT
revokes that one alone. Where unrelated certificates share a name, --all revokes them all.

      --reason REASON     ${REVOCATION_REASONS.slice(0, 4).join(', ')},
                          ${REVOCATION_REASONS.slice(4).join(', ')}; default: unspecified
${ALL_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert revoke alice
  certgate cert revoke 3F1D9C02AB --reason keyCompromise
  certgate cert revoke --all scraper
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...ALL_FLAGS, reason: { type: 'string' } } as const
    const { flags, positionals } = parseArguments('cert revoke', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    const body = flags.reason === undefined ? {} : { reason: oneOf(flags.reason, REVOCATION_REASONS, '--reason') }
    const [reference = ''] = positionals
    return administer(flags, terminal, async (administration) => {
      if (flags.all) {
        const order = { name: reference, action: 'revoke', done: 'revoked', concerns: isOpen, body } as const
        return changeAllNamed(order, flags, administration, terminal)
      }
      const found = await resolveReference(administration, reference, OFFER_ALL)
      const changed = await administration.send<WithdrawnCertificate>('POST', found.path('revoke'), body)
      reportChanged('revoked', changed, flags.json, administration, terminal)
      if (!flags.json) await reportRemaining(found, changed, administration, terminal)
      return 0
    })
  },
}
