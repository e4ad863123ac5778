import { AuthorityService } from '../../admin/authority-service.ts'
import { type ExpiryReport, expiring, withAuthority } from '../../admin/expiring.ts'
import { OcspService } from '../../certificates/ocsp-service.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Logger } from '../../observability/logger.ts'
import type { OwnInventory } from '../../observability/metrics-aggregator.ts'
import type { Store } from '../../store/store.ts'
import type { Actor } from '../../store/types.ts'
import { formatAddress, type ListenAddress } from '../listening/sockets.ts'
import { expiryInventory } from '../loading/inventory.ts'
import { RepeatedProblems } from '../loading/repeated-problems.ts'
import type { StatusAuthority } from '../status.ts'
import { answerPki } from './answers.ts'
import { ExpiryWatch } from './expiry-watch.ts'
import { type PkiServer, startPkiServer } from './server.ts'
import { adopt, namedForeign, ownServerCertificates, renew } from './server-certificate.ts'
import { SteadyClock } from './steady-clock.ts'

export interface PkiServices {
  readonly store: Store
  readonly log: Logger
  /** Has changed files taken up. */
  reload(by?: Actor): Promise<unknown>
  /** What only this knows, for /metrics. */
  measured(own: OwnInventory): void
  now?(): number
  /** Milliseconds, of a clock that is never set. */
  steady?(): number
}

/** Milliseconds: often enough for a revocation to be published within a second by whomever it was made. */
const LOOK = 1_000
const UPKEEP = 15_000
const INSIGHT = 60_000
/** Counting a million entries takes a while, and nobody is served meanwhile: the next time is so many times as far away. */
const INSIGHT_SHARE = 500

/**
 * The authority in operation: its lists signed and served, its answers to OCSP, the gateway's own certificate renewed, and everything that
 * ends told in time. Whatever fails here is logged and tried again: the gateway serves all the same.
 */
export class Pki {
  readonly service: AuthorityService
  readonly #services: PkiServices
  readonly #ocsp: OcspService
  readonly #expiry: ExpiryWatch
  readonly #problems: RepeatedProblems
  readonly #now: () => number
  readonly #steady: () => number
  readonly #clock: SteadyClock
  #snapshot: Snapshot | null = null
  #timer: NodeJS.Timeout | null = null
  #soon: NodeJS.Timeout | null = null
  #sequence = -1
  /** By the steady clock: a clock that is set neither stops nor hurries them. */
  #upkeepDue = 0
  #insightDue = 0
  #renewing = false
  /** What was loaded meanwhile may name them otherwise. */
  #missed = false
  #report: ExpiryReport = { own: [], clients: { total: 0, first: [] } }

  constructor(services: PkiServices, snapshot: Snapshot) {
    this.#services = services
    const { store, log } = services
    this.#now = services.now ?? Date.now
    this.#steady = services.steady ?? (() => performance.now())
    this.#clock = new SteadyClock(this.#now, this.#steady)
    const { reload } = services
    this.service = new AuthorityService({ store, reload, now: this.#now }, snapshot.settings.authority)
    this.#ocsp = new OcspService(store, this.#now)
    this.#expiry = new ExpiryWatch(log)
    this.#problems = new RepeatedProblems(log, this.#now)
  }

  /** Takes up what a load brought, the first included: what signs, what is shown, what ends when. */
  take(snapshot: Snapshot): void {
    this.#snapshot = snapshot
    const { authority, absent, remarks } = this.service.take(snapshot.settings.authority)
    const wanted = snapshot.settings.pki !== null || !absent
    if (wanted && authority.problem !== '') this.#problems.tell('authority', `nothing can be issued: ${authority.problem}`)
    else this.#problems.solved('authority')
    for (const remark of remarks) this.#problems.tell(`remark ${remark}`, remark)
    this.#sequence = -1
    this.#upkeepDue = 0
    this.#insightDue = 0
    this.#timer ??= setInterval(() => this.#look(), LOOK).unref()
    this.#look()
  }

  /** To be called after each change of what is registered or issued: the lists are signed anew at once. */
  issuanceChanged(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null
      this.#look()
    }, 50).unref()
  }

  /** Rejects with CertgateError `address_unavailable`. */
  async open(address: ListenAddress): Promise<PkiServer> {
    const failed = (error: unknown) => this.#services.log.error({ err: error }, 'a request on pki.http could not be answered')
    const sources = { service: this.service, ocsp: this.#ocsp, now: this.#now, failed }
    const server = await startPkiServer(address, (request) => answerPki(request, sources), failed)
    const { address: host, port } = server.address
    this.#services.log.info(`http://${formatAddress(host, port)} is open for revocation lists, OCSP and CA certificates`)
    return server
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#soon !== null) clearTimeout(this.#soon)
    this.#timer = null
    this.#soon = null
  }

  /** Files that are read here: a change of one is a change of the authority. */
  get files(): readonly string[] {
    const { absent, files } = this.service.loaded
    return absent ? [] : files
  }

  status(): StatusAuthority {
    const { authority, overlapUntil } = this.service.loaded
    return {
      issuing: authority.issuing === null ? null : { subject: authority.issuing.facts.dn, not_after: authority.issuing.facts.notAfter },
      problem: authority.problem,
      overlap_until: overlapUntil,
      crls: this.service.crls.map(({ issuer, number, thisUpdate, nextUpdate, revoked }) => {
        return { issuer, number, this_update: thisUpdate, next_update: nextUpdate, revoked }
      }),
      expiring_clients: this.#report.clients.total,
    }
  }

  /** What ends within the threshold, as it was a moment ago. */
  get report(): ExpiryReport {
    return this.#report
  }

  #look(): void {
    const steady = this.#steady()
    const isBelieved = this.#clock.isBelieved()
    this.#attempt('revocation lists', () => {
      const { sequence } = this.#services.store.audit.head()
      const upkeep = steady >= this.#upkeepDue
      if (sequence === this.#sequence && !upkeep && !this.service.crlsAreDue) return
      // Where there was none nothing is watched: one may have been put there.
      if (upkeep && this.service.loaded.absent) this.service.take(this.#snapshot?.settings.authority ?? null)
      // Whoever knows the old root alone is locked out by it.
      if (upkeep && isBelieved) this.#settle()
      const { signed, problems } = this.service.publishCrls()
      this.#sequence = sequence
      for (const { issuer, number, revoked } of signed) this.#services.log.debug({ issuer, number, revoked }, 'revocation list signed')
      for (const problem of problems) this.#problems.tell('crl files', problem)
      if (problems.length === 0) this.#problems.solved('crl files')
      if (upkeep) void this.#renewServerCertificates(isBelieved)
      if (upkeep) this.#upkeepDue = steady + UPKEEP
    })
    if (steady < this.#insightDue) return
    this.#attempt('expiry', () => this.#lookAhead())
    const now = this.#steady()
    this.#insightDue = now + Math.max(INSIGHT, (now - steady) * INSIGHT_SHARE)
  }

  #settle(): void {
    const { changed, problem } = this.service.settle()
    if (problem === null) this.#problems.solved('settle')
    else this.#problems.tell('settle', problem)
    if (!changed) return
    this.#services.log.info('the trusted roots of the authority were brought up to date')
    void this.#services.reload()
  }

  async #renewServerCertificates(isBelieved: boolean): Promise<void> {
    const { store, log } = this.#services
    if (this.#renewing) this.#missed = true
    if (this.#renewing || this.#snapshot === null) return
    this.#renewing = true
    this.#missed = false
    try {
      const { settings } = this.#snapshot
      const ours = ownServerCertificates(settings, this.service.loaded)
      for (const file of namedForeign(settings, ours)) {
        const key = `names of ${file}`
        this.#problems.tell(key, `the \`names\` of ${file} change nothing: it is not of this authority`)
      }
      for (const own of ours) {
        // Other names are another thing to try.
        const key = `renewal of ${own.cert} for ${own.names?.join() ?? 'its names'}`
        if (this.#problems.isFresh(key)) continue
        const early = own.facts.notBefore > this.#now()
        // What is renewed early enough can wait for a clock that is right; nobody accepts one that is not valid yet.
        if (!early && !isBelieved) continue
        if (early) log.warn({ listener: own.listener, file: own.cert }, 'the server certificate is not valid yet: was the clock set back?')
        try {
          adopt(own, store)
          const done = await renew(own, this.service.loaded, store, this.#now())
          this.#problems.solved(key)
          if (done.kind === 'none') continue
          const what = done.kind === 'issue' ? `renewed, because ${done.why}` : 'written with the chain that holds now'
          log.info({ listener: own.listener, file: own.cert }, `server certificate ${what}`)
          await this.#services.reload()
        } catch (error) {
          this.#problems.tell(key, `the server certificate ${own.cert} cannot be renewed: ${messageOf(error)}`)
        }
      }
    } finally {
      this.#renewing = false
    }
    if (this.#missed) await this.#renewServerCertificates(this.#clock.isBelieved())
  }

  #lookAhead(): void {
    if (this.#snapshot === null) return
    const { store } = this.#services
    const now = this.#now()
    const { expiryWarning } = this.#snapshot.settings.telemetry
    this.#report = expiring(store, withAuthority(expiryInventory(this.#snapshot), this.service), now, expiryWarning)
    this.#expiry.tell(this.#report, now)
    const { issuing } = this.service.authority()
    const first = store.registry.list({ state: ['valid', 'expiring'], sort: 'notAfter', limit: 1, now }).entries[0]
    this.#services.measured({
      certificates: [
        ...(issuing === null ? [] : [{ kind: 'ca' as const, name: 'authority', notAfter: issuing.facts.notAfter / 1000 }]),
        ...(first === undefined ? [] : [{ kind: 'issued' as const, name: 'first', notAfter: first.notAfter / 1000 }]),
      ],
      crls: this.service.crls.map(({ issuer, keyId, nextUpdate }) => ({ issuer, file: `${keyId}.crl`, nextUpdate: nextUpdate / 1000 })),
      registered: store.registry.countByState(now, expiryWarning),
    })
  }

  #attempt(what: string, run: () => void): void {
    try {
      run()
      this.#problems.solved(what)
    } catch (error) {
      this.#problems.tell(what, `the authority cannot be kept up (${what}): ${messageOf(error)}`)
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
