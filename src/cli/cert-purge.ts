import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { type Command, parseArguments } from './command.ts'

export const certPurgeCommand: Command = {
  name: 'cert purge',
  summary: 'forget client certificates that have expired',
  usage: `usage: certgate cert purge

Removes what has expired, and nothing else. The audit log keeps what happened to it.

${ADMINISTRATION_USAGE}

examples:
  certgate cert purge
`,
  async run(args, terminal) {
    const { flags } = parseArguments('cert purge', args, ADMINISTRATION_FLAGS)
    return administer(flags, terminal, async (administration) => {
      const answer = await administration.send<{ readonly removed: number }>('POST', '/api/v1/certificates/purge')
      const { removed } = answer
      const text = removed === 0 ? 'none has expired' : `removed ${removed} expired ${removed === 1 ? 'certificate' : 'certificates'}`
      terminal.out(flags.json ? `${JSON.stringify(answer)}\n` : `${text}\n`)
      return 0
    })
  },
}
