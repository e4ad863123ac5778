import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import { readClientCertificates } from './client-certificates.ts'
import { type Command, parseArguments } from './command.ts'
import { givenPassword, PASSWORD_FLAGS, PASSWORD_USAGE } from './password-flags.ts'
import { RIGHTS_FLAGS, RIGHTS_USAGE, rightsBody } from './rights-flags.ts'
import { trust } from './trust.ts'

export const certTrustCommand: Command = {
  name: 'cert trust',
  summary: 'accept a client certificate that somebody else issued',
  usage: `usage: certgate cert trust [--name NAME] [--clearance C] [--database DB=ACCESS]... FILE

FILE is a certificate in PEM or DER, or a PFX; several certificates in it are registered under
one name. Only the certificates are sent: a private key beside them stays where it is.

      --name NAME         what to call it; default: its common name
${RIGHTS_USAGE}
${PASSWORD_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate cert trust partner.crt --database movies=Read
  certgate cert trust old.pfx --name reports --password-file old.pass
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, ...RIGHTS_FLAGS, ...PASSWORD_FLAGS, name: { type: 'string' } } as const
    const { flags, positionals } = parseArguments('cert trust', args, spec, { min: 1, max: 1, names: 'FILE' })
    const rights = rightsBody(flags)
    const certificates = readClientCertificates(positionals[0] ?? '', await givenPassword(flags, terminal), terminal)
    return administer(flags, terminal, async (administration) => {
      await trust(administration, certificates, { name: flags.name ?? certificates.name, ...rights }, flags.json, terminal)
      return 0
    })
  },
}
