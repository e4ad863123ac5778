import { UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { CertificateInfo } from './api-types.ts'
import { argumentPassword } from './argument-password.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { bundleDestination, writeBundleFiles } from './issued-files.ts'
import { reportIssued } from './issued-text.ts'
import { PASSWORD_FLAGS, PASSWORD_USAGE } from './password-flags.ts'
import { programName } from './program-name.ts'

export const generateClientCertCommand: Command = {
  name: 'generateClientCert',
  summary: "issue a certificate with ClusterAdmin, by RavenDB's words",
  usage: `usage: certgate generateClientCert [--password-file FILE] NAME FOLDER [PASSWORD]

As in rvn: the certificate has the clearance ClusterAdmin. Writes NAME.pfx, NAME.crt, NAME.key
and README.txt into FOLDER, without a password where none is given. 'certgate cert generate'
issues one with less rights.

${PASSWORD_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate generateClientCert admin2 ./admin2
  certgate generateClientCert --password-file admin2.pass admin2 ./admin2
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...PASSWORD_FLAGS } as const
    const { flags, positionals } = parseArguments('generateClientCert', args, spec, { min: 2, max: 3, names: 'NAME FOLDER' })
    const [name = '', folder = '', argument] = positionals
    if (name.trim() === '') throw new UsageError('the name is blank')
    const password = await argumentPassword(argument, flags, terminal)
    const to = bundleDestination(name, folder, folder, terminal)
    return administer(flags, terminal, async (administration) => {
      const body = { name, clearance: 'ClusterAdmin', format: 'zip', ...(password !== null && { password }) }
      try {
        const { headers, bytes } = await administration.download('POST', '/api/v1/certificates', body)
        const fingerprint = headers.get('certgate-fingerprint') ?? ''
        const files = writeBundleFiles(bytes, to, { fingerprint, name }, terminal)
        const issued = { files, password: { password, generated: false }, dropped: [], warnings: [] }
        const certificate = await administration.get<CertificateInfo>(`/api/v1/certificates/${fingerprint}`)
        reportIssued({ ...issued, certificate }, 'issued', flags.json, administration, terminal)
      } catch (error) {
        to.reserved.release()
        throw error
      }
      remindOfClearance(flags.json, terminal)
      return 0
    })
  },
}

/** RavenDB's words give everything; that must not surprise anybody. */
export function remindOfClearance(json: boolean, terminal: Terminal): void {
  if (json) return
  terminal.err(`certgate: ClusterAdmin may do everything; for less: ${programName(terminal)} cert edit NAME --clearance ValidUser\n`)
}
