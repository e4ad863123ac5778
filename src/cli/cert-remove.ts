import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { certificatePath, resolveReference } from './certificate-reference.ts'
import { reportChanged } from './changed-text.ts'
import { type Command, parseArguments } from './command.ts'

export const certRemoveCommand: Command = {
  name: 'cert remove',
  summary: 'forget a client certificate: it is registered no more',
  usage: `usage: certgate cert remove NAME-or-THUMBPRINT

Its rights are gone and its live connections are closed. One of this authority is revoked by that.
One of another authority is unknown then: with trust: ca or either it is still let in by its
chain, so revoke it where it must not come back.

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
