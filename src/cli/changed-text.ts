import type { Administration } from './administration.ts'
import type { CertificateInfo } from './api-types.ts'
import type { Terminal } from './command.ts'
import { reportStopped } from './issued-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** One line: what happened to which certificate. */
export function reportChanged(
  verb: string,
  certificate: CertificateInfo,
  json: boolean,
  administration: Administration,
  terminal: Terminal,
): void {
  const name = styles(terminal).bold(printable(certificate.name))
  terminal.out(json ? `${JSON.stringify(certificate, null, 2)}\n` : `${verb} ${name} (thumbprint ${certificate.thumbprint})\n`)
  if (!json) reportStopped(administration, terminal)
}
