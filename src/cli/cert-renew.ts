import { safeFileName } from '../certificates/safe-file-name.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { FILE_RENEWAL_FLAGS, isFileRenewal, renewFiles } from './cert-renew-watch.ts'
import { resolveReference } from './certificate-reference.ts'
import { type Command, parseArguments } from './command.ts'
import { ISSUE_FLAGS, ISSUE_USAGE, issue } from './issue.ts'
import { reportIssued } from './issued-text.ts'
import { readLife } from './lifetime-flags.ts'

const ENCRYPTED =
  'the new key is encrypted, whatever the old one was: for programs that ask for no password, such as Prometheus, renew with --no-password'

export const certRenewCommand: Command = {
  name: 'cert renew',
  summary: 'issue a successor of a certificate, or keep the files of one fresh',
  usage: `usage: certgate cert renew [--days N] [--csr FILE] [--out DIR] NAME-or-THUMBPRINT
       certgate cert renew --est URL --cert FILE --key FILE [--ca FILE] [--watch] [--run COMMAND]

With a name, for administrators: same names, same rights. The new certificate has a new key,
unless a request of the old key is signed with --csr. Whether the key file is encrypted is what
the flags say, whatever the old one was. The old certificate stays valid until its end: revoke it
by its thumbprint once nobody uses it any more, as the name means all of them. The files go into
a new folder NAME-DATE.

      --days N            how long it is valid, in days, or a time such as 12h; default: as long as the
                          old one was made for
      --out DIR           folder of the files, or an archive: FILE.zip
${ISSUE_USAGE}
${ADMINISTRATION_USAGE}

With --est, for whoever holds the certificate: it is renewed with itself once two thirds of
its life are over, and the new one put in its place. The key stays, unless --new-key. With
--watch it goes on until SIGTERM or SIGINT, and asks again, ever later, while the gateway is
away. Each file is replaced whole; a new key is put in place just before its certificate, and
--run comes after both. If --cert and --key name one file, it holds both. Exit code: 0 renewed
or still fresh, 1 failed.

${FILE_RENEWAL_FLAGS}

examples:
  certgate cert renew alice
  certgate cert renew 3F1D9C02AB --csr alice.csr --out alice.crt
  certgate cert renew --est https://gate.example:9444 --cert client.crt --key client.key --ca ca.crt
  certgate cert renew --est https://gate.example:9444 --cert client.crt --key client.key --watch \\
    --run 'systemctl reload app'
`,
  async run(args, terminal) {
    if (isFileRenewal(args)) return renewFiles(args, terminal)
    const spec = { ...ADMINISTRATION_FLAGS, ...ISSUE_FLAGS, days: { type: 'string' } } as const
    const { flags, positionals } = parseArguments('cert renew', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    const body = flags.days === undefined ? {} : { days: readLife(flags.days, '--days') }
    return administer(flags, terminal, async (administration) => {
      const { certificate } = await resolveReference(administration, positionals[0] ?? '')
      // Of a name it is the one that was shown, whatever is renewed meanwhile.
      const path = `/api/v1/certificates/${certificate.fingerprint}/renew`
      const folder = `${safeFileName(certificate.name)}-${new Date().toISOString().slice(0, 10)}`
      const issuance = { name: certificate.name, folder, path: { issue: path, sign: path }, body }
      const issued = await issue(administration, issuance, flags, terminal)
      // What reads the old key file may need this one open too, and nobody here knows how that one was.
      const warnings = issued.password?.generated ? [...issued.warnings, ENCRYPTED] : issued.warnings
      reportIssued({ ...issued, warnings }, 'renewed', flags.json, administration, terminal)
      return 0
    })
  },
}
