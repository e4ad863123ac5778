import { REVOCATION_REASONS } from '../certificates/revocation-reason.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { WithdrawnCertificate } from './api-types.ts'
import { resolveReference } from './certificate-reference.ts'
import { reportChanged, reportRemaining } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'
import { oneOf } from './rights-flags.ts'

export const certRevokeCommand: Command = {
  name: 'cert revoke',
  summary: 'revoke a client certificate, and its key, for good',
  usage: `usage: certgate cert revoke [--reason REASON] NAME-or-THUMBPRINT

It is refused from now on, and so is every other certificate with its key; live connections are
closed within a second. There is no way back: 'cert disable' can be undone. A NAME revokes every
certificate that was renewed into its newest one, so nobody of that name gets in; a THUMBPRINT
revokes that one alone.

      --reason REASON     ${REVOCATION_REASONS.slice(0, 4).join(', ')},
                          ${REVOCATION_REASONS.slice(4).join(', ')}; default: unspecified
${ADMINISTRATION_USAGE}

examples:
  certgate cert revoke alice
  certgate cert revoke 3F1D9C02AB --reason keyCompromise
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, reason: { type: 'string' } } as const
    const { flags, positionals } = parseArguments('cert revoke', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    const body = flags.reason === undefined ? {} : { reason: oneOf(flags.reason, REVOCATION_REASONS, '--reason') }
    return administer(flags, terminal, async (administration) => {
      const found = await resolveReference(administration, positionals[0] ?? '')
      const changed = await administration.send<WithdrawnCertificate>('POST', found.path('revoke'), body)
      reportChanged('revoked', changed, flags.json, administration, terminal)
      if (!flags.json) await reportRemaining(found, changed, administration, terminal)
      return 0
    })
  },
}
