import type { Administration } from './administration.ts'
import type { WithdrawnCertificate } from './api-types.ts'
import type { Terminal } from './command.ts'
import { reportStopped } from './issued-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** One line: what happened to which certificate. */
export function reportChanged(
  verb: string,
  certificate: WithdrawnCertificate,
  json: boolean,
  administration: Administration,
  terminal: Terminal,
): void {
  if (json) {
    terminal.out(`${JSON.stringify(certificate, null, 2)}\n`)
    return
  }
  const { bold, yellow } = styles(terminal)
  terminal.out(`${verb} ${bold(printable(certificate.name))} (thumbprint ${certificate.thumbprint})\n`)
  for (const { name, fingerprint } of certificate.also_refused ?? [])
    terminal.out(`${yellow('refused too')}  ${printable(name)} (SHA-256 ${fingerprint}): it has the same key\n`)
  reportStopped(administration, terminal)
}
