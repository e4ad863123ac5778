import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { certificatePath, resolveReference } from './certificate-reference.ts'
import { reportChanged } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certRemoveCommand: Command = {
  name: 'cert remove',
  summary: 'forget a client certificate: it is registered no more',
  usage: `usage: certgate cert remove NAME-or-THUMBPRINT

Its rights are gone and its live connections are closed. It is unknown then, not revoked: with
trust: ca or either, a certificate under a configured authority is still let in by its chain.
Revoke instead where it must not come back.

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
      await administration.send('DELETE', certificatePath(found))
      reportChanged('removed', found, flags.json, administration, terminal)
      return 0
    })
  },
}
