import type { Administration } from './administration.ts'
import type { CertificateInfo, WithdrawnCertificate } from './api-types.ts'
import type { Reference } from './certificate-reference.ts'
import type { Terminal } from './command.ts'
import { reportStopped } from './issued-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** One line for each: what happened to which certificate. */
export function reportChanged(
  verb: string,
  { others, also_refused = [], ...certificate }: WithdrawnCertificate,
  json: boolean,
  administration: Administration,
  terminal: Terminal,
): void {
  if (json) {
    const also = also_refused.length > 0 && { also_refused }
    terminal.out(`${JSON.stringify({ ...certificate, others, ...also }, null, 2)}\n`)
    return
  }
  for (const one of [certificate, ...others]) terminal.out(`${verb} ${named(one, terminal)}\n`)
  const { yellow } = styles(terminal)
  for (const { name, fingerprint } of also_refused)
    terminal.out(`${yellow('refused too')}  ${printable(name)} (SHA-256 ${fingerprint}): it has the same key\n`)
  reportStopped(administration, terminal)
}

/** Where only one of several was named by its thumbprint: the others still let somebody in. */
export function reportRemaining({ certificate: { name, others }, isName }: Reference, terminal: Terminal): void {
  const left = isName ? [] : others.filter(({ state }) => state === 'valid' || state === 'expiring')
  for (const { thumbprint } of left)
    terminal.err(`certgate: '${printable(name)}' has another certificate that is in force (thumbprint ${thumbprint})\n`)
}

export function named({ name, thumbprint }: CertificateInfo, terminal: Terminal): string {
  return `${styles(terminal).bold(printable(name))} (thumbprint ${thumbprint})`
}
