import type { Administration } from './administration.ts'
import type { TrustedCertificates } from './api-types.ts'
import type { ClientCertificates } from './client-certificates.ts'
import type { Terminal } from './command.ts'
import { endText } from './end-text.ts'
import { reportStopped, rightsOf } from './issued-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** Has certificates trusted as clients, all of one file under one name, and prints them. */
export async function trust(
  administration: Administration,
  { pem }: ClientCertificates,
  grant: { readonly name: string; readonly clearance: string; readonly permissions: object },
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const answer = await administration.send<TrustedCertificates>('POST', '/api/v1/certificates/trust', { certificate: pem, ...grant })
  if (json) {
    terminal.out(`${JSON.stringify(answer, null, 2)}\n`)
    return
  }
  const { bold, yellow } = styles(terminal)
  for (const certificate of answer.certificates) {
    const { name, not_after, subject, thumbprint } = certificate
    terminal.out(`trusted ${bold(printable(name))} (${printable(rightsOf(certificate))}), until ${endText(not_after)}\n`)
    terminal.out(`  ${printable(subject)}, thumbprint ${thumbprint}\n`)
  }
  for (const warning of answer.warnings ?? []) terminal.out(`${yellow('note')}  ${printable(warning)}\n`)
  reportStopped(administration, terminal)
}
