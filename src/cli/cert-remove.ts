import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { CertificateInfo } from './api-types.ts'
import { resolveReference } from './certificate-reference.ts'
import { reportChanged } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certRemoveCommand: Command = {
  name: 'cert remove',
  summary: 'forget a client certificate: it is registered no more',
  usage: `usage: certgate cert remove NAME-or-THUMBPRINT

Its rights are gone and its live connections are closed. One of this authority is revoked by that.
One of another authority is unknown then: with trust: ca or either it is still let in by its
chain, so revoke it where it must not come back. A NAME removes every certificate that was
renewed into its newest one, a THUMBPRINT that one alone. A disabled or revoked one stays until
it has expired.

${ADMINISTRATION_USAGE}

examples:
  certgate cert remove alice
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('cert remove', args, ADMINISTRATION_FLAGS, {
      min: 1,
      max: 1,
      names: 'NAME-or-THUMBPRINT',
    })
    return administer(flags, terminal, async (administration) => {
      const found = await resolveReference(administration, positionals[0] ?? '')
      await administration.send('DELETE', found.path())
      const { certificate, isName } = found
      reportChanged(
        'removed',
        { ...certificate, others: isName ? certificate.others.filter(isRemovable) : [] },
        flags.json,
        administration,
        terminal,
      )
      return 0
    })
  },
}

/** What is refused for good reason stays until it has expired. */
const isRemovable = ({ state }: CertificateInfo): boolean => state !== 'disabled' && state !== 'revoked'
