import { StatusBook, statusKey } from '../../tls/status-book.ts'
import type { KnownStatus, StatusQuestion } from '../../tls/status-types.ts'
import type { SourceAnswer, TrustDomain } from '../../tls/trust-domain.ts'

/** What is known of a certificate's status by a source that is asked over the network, without asking it. */
export type LookUp = (question: StatusQuestion) => KnownStatus

/** What one source says of a certificate. Times in ISO 8601. */
export interface RevocationAnswer {
  /** `file`: the configured lists; `crl`: those at its distribution points. */
  readonly source: SourceAnswer['source']
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Why not `good`. */
  readonly detail: string | null
  /** When its source said so, and until when; null: not told, or it never did. */
  readonly said_at: string | null
  readonly ends_at: string | null
  /** Its time is over, and `revocation.stale_grace` lets it count. */
  readonly stale: boolean
  /** Whether a handshake has it asked for: not (yet again), or beside being decided, or before. */
  readonly asked: KnownStatus['asked']
  readonly urls: readonly string[]
  readonly on_unavailable: 'allow' | 'deny'
}

/** How it stands with one certificate of the chain. */
export interface RevocationCheck {
  readonly subject: string
  readonly serial: string
  readonly issuer: string
  /** `not_checked`: no source has anything to say about it; `unknown`: none knows, and `on_unavailable: allow` lets it through. */
  readonly outcome: 'good' | 'not_checked' | 'unknown' | 'refused'
  readonly answers: readonly RevocationAnswer[]
}

/** What was looked at of a certificate that was shown; no check: nothing speaks of it, or it was refused before. */
export interface RevocationLines {
  /** The listener checks revocation. */
  readonly on: boolean
  readonly checks: readonly RevocationCheck[]
}

type Heard = NonNullable<TrustDomain['heard']>
type Subject = Parameters<Heard>[0]
type Issuer = NonNullable<Parameters<Heard>[1]>

/** Judges by what is known, asks nobody, and writes down what decided about each certificate. `lookUp` null: nobody here asks. */
export class RevocationRecord extends StatusBook {
  readonly #lookUp: LookUp | null
  readonly #known = new Map<string, KnownStatus>()
  readonly #checks = new Map<string, RevocationCheck>()

  constructor(lookUp: LookUp | null) {
    super(null)
    this.#lookUp = lookUp
  }

  /** By certificate, the client's own first. */
  get checks(): readonly RevocationCheck[] {
    return [...this.#checks.values()]
  }

  override status(...asked: Parameters<StatusBook['status']>): ReturnType<StatusBook['status']> {
    if (this.#lookUp === null) return super.status(...asked)
    const [source, subject, issuer, url] = asked
    const known = this.#lookUp({ source, subject: subject.base64, issuer: issuer.base64, url })
    this.#known.set(statusKey(source, subject.facts.serial, issuer), known)
    if (known.status === 'good') return { kind: 'good', until: Number.POSITIVE_INFINITY }
    if (known.status === 'revoked') return { kind: 'revoked', detail: known.detail }
    return { kind: 'unknown', detail: unknownDetail(source, subject, known) }
  }

  readonly heard: Heard = (subject, issuer, answers) => {
    const { dn, serial, issuerDn } = subject.facts
    // Where it stands on several paths, what refuses it on one is what counts.
    if (this.#checks.get(subject.base64)?.outcome === 'refused') return
    const told = answers.map((answer) => this.#answer(answer, subject, issuer))
    this.#checks.set(subject.base64, { subject: dn, serial, issuer: issuerDn, outcome: outcomeOf(told), answers: told })
  }

  #answer({ source, status, forgiving }: SourceAnswer, { facts }: Subject, issuer: Issuer | null): RevocationAnswer {
    const known = source === 'file' || issuer === null ? undefined : this.#known.get(statusKey(source, facts.serial, issuer))
    const ownEnd = status.kind === 'good' && Number.isFinite(status.until) ? status.until : null
    return {
      source,
      status: status.kind,
      detail: status.kind === 'good' ? null : status.detail,
      said_at: iso(known?.saidAt ?? null),
      ends_at: status.kind === 'revoked' ? null : iso(known?.endsAt ?? ownEnd),
      stale: known?.stale ?? false,
      asked: known?.asked ?? 'no',
      urls: known?.urls ?? [],
      on_unavailable: forgiving ? 'allow' : 'deny',
    }
  }
}

/** As the trust decision puts the answers together. */
function outcomeOf(answers: readonly RevocationAnswer[]): RevocationCheck['outcome'] {
  if (answers.length === 0) return 'not_checked'
  if (answers.some(({ status }) => status === 'revoked')) return 'refused'
  if (answers.some(({ status }) => status === 'good')) return 'good'
  return answers.every(({ on_unavailable: words }) => words === 'allow') ? 'unknown' : 'refused'
}

const NAMES: Readonly<Record<SourceAnswer['source'], string>> = {
  file: 'the configured lists',
  crl: 'the list that it names',
  ocsp: 'OCSP',
}

function unknownDetail(source: 'crl' | 'ocsp', { facts }: Subject, { asked, detail }: KnownStatus): string {
  const what = `its status by ${NAMES[source]} (serial ${facts.serial} of ${facts.issuerDn})`
  const why = detail === '' ? 'is not known yet' : `is not known: ${detail}`
  return `${what} ${why}${asked === 'first' ? '; it is asked for at the handshake, and this comes of it without an answer' : ''}`
}

/** In one clause for each certificate what came of the step, the client's own first. */
export function revocationTexts({ on, checks }: RevocationLines): string[] {
  if (!on) return ['not checked: neither crl nor ocsp is on here']
  const told = checks.filter(({ answers }) => answers.length > 0)
  if (told.length === 0) return ['nothing to check it by: no list of its issuer is configured, and no responder is known']
  return told.map((check) => `${check === checks[0] ? '' : `${check.subject}: `}${checkText(check)}`)
}

/** The answer that decided, for people: `good by OCSP, said 2030-01-31 12:00 UTC, counts until 2030-02-01 12:00 UTC`. */
function checkText({ outcome, answers }: RevocationCheck): string {
  const deciding = answers.find(({ status }) => (outcome === 'good' ? status === 'good' : status !== 'good')) ?? answers[0]
  if (deciding === undefined) return outcome
  const { source, detail, said_at, ends_at, stale, asked } = deciding
  if (outcome === 'refused') return detail ?? ''
  if (outcome === 'unknown') return `${detail}, and on_unavailable: allow lets it through`
  const said = said_at === null ? '' : `, said ${minute(said_at)}`
  const end = ends_at === null ? '' : stale ? `, ended ${minute(ends_at)} and counts by stale_grace` : `, until ${minute(ends_at)}`
  return `good by ${NAMES[source]}${said}${end}${ASKED[asked]}`
}

const ASKED: Readonly<Record<RevocationAnswer['asked'], string>> = {
  no: '',
  meanwhile: '; asked for anew beside the handshake',
  first: '; asked for anew at the handshake, and this counts without an answer',
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function iso(time: number | null): string | null {
  return time === null || !Number.isFinite(time) ? null : new Date(time).toISOString()
}
