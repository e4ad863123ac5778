import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { ChangedCertificate } from './api-types.ts'
import { resolveReference } from './certificate-reference.ts'
import { named, reportChanged } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certEnableCommand: Command = {
  name: 'cert enable',
  summary: 'accept a disabled client certificate again',
  usage: `usage: certgate cert enable NAME-or-THUMBPRINT

What was disabled is accepted again from now on. A revoked certificate stays revoked. A NAME
enables every certificate that was renewed into its newest one, a THUMBPRINT that one alone.

${ADMINISTRATION_USAGE}

examples:
  certgate cert enable alice
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('cert enable', args, ADMINISTRATION_FLAGS, {
      min: 1,
      max: 1,
      names: 'NAME-or-THUMBPRINT',
    })
    return administer(flags, terminal, async (administration) => {
      const found = await resolveReference(administration, positionals[0] ?? '')
      const isSo = [found.certificate, ...(found.isName ? found.certificate.others : [])].every(
        ({ disabled, revoked }) => !disabled && revoked === null,
      )
      const changed = await administration.send<ChangedCertificate>('POST', found.path('enable'))
      if (isSo && !flags.json) terminal.out(`${named(changed, terminal)} is not disabled\n`)
      else reportChanged('enabled', changed, flags.json, administration, terminal)
      return 0
    })
  },
}
