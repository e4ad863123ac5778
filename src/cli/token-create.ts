import { UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, type Administration, administer } from './administration.ts'
import type { TokenInfo } from './api-types.ts'
import { type Command, parseArguments } from './command.ts'
import { reportStopped, rightsOf } from './issued-text.ts'
import { readDuration, readLife } from './lifetime-flags.ts'
import { printable } from './printable.ts'
import { RIGHTS_FLAGS, RIGHTS_USAGE, rightsBody } from './rights-flags.ts'
import { styles } from './style.ts'
import { pairs } from './table.ts'

export const tokenCreateCommand: Command = {
  name: 'token create',
  summary: 'make a one-time token that a machine enrols with (EST)',
  usage: `usage: certgate token create [--clearance C] [--database DB=ACCESS]... [--days N] [--valid-for DURATION] NAME

Whoever has the token gets one certificate called NAME with these rights, once. The token is
shown here and never again: only its hash is kept.

${RIGHTS_USAGE}
      --days N            how long the certificate will be valid, in days, or a time such as 12h; default: 365
      --valid-for DURATION   until when the token can be used, e.g. 30m, 1h, 7d; default: 1h
${ADMINISTRATION_USAGE}

examples:
  certgate token create node7 --valid-for 30m
  certgate token create node7 --json | jq -r .secret > node7.token
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...RIGHTS_FLAGS, days: { type: 'string' }, 'valid-for': { type: 'string' } } as const
    const { flags, positionals } = parseArguments('token create', args, spec, { min: 1, max: 1, names: 'NAME' })
    const [name = ''] = positionals
    if (name.trim() === '') throw new UsageError('the name is blank')
    const body = {
      name,
      ...rightsBody(flags),
      ...(flags.days !== undefined && { days: readLife(flags.days, '--days') }),
      valid_for_seconds: Math.round(readDuration(flags['valid-for'] ?? '1h', '--valid-for') / 1000),
    }
    return administer(flags, terminal, async (administration) => {
      const answer = await administration.send<{ secret: string; token: TokenInfo }>('POST', '/api/v1/tokens', body)
      const { secret, token } = answer
      const { bold, yellow } = styles(terminal)
      const rows = [
        ['token', `${bold(secret)}  ${yellow('shown only now')}`],
        ['for', `${printable(token.name)} (${printable(rightsOf(token))})`],
        ['until', token.expires_at.replace(/\.\d+Z$/, 'Z')],
        ['id', token.id],
      ] as const
      const others = flags.json ? 0 : await othersOpen(administration, token)
      terminal.out(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : pairs(rows, terminal))
      if (others > 0) {
        const said = others === 1 ? 'another token' : `${others} other tokens`
        terminal.err(`certgate: ${said} for this name can still be used: see 'certgate token list', and 'certgate token remove ID'\n`)
      }
      if (!flags.json) reportStopped(administration, terminal)
      return 0
    })
  },
}

/** Each of them makes one more certificate of this name. */
async function othersOpen(administration: Administration, { id, name }: TokenInfo): Promise<number> {
  const { tokens } = await administration.get<{ readonly tokens: readonly TokenInfo[] }>('/api/v1/tokens?limit=1000')
  const isOpen = ({ used, expires_at }: TokenInfo) => used === null && Date.parse(expires_at) > Date.now()
  return tokens.filter((token) => token.id !== id && token.name === name && isOpen(token)).length
}
