import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { type Command, parseArguments } from './command.ts'
import { reportStopped } from './issued-text.ts'
import { printable } from './printable.ts'

export const tokenRemoveCommand: Command = {
  name: 'token remove',
  summary: 'take back an enrolment token that was not used yet',
  usage: `usage: certgate token remove ID

ID is as 'certgate token list' shows it. What was issued for a used token is revoked instead.

${ADMINISTRATION_USAGE}

examples:
  certgate token remove 5d3c8f0e-3f3a-4a55-9f0e-0f2b7c1d2e3f
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('token remove', args, ADMINISTRATION_FLAGS, { min: 1, max: 1, names: 'ID' })
    const [id = ''] = positionals
    return administer(flags, terminal, async (administration) => {
      await administration.send('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`)
      terminal.out(flags.json ? `${JSON.stringify({ removed: id })}\n` : `removed the token ${printable(id)}\n`)
      if (!flags.json) reportStopped(administration, terminal)
      return 0
    })
  },
}
