import { basename, dirname, resolve } from 'node:path'
import { CertgateError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, type Administration, administer } from './administration.ts'
import type { AuthorityInfo } from './api-types.ts'
import { type Command, parseArguments } from './command.ts'
import { writeNewFiles } from './new-files.ts'
import { shortPath } from './short-path.ts'

export const caCrlCommand: Command = {
  name: 'ca crl',
  summary: 'print the revocation lists of the authority (PEM)',
  usage: `usage: certgate ca crl [--issuer KEYID] [--out FILE]

One list per issuer that is answered for, then those of the roots above them, for others who
check certificates of this authority: ssl_crl of nginx, openssl verify -crl_check_all -CRLfile.
The gateway itself needs none: it knows what it revoked.

      --issuer KEYID      only the list of this issuer, as 'certgate ca show --json' names it
      --out FILE          write it there; nothing is overwritten
${ADMINISTRATION_USAGE}

examples:
  certgate ca crl | openssl crl -noout -text
  certgate ca crl --out clients.crl
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, issuer: { type: 'string' }, out: { type: 'string' } } as const
    const { flags } = parseArguments('ca crl', args, spec)
    return administer(flags, terminal, async (administration) => {
      const issuers = flags.issuer === undefined ? await issuersWithLists(administration) : [flags.issuer]
      const lists: string[] = []
      for (const issuer of issuers) {
        const { bytes } = await administration.download('GET', `/api/v1/ca/crl?${new URLSearchParams({ issuer })}`)
        lists.push(bytes.toString())
      }
      const pem = lists.map((list) => (list.endsWith('\n') ? list : `${list}\n`)).join('')
      if (flags.out === undefined) {
        terminal.out(flags.json ? `${JSON.stringify({ crls: lists })}\n` : pem)
        return 0
      }
      const file = resolve(terminal.cwd, flags.out)
      writeNewFiles(dirname(file), [{ path: basename(file), content: pem, mode: 0o644 }], terminal.cwd, 'name another --out')
      const shown = shortPath(file, terminal.cwd)
      terminal.out(flags.json ? `${JSON.stringify({ file, lists: lists.length })}\n` : `wrote ${shown}\n`)
      return 0
    })
  },
}

async function issuersWithLists(administration: Administration): Promise<readonly string[]> {
  const { issuers, root_lists: roots = [], problem } = await administration.get<AuthorityInfo>('/api/v1/ca')
  const found = issuers.filter(({ crl }) => crl !== null).map(({ key_id }) => key_id)
  // The list of who signs stays the first: what reads one alone finds it.
  if (found.length > 0) return [...found, ...roots.map(({ key_id }) => key_id)]
  const why = problem === '' ? 'the authority has signed no revocation list yet' : `there is no revocation list: ${problem}`
  throw new CertgateError('entry_unknown', why)
}
