import { UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { argumentPassword } from './argument-password.ts'
import { readClientCertificates } from './client-certificates.ts'
import { type Command, parseArguments } from './command.ts'
import { remindOfClearance } from './generate-client-cert.ts'
import { PASSWORD_FLAGS, PASSWORD_USAGE } from './password-flags.ts'
import { trust } from './trust.ts'

export const trustClientCertCommand: Command = {
  name: 'trustClientCert',
  summary: "accept a certificate with ClusterAdmin, by RavenDB's words",
  usage: `usage: certgate trustClientCert [--password-file FILE] NAME FILE [PASSWORD]

As in rvn: the certificate in FILE (PFX, PEM or DER) gets the clearance ClusterAdmin. 'certgate
cert trust' accepts one with less rights.

${PASSWORD_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate trustClientCert --password-file admin2.pass admin2 admin2.pfx
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...PASSWORD_FLAGS } as const
    const { flags, positionals } = parseArguments('trustClientCert', args, spec, { min: 2, max: 3, names: 'NAME FILE' })
    const [name = '', file = '', argument] = positionals
    if (name.trim() === '') throw new UsageError('the name is blank')
    const certificates = readClientCertificates(file, await argumentPassword(argument, flags, terminal), terminal)
    return administer(flags, terminal, async (administration) => {
      await trust(administration, certificates, { name, clearance: 'ClusterAdmin', permissions: {} }, flags.json, terminal)
      remindOfClearance(flags.json, terminal)
      return 0
    })
  },
}
