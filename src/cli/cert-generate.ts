import { safeFileName } from '../certificates/safe-file-name.ts'
import { UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { type Command, parseArguments } from './command.ts'
import { ISSUE_FLAGS, ISSUE_USAGE, issue } from './issue.ts'
import { reportIssued } from './issued-text.ts'
import { LIFETIME_FLAGS, LIFETIME_USAGE, lifetimeBody } from './lifetime-flags.ts'
import { RIGHTS_FLAGS, RIGHTS_USAGE, rightsBody } from './rights-flags.ts'

export const certGenerateCommand: Command = {
  name: 'cert generate',
  summary: 'issue a client certificate, or sign a request',
  usage: `usage: certgate cert generate [--clearance C] [--database DB=ACCESS]... [--san NAME]... [--days N] [--out DIR] NAME

Writes NAME.pfx, NAME.crt, NAME.key and README.txt with the lines to use them into a new
folder NAME, for nobody else to read. Nothing is overwritten. The key is kept nowhere else.

${RIGHTS_USAGE}
      --san NAME          dns:, ip:, uri: or email: name in it; may be repeated
${LIFETIME_USAGE}
      --out DIR           folder of the files, or an archive: FILE.zip
${ISSUE_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert generate alice
  certgate cert generate reports --database movies=Read --days 90 --out /etc/reports/tls --no-password
  certgate cert generate node7 --csr node7.csr --san dns:node7.example
`,
  async run(args, terminal) {
    const spec = {
      ...ADMINISTRATION_FLAGS,
      ...RIGHTS_FLAGS,
      ...LIFETIME_FLAGS,
      ...ISSUE_FLAGS,
      san: { type: 'string', multiple: true },
    } as const
    const { flags, positionals } = parseArguments('cert generate', args, spec, { min: 1, max: 1, names: 'NAME' })
    const [name = ''] = positionals
    if (name.trim() === '') throw new UsageError('the name is blank')
    const body = { name, ...rightsBody(flags), ...(flags.san.length > 0 && { names: flags.san }), ...lifetimeBody(flags) }
    const path = { issue: '/api/v1/certificates', sign: '/api/v1/certificates/sign' }
    return administer(flags, terminal, async (administration) => {
      const issued = await issue(administration, { name, folder: safeFileName(name), path, body }, flags, terminal)
      reportIssued(issued, flags.csr === undefined ? 'issued' : 'signed', flags.json, administration, terminal)
      return 0
    })
  },
}
