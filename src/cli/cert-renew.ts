import { safeFileName } from '../certificates/safe-file-name.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { certificatePath, resolveReference } from './certificate-reference.ts'
import { type Command, parseArguments } from './command.ts'
import { ISSUE_FLAGS, ISSUE_USAGE, issue } from './issue.ts'
import { reportIssued } from './issued-text.ts'
import { readDays } from './lifetime-flags.ts'

export const certRenewCommand: Command = {
  name: 'cert renew',
  summary: 'issue a successor of a certificate: same names, same rights',
  usage: `usage: certgate cert renew [--days N] [--csr FILE] [--out DIR] NAME-or-THUMBPRINT

The new certificate has a new key, unless a request of the old key is signed with --csr. The
old one stays valid until its end: revoke it once nobody uses it any more. The files go into a
new folder NAME-DATE.

      --days N            how long it is valid; default: 365
      --out DIR           folder of the files, or an archive: FILE.zip
${ISSUE_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert renew alice
  certgate cert renew 3F1D9C02AB --csr alice.csr --out alice.crt
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...ISSUE_FLAGS, days: { type: 'string' } } as const
    const { flags, positionals } = parseArguments('cert renew', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    const body = flags.days === undefined ? {} : { days: readDays(flags.days, '--days') }
    return administer(flags, terminal, async (administration) => {
      const certificate = await resolveReference(administration, positionals[0] ?? '')
      const path = certificatePath(certificate, 'renew')
      const folder = `${safeFileName(certificate.name)}-${new Date().toISOString().slice(0, 10)}`
      const issuance = { name: certificate.name, folder, path: { issue: path, sign: path }, body }
      reportIssued(await issue(administration, issuance, flags, terminal), 'renewed', flags.json, administration, terminal)
      return 0
    })
  },
}
