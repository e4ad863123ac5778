import { basename, dirname, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, type Administration, administer } from './administration.ts'
import type { TokenInfo } from './api-types.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { reportStopped, rightsOf } from './issued-text.ts'
import { readDuration, readLife } from './lifetime-flags.ts'
import { writeNewFiles } from './new-files.ts'
import { printable } from './printable.ts'
import { RIGHTS_FLAGS, RIGHTS_USAGE, rightsBody } from './rights-flags.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'
import { pairs } from './table.ts'

export const tokenCreateCommand: Command = {
  name: 'token create',
  summary: 'make a one-time token that a machine enrols with (EST)',
  usage: `usage: certgate token create [--clearance C] [--database DB=ACCESS]... [--days N] [--valid-for DURATION] NAME

Whoever has the token gets one certificate called NAME with these rights, once. The token is
shown here and never again: only its hash is kept. Where the output is no terminal, it is the
token alone, and the rest is told beside.

${RIGHTS_USAGE}
      --days N            how long the certificate will be valid, in days, or a time such as 12h; default: 365
      --valid-for DURATION   until when the token can be used, e.g. 30m, 1h, 7d; default: 1h
      --out FILE          write the token to a new file that only its owner can read
${ADMINISTRATION_USAGE}

examples:
  certgate token create node7 --valid-for 30m
  certgate token create node7 --out node7.token
`,
  async run(args, terminal) {
    const spec = {
      ...ADMINISTRATION_FLAGS,
      ...RIGHTS_FLAGS,
      days: { type: 'string' },
      'valid-for': { type: 'string' },
      out: { type: 'string' },
    } as const
    const { flags, positionals } = parseArguments('token create', args, spec, { min: 1, max: 1, names: 'NAME' })
    const [name = ''] = positionals
    if (name.trim() === '') throw new UsageError('the name is blank')
    const body = {
      name,
      ...rightsBody(flags),
      ...(flags.days !== undefined && { days: readLife(flags.days, '--days') }),
      valid_for_seconds: Math.round(readDuration(flags['valid-for'] ?? '1h', '--valid-for') / 1000),
    }
    if (flags.out !== undefined && flags.json) throw new UsageError('--out and --json cannot both have the token')
    return administer(flags, terminal, async (administration) => {
      const answer = await administration.send<MadeToken>('POST', '/api/v1/tokens', body)
      if (flags.json) terminal.out(`${JSON.stringify(answer, null, 2)}\n`)
      else {
        await handOver(answer, flags.out, administration, terminal)
        await warnOfOthers(answer.token, administration, terminal)
        reportStopped(administration, terminal)
      }
      return 0
    })
  },
}

interface MadeToken {
  readonly secret: string
  readonly token: TokenInfo
}

/** To a file, to whoever reads the output, or to a person. */
async function handOver({ secret, token }: MadeToken, out: string | undefined, administration: Administration, terminal: Terminal) {
  const { bold, yellow } = styles(terminal)
  const facts = [
    ['for', `${printable(token.name)} (${printable(rightsOf(token))})`],
    ['until', token.expires_at.replace(/\.\d+Z$/, 'Z')],
    ['id', token.id],
  ] as const
  if (out !== undefined) {
    const path = resolve(terminal.cwd, out)
    try {
      writeNewFiles(dirname(path), [{ path: basename(path), content: `${secret}\n`, mode: 0o600 }], terminal.cwd, 'choose another --out')
    } catch (error) {
      // Nobody has it: it must not stay good.
      await administration.send('DELETE', `/api/v1/tokens/${token.id}`)
      throw error
    }
    terminal.out(pairs([['token', `in ${shortPath(path, terminal.cwd)}`], ...facts], terminal))
  } else if (terminal.isTty) {
    terminal.out(pairs([['token', `${bold(secret)}  ${yellow('shown only now')}`], ...facts], terminal))
  } else {
    terminal.out(`${secret}\n`)
    terminal.err(pairs(facts, terminal))
  }
}

/** Each of them makes one more certificate of this name. */
async function warnOfOthers({ id, name }: TokenInfo, administration: Administration, terminal: Terminal): Promise<void> {
  const { tokens } = await administration.get<{ readonly tokens: readonly TokenInfo[] }>('/api/v1/tokens?limit=1000')
  const isOpen = ({ used, expires_at }: TokenInfo) => used === null && Date.parse(expires_at) > Date.now()
  const others = tokens.filter((token) => token.id !== id && token.name === name && isOpen(token)).length
  if (others === 0) return
  const said = others === 1 ? 'another token' : `${others} other tokens`
  terminal.err(`certgate: ${said} for this name can still be used: see 'certgate token list', and 'certgate token remove ID'\n`)
}
