import type { Administration } from './administration.ts'
import type { CertificateInfo, WithdrawnCertificate } from './api-types.ts'
import { allOfName } from './certificate-reference.ts'
import { named, reportChanged } from './changed-text.ts'
import type { Terminal } from './command.ts'
import { confirm } from './confirm.ts'
import { endText } from './end-text.ts'
import { printable } from './printable.ts'

export const ALL_FLAGS = { all: { type: 'boolean' }, yes: { type: 'boolean' } } as const

export const ALL_USAGE = `      --all               every certificate called NAME, related to each other or not
      --yes               do not ask before that`

/** What may be done instead of choosing one. */
export const OFFER_ALL = 'take them all with --all, or '

/** As many as are worth reading before an answer. */
const SHOWN = 20

export interface AllNamedOrder {
  readonly name: string
  readonly action: 'revoke' | 'disable' | 'enable'
  /** As it is told, e.g. `revoked`. */
  readonly done: string
  /** Which of them it can be done to. */
  readonly concerns: (certificate: CertificateInfo) => boolean
  readonly body?: object
}

/** Does something to all certificates of a name, once whoever is there has seen how many those are. Resolves to the exit code. */
export async function changeAllNamed(
  { name, action, done, concerns, body }: AllNamedOrder,
  flags: { readonly yes: boolean; readonly json: boolean },
  administration: Administration,
  terminal: Terminal,
): Promise<number> {
  const certificates = await allOfName(administration, name)
  const meant = certificates.filter(concerns)
  if (meant.length > 0 && !flags.yes) {
    for (const one of meant.slice(0, SHOWN)) terminal.err(`  ${named(one, terminal)}, ${one.state}, until ${endText(one.not_after)}\n`)
    if (meant.length > SHOWN) terminal.err(`  and ${meant.length - SHOWN} more\n`)
    if (!(await confirm(`${action} ${counted(meant.length)} called '${printable(name)}'?`, terminal))) {
      terminal.err('certgate: nothing was changed\n')
      return 1
    }
  }
  const path = `/api/v1/certificates/${encodeURIComponent(name)}/${action}?all=true`
  const changed = await administration.send<WithdrawnCertificate>('POST', path, body)
  if (meant.length === 0 && !flags.json) terminal.out(`there is nothing to ${action} called '${printable(name)}'\n`)
  else reportChanged(done, changed, flags.json, administration, terminal)
  return 0
}

const counted = (count: number): string => (count === 1 ? '1 certificate' : `${count} certificates`)
