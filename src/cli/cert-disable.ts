import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { ALL_FLAGS, ALL_USAGE, changeAllNamed, OFFER_ALL } from './all-named.ts'
import type { CertificateInfo, WithdrawnCertificate } from './api-types.ts'
import { isOpen, resolveReference } from './certificate-reference.ts'
import { named, reportChanged, reportRemaining } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certDisableCommand: Command = {
  name: 'cert disable',
  summary: 'refuse a client certificate until it is enabled again',
  usage: `usage: certgate cert disable NAME-or-THUMBPRINT
       certgate cert disable --all [--yes] NAME

It is refused from now on, and so is every other certificate with its key; live connections are
closed within a second. A NAME disables every certificate that was renewed into its newest one,
a THUMBPRINT that one alone. Where unrelated certificates share a name, --all disables
them all.

${ALL_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert disable alice
  certgate cert disable --all scraper
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments(
      'cert disable',
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
        const concerns = (one: CertificateInfo) => isOpen(one) && !one.disabled
        return changeAllNamed({ name: reference, action: 'disable', done: 'disabled', concerns }, flags, administration, terminal)
      }
      const found = await resolveReference(administration, reference, OFFER_ALL)
      const isSo = found.certificate.disabled && found.certificate.revoked === null
      const changed = await administration.send<WithdrawnCertificate>('POST', found.path('disable'))
      if (isSo && !flags.json) terminal.out(`${named(changed, terminal)} is disabled already\n`)
      else reportChanged('disabled', changed, flags.json, administration, terminal)
      if (!flags.json) await reportRemaining(found, changed, administration, terminal)
      return 0
    })
  },
}
