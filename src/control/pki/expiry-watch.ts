import type { Expiring, ExpiryReport } from '../../admin/expiring.ts'
import type { Logger } from '../../observability/logger.ts'

const DAY = 86_400_000

/** Says in the log what ends soon: when it comes within the threshold, when it ends, and once a day in between. */
export class ExpiryWatch {
  readonly #log: Pick<Logger, 'warn' | 'error'>
  /** When each was last told of, and whether it had ended by then. */
  readonly #told = new Map<string, { readonly at: number; readonly expired: boolean }>()

  constructor(log: Pick<Logger, 'warn' | 'error'>) {
    this.#log = log
  }

  tell({ own, clients }: ExpiryReport, now: number): void {
    const current = new Set(own.map(keyOf))
    if (clients.total > 0) current.add(CLIENTS)
    // What was renewed is forgotten, and told of anew when it comes to that again.
    for (const key of this.#told.keys()) if (!current.has(key)) this.#told.delete(key)
    for (const one of own) {
      if (!this.#isNews(keyOf(one), one.expired, now)) continue
      const fields = { kind: one.kind, name: one.name, subject: one.subject, not_after: new Date(one.notAfter).toISOString() }
      if (one.expired) this.#log.error(fields, `${WORDS[one.kind]} has ended: ${one.subject}`)
      else this.#log.warn(fields, `${WORDS[one.kind]} ends in ${left(one.notAfter - now)}: ${one.subject}`)
    }
    if (clients.total === 0 || !this.#isNews(CLIENTS, false, now)) return
    const first = clients.first.map(({ name, notAfter }) => `${name} (${new Date(notAfter).toISOString().slice(0, 10)})`)
    const more = clients.total > first.length ? ` and ${clients.total - first.length} more` : ''
    const what = clients.total === 1 ? 'a client certificate ends' : `${clients.total} client certificates end`
    this.#log.warn({ expiring: clients.total }, `${what} soon: ${first.join(', ')}${more}`)
  }

  #isNews(key: string, expired: boolean, now: number): boolean {
    const told = this.#told.get(key)
    // A clock that was set back must not silence it.
    if (told !== undefined && told.expired === expired && now >= told.at && now - told.at < DAY) return false
    this.#told.set(key, { at: now, expired })
    return true
  }
}

const CLIENTS = 'clients'
const WORDS: Readonly<Record<Expiring['kind'], string>> = {
  server: 'the server certificate',
  ca: 'the CA certificate',
  crl: 'the revocation list',
}

/** A list keeps its name while it is renewed, a certificate gets another end. */
const keyOf = ({ kind, subject, notAfter }: Expiring): string => `${kind}\0${subject}\0${kind === 'crl' ? '' : notAfter}`

function left(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`
}
