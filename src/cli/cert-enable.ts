import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { ALL_FLAGS, ALL_USAGE, changeAllNamed, OFFER_ALL } from './all-named.ts'
import type { CertificateInfo, ChangedCertificate } from './api-types.ts'
import { isOpen, resolveReference } from './certificate-reference.ts'
import { named, reportChanged } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certEnableCommand: Command = {
  name: 'cert enable',
  summary: 'accept a disabled client certificate again',
  usage: `usage: certgate cert enable NAME-or-THUMBPRINT
       certgate cert enable --all [--yes] NAME

What was disabled is accepted again from now on. A revoked certificate stays revoked. A NAME
enables every certificate that was renewed into its newest one, a THUMBPRINT that one alone.
Where unrelated certificates share a name, --all enables them all.

${ALL_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert enable alice
  certgate cert enable --all scraper
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments(
      'cert enable',
      args,
      { ...ADMINISTRATION_FLAGS, ...ALL_FLAGS },
      {
        min: 1,
        max: 1,
        names: 'NAME-or-THUMBPRINT',
      },
    )
    const [reference = ''] = positionals
    return administer(flags, terminal, async (administration) => {
      if (flags.all) {
        const concerns = (one: CertificateInfo) => isOpen(one) && one.disabled
        return changeAllNamed({ name: reference, action: 'enable', done: 'enabled', concerns }, flags, administration, terminal)
      }
      const found = await resolveReference(administration, reference, OFFER_ALL)
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
