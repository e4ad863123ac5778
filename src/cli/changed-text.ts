import type { Administration } from './administration.ts'
import type { CertificateInfo, WithdrawnCertificate } from './api-types.ts'
import { inForce, type Reference } from './certificate-reference.ts'
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

/** Whatever else of this name is in force, however it came to be: it still lets somebody in. */
export async function reportRemaining(
  { certificate: { name } }: Reference,
  { fingerprint, others }: Pick<WithdrawnCertificate, 'fingerprint' | 'others'>,
  administration: Administration,
  terminal: Terminal,
): Promise<void> {
  const changed = new Set([fingerprint, ...others.map((other) => other.fingerprint)])
  for (const left of await inForce(administration, name)) {
    if (!changed.has(left.fingerprint))
      terminal.err(`certgate: '${printable(name)}' has another certificate that is in force (thumbprint ${left.thumbprint})\n`)
  }
}

export function named({ name, thumbprint }: CertificateInfo, terminal: Terminal): string {
  return `${styles(terminal).bold(printable(name))} (thumbprint ${thumbprint})`
}
