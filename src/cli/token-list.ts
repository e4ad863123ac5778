import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { TokenInfo } from './api-types.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { rightsOf } from './issued-text.ts'
import { programName } from './program-name.ts'
import { styles } from './style.ts'
import { type Column, table } from './table.ts'

interface TokenPage {
  readonly total: number
  readonly tokens: readonly TokenInfo[]
}

export const tokenListCommand: Command = {
  name: 'token list',
  summary: 'list enrolment tokens, and what was issued for them',
  usage: `usage: certgate token list

Newest first, the last thousand. The tokens themselves are not known any more; 30 days after a token expired it is forgotten.

${ADMINISTRATION_USAGE}

examples:
  certgate token list
`,
  async run(args, terminal) {
    const { flags } = parseArguments('token list', args, ADMINISTRATION_FLAGS)
    return administer(flags, terminal, async (administration) => {
      const page = await administration.get<TokenPage>('/api/v1/tokens?limit=1000')
      terminal.out(flags.json ? `${JSON.stringify(page, null, 2)}\n` : tokenTable(page, terminal, Date.now()))
      return 0
    })
  },
}

function tokenTable({ total, tokens }: TokenPage, terminal: Terminal, now: number): string {
  const { bold, green, dim } = styles(terminal)
  if (tokens.length === 0) return `there is no enrolment token\nnext: ${bold(`${programName(terminal)} token create NAME`)}\n`
  const stateOf = ({ used, expires_at }: TokenInfo) => (used !== null ? 'used' : Date.parse(expires_at) <= now ? 'expired' : 'open')
  const rights = { title: 'rights', text: rightsOf }
  const rest: Column<TokenInfo>[] = [
    { title: 'state', text: stateOf, style: (token) => (stateOf(token) === 'open' ? green : dim) },
    { title: 'until (UTC)', text: ({ expires_at }) => expires_at.slice(0, 16).replace('T', ' ') },
    { title: 'id', text: ({ id }) => id },
    { title: 'used by', text: ({ used }) => used?.fingerprint.slice(0, 12) ?? '', shrinksTo: 7 },
  ]
  const name = { title: 'name', text: ({ name: called }: TokenInfo) => called, shrinksTo: 10 }
  const listed = table(terminal.isTty ? [name, ...rest, { ...rights, wraps: true }] : [name, rights, ...rest], tokens, terminal)
  return total > tokens.length
    ? `${listed}${dim(`the newest ${tokens.length} of ${total}; 'token remove ID' takes open ones back`)}\n`
    : listed
}
