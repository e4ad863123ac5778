import { dirname, join } from 'node:path'
import { DEFAULT_REVOCATION } from '../../config/sections/revocation.ts'
import type { RevocationSettings, Settings } from '../../config/settings.ts'
import { LruMap } from '../../tls/lru.ts'
import { Revocations } from '../../tls/revocation.ts'
import { StatusBook } from '../../tls/status-book.ts'
import { readListUrls } from '../../tls/status-sources.ts'
import type { CertificateStatus, KnownStatus, StatusQuestion, StatusSource } from '../../tls/status-types.ts'
import type { RevocationList } from '../../tls/types.ts'
import { RevocationAlarms, type Tell } from './alarms.ts'
import { ListCache } from './cache.ts'
import { FetchError, fetchBytes, type Resolve } from './fetch.ts'
import {
  type Finding,
  type Found,
  freshStatus,
  type Inquiry,
  isRolledBack,
  knownStatus,
  readInquiry,
  refreshTime,
  staleStatus,
  unknownStatus,
} from './finding.ts'
import { ListShelf } from './lists.ts'
import { askResponders, type Fetcher, type JudgeDelegate, respondersOf } from './ocsp.ts'
import { FetchQueue } from './queue.ts'
import { RevokedMemory } from './revoked-memory.ts'
import { FetchRules } from './rules.ts'

/** About 3 KB each. */
const MAX_STATUSES = 16_384

export interface DeskOptions {
  /** Brings what was found out to every worker. */
  publish(statuses: readonly CertificateStatus[]): void
  readonly log: Tell
  readonly resolve?: Resolve
}

/** What is known of one certificate, by one source. */
interface Entry {
  readonly inquiry: Inquiry
  /** Where its lists are; empty for OCSP. */
  readonly listUrls: readonly string[]
  /** The last that was found, however long ago. */
  readonly finding: Finding | null
  readonly status: CertificateStatus
}

/**
 * Finds out the status of foreign certificates for those who judge them: asks responders, fetches lists, keeps what they said until it is
 * due, and tells everybody. Whatever goes wrong, nobody becomes `good` by it.
 */
export class RevocationDesk {
  /** For whoever is judged in this process. */
  readonly book: StatusBook
  readonly #options: DeskOptions
  readonly #alarms: RevocationAlarms
  readonly #queue = new FetchQueue()
  readonly #entries = new LruMap<string, Entry>(MAX_STATUSES)
  readonly #asking = new Set<string>()
  readonly #worse = new Set<() => void>()
  #settings: RevocationSettings = DEFAULT_REVOCATION
  #rules = new FetchRules(DEFAULT_REVOCATION.fetchAllow)
  #responders: ReadonlySet<string> = new Set()
  #shelf: ListShelf
  #folder: string | null = null
  #revoked = new RevokedMemory(null)
  #lists = new Revocations([])

  constructor(options: DeskOptions) {
    this.#options = options
    this.#alarms = new RevocationAlarms(options.log)
    this.#shelf = this.#newShelf(null)
    this.book = new StatusBook((question) => void this.wanted(question, (status) => this.#learn([status])))
  }

  /** Takes up a configuration, and the revocation lists that it names; what is known stays known. */
  configure(settings: Settings, lists: readonly RevocationList[] = []): void {
    this.#lists = new Revocations(lists)
    this.#settings = settings.revocation ?? DEFAULT_REVOCATION
    this.#rules = new FetchRules(this.#settings.fetchAllow)
    const trusts = [...settings.listeners.values()].flatMap(({ tls }) => (tls === null ? [] : [tls, ...tls.names.values()]))
    this.#responders = new Set(trusts.flatMap(({ ocsp }) => (ocsp?.validate === true && ocsp.url ? [ocsp.url] : [])))
    const folder = settings.store === null ? null : join(dirname(settings.store.file), 'revocation')
    if (folder === this.#folder) return
    this.#folder = folder
    this.#shelf = this.#newShelf(folder)
    this.#revoked = new RevokedMemory(folder === null ? null : join(folder, 'revoked.jsonl'))
  }

  /** Told after each change for the worse, once `book` has it. */
  onWorse(listener: () => void): void {
    this.#worse.add(listener)
  }

  /** How often nothing could be found out, and how many statuses are in use past their end. */
  get counts(): { readonly failures: Readonly<Record<StatusSource, number>>; readonly stale: number } {
    const now = Date.now()
    const stale = this.#entries.values().filter(({ finding, status }) => isStale(finding, status, now)).length
    return { failures: this.#alarms.failures, stale }
  }

  /**
   * Somebody needs a status. What is known and not due is told to `answer` alone; else it is found out, and everybody is told. Never
   * rejects.
   */
  async wanted(question: StatusQuestion, answer: (status: CertificateStatus) => void): Promise<void> {
    let key: string | null = null
    try {
      const inquiry = readInquiry(question)
      const known = this.#entries.get(inquiry.key)
      if (known !== undefined && Date.now() < known.status.refreshAt) {
        answer(known.status)
        return
      }
      // Whoever asked first causes what everybody is told.
      if (this.#asking.has(inquiry.key)) return
      key = inquiry.key
      this.#asking.add(key)
      this.#enter(inquiry, await this.#find(inquiry))
    } catch (error) {
      this.#options.log('error', 'a question about the status of a certificate could not be answered', { err: error })
    } finally {
      if (key !== null) this.#asking.delete(key)
    }
  }

  /** What is known of it, without asking anybody: for whoever explains what would be decided. */
  look(question: StatusQuestion): KnownStatus {
    const inquiry = readInquiry(question)
    const { key, subject } = inquiry
    const now = Date.now()
    const { refresh, staleGrace } = this.#settings
    const entry = this.#entries.get(key)
    const isList = question.source === 'crl'
    const urls = isList ? readListUrls(Buffer.from(subject.base64, 'base64')) : respondersOf(inquiry)
    const finding = entry?.finding ?? (isList ? this.#shelf.held(inquiry) : this.#revoked.get(key)) ?? null
    // A list that somebody else's certificate brought here answers at once.
    const byList = isList && finding !== null && now < refreshTime(finding, refresh) ? freshStatus(key, finding, refresh, now) : null
    return knownStatus(key, { status: entry?.status ?? byList, finding, urls }, staleGrace, now)
  }

  async #find(inquiry: Inquiry): Promise<Found> {
    const { source, url } = inquiry.question
    if (source === 'crl') return this.#shelf.ask(inquiry)
    // Only the configuration may lead anywhere, not a worker that says so.
    if (url !== null && !this.#responders.has(url))
      return { finding: null, failure: new FetchError(`the responder ${url} is not configured any more`) }
    try {
      const finding = await askResponders(inquiry, this.#fetch, this.#settings.timeout, this.#judgeDelegate)
      // Without a nonce nothing but the dates tells an answer of before the revocation from one of now.
      if (isRolledBack(this.#before(inquiry), finding))
        throw new FetchError(`${finding.detail}, and that is not newer than the revocation that is known`)
      this.#remember(inquiry, finding)
      return { finding, failure: null }
    } catch (error) {
      if (!(error instanceof FetchError)) throw error
      return { finding: this.#before(inquiry), failure: error }
    }
  }

  #before({ key }: Inquiry): Finding | null {
    return this.#revoked.get(key) ?? this.#entries.get(key)?.finding ?? null
  }

  #remember({ key }: Inquiry, finding: Finding): void {
    try {
      this.#revoked.note(key, finding)
    } catch (error) {
      this.#alarms.cacheFailed(error)
    }
  }

  /** By the configured lists, then by those at its distribution points. */
  readonly #judgeDelegate: JudgeDelegate = async (question) => {
    const inquiry = readInquiry(question)
    const { subject, issuer } = inquiry
    const configured = this.#lists.status(subject, [issuer], Date.now())
    if (configured.kind !== 'unknown') return configured
    if (readListUrls(Buffer.from(subject.base64, 'base64')).length === 0) return this.#lists.has(subject) ? configured : null
    const { finding, failure } = await this.#shelf.ask(inquiry)
    if (finding === null || (failure !== null && finding.until <= Date.now()))
      return { kind: 'unknown', detail: failure?.message ?? 'nothing is known of it', until: 0 }
    return { kind: finding.status, detail: finding.detail, until: finding.until }
  }

  #enter(inquiry: Inquiry, { finding, failure }: Found): void {
    const { key, question } = inquiry
    const listUrls = question.source === 'crl' ? readListUrls(Buffer.from(inquiry.subject.base64, 'base64')) : []
    const now = Date.now()
    const { refresh, staleGrace } = this.#settings
    let status: CertificateStatus
    if (failure === null)
      status = finding === null ? unknownStatus(key, 'nothing is known of it', now) : freshStatus(key, finding, refresh, now)
    else {
      const where = hostOf(question.source === 'crl' ? listUrls[0] : respondersOf(inquiry)[0])
      const { serial, issuerDn } = inquiry.subject.facts
      this.#alarms.failed(question.source, where, `serial ${serial} of ${issuerDn}: ${failure.message}`)
      status = (finding && staleStatus(key, finding, staleGrace, now)) ?? unknownStatus(key, failure.message, now)
      if (finding !== null && isStale(finding, status, now)) this.#alarms.stale(question.source, where, finding.until)
    }
    this.#put({ inquiry, listUrls, finding, status })
    this.#publish([status])
  }

  #put(entry: Entry): void {
    const before = this.#entries.get(entry.status.key)
    if (entry.status.status === 'revoked' && before?.status.status !== 'revoked')
      this.#alarms.revoked(entry.inquiry.question.source, entry.status.detail)
    this.#entries.set(entry.status.key, entry)
  }

  /** A newer list is there: all that were judged by the one before it are judged by it, and everybody is told at once. */
  #relisted(url: string): void {
    const changed: CertificateStatus[] = []
    for (const { inquiry, listUrls } of this.#entries.values()) {
      const finding = listUrls.includes(url) ? this.#shelf.judge(url, inquiry) : null
      if (finding === null || finding.status === 'unknown') continue
      const status = freshStatus(inquiry.key, finding, this.#settings.refresh, Date.now())
      this.#put({ inquiry, listUrls, finding, status })
      changed.push(status)
    }
    if (changed.length > 0) this.#publish(changed)
  }

  #publish(statuses: readonly CertificateStatus[]): void {
    this.#options.publish(statuses)
    this.#learn(statuses)
  }

  #learn(statuses: readonly CertificateStatus[]): void {
    if (this.book.learn(statuses)) for (const listener of this.#worse) listener()
  }

  readonly #fetch: Fetcher = async ({ left, maxBytes, ...fetch }) => {
    const end = Date.now() + left
    return this.#queue.run(hostOf(fetch.url), left, () => {
      const timeout = Math.max(1, end - Date.now())
      return fetchBytes({ ...fetch, maxBytes: maxBytes ?? this.#settings.maxBytes, timeout }, this.#rules, this.#options.resolve)
    })
  }

  #newShelf(folder: string | null): ListShelf {
    return new ListShelf({
      cache: folder === null ? null : new ListCache(folder),
      fetch: this.#fetch,
      timeout: () => this.#settings.timeout,
      refresh: () => this.#settings.refresh,
      maxBytes: () => this.#settings.maxBytes,
      replaced: (url) => this.#relisted(url),
      cacheFailed: (error) => this.#alarms.cacheFailed(error),
    })
  }
}

function isStale(finding: Finding | null, status: CertificateStatus, now: number): boolean {
  return finding !== null && status.status === 'good' && finding.until <= now && now < status.until
}

const hostOf = (url: string | undefined): string => (url === undefined ? '' : (URL.parse(url)?.host ?? ''))
