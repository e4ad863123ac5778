import { MaterialError } from '../../errors.ts'
import type { AuthorityNode } from '../../tls/authority-node.ts'
import { readRevocationLists } from '../../tls/crl.ts'
import { LruMap } from '../../tls/lru.ts'
import { Revocations } from '../../tls/revocation.ts'
import { verifySigned } from '../../tls/signature.ts'
import { readListUrls } from '../../tls/status-sources.ts'
import type { RevocationList } from '../../tls/types.ts'
import type { ListCache } from './cache.ts'
import { FetchError } from './fetch.ts'
import { type Finding, type Found, type Inquiry, RETRY, refreshTime } from './finding.ts'
import type { Fetcher } from './ocsp.ts'

/** Lists in memory; each may be as large as `revocation.max_bytes`. */
const MAX_LISTS = 64

/** What one URL led to, verified by the key of the CA that it is about. */
interface Shelved {
  readonly lists: readonly RevocationList[]
  readonly revocations: Revocations
  readonly fetchedAt: number
  /** Of the newest. */
  readonly thisUpdate: number
  readonly nextUpdate: number
}

export interface ShelfOptions {
  readonly cache: ListCache | null
  readonly fetch: Fetcher
  readonly timeout: () => number
  readonly refresh: () => number
  readonly maxBytes: () => number
  /** A newer list is there: whoever was judged by the one before is to be judged again. */
  replaced(url: string): void
  cacheFailed(error: unknown): void
}

/** The revocation lists that certificates name, fetched when somebody needs them and kept until a newer one is there. */
export class ListShelf {
  readonly #options: ShelfOptions
  /** By `placeOf`. */
  readonly #shelf = new LruMap<string, Shelved>(MAX_LISTS)
  readonly #fetching = new Map<string, Promise<void>>()
  /** When a place was last found to give nothing. */
  readonly #failures = new LruMap<string, { readonly at: number; readonly error: FetchError }>(MAX_LISTS * 4)

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  /**
   * What the lists that a certificate names say of it, after they were fetched where that is due. With a failure beside it the finding comes
   * from what is held, and null where nothing is.
   */
  async ask(inquiry: Inquiry): Promise<Found> {
    const urls = readListUrls(Buffer.from(inquiry.subject.base64, 'base64'))
    if (urls.length === 0) return { finding: null, failure: new FetchError('it names no distribution point of its revocation list') }
    let best: Found | null = null
    for (const url of urls) {
      const failure = await this.#bringUpToDate(url, inquiry.issuer).then(
        () => null,
        (error: unknown) => {
          if (error instanceof FetchError) return error
          throw error
        },
      )
      const finding = this.judge(url, inquiry)
      const said = finding !== null && finding.status !== 'unknown'
      // A revocation counts however old its list is.
      if (finding?.status === 'revoked' || (said && failure === null)) return { finding, failure: null }
      if (best === null || (said && best.finding?.status !== 'good')) best = { finding, failure }
    }
    return best ?? { finding: null, failure: null }
  }

  /** What is held of the lists that a certificate names, without fetching any; null: nothing. */
  held(inquiry: Inquiry): Finding | null {
    const { cache, maxBytes } = this.#options
    let best: Finding | null = null
    for (const url of readListUrls(Buffer.from(inquiry.subject.base64, 'base64'))) {
      if (this.#shelf.get(placeOf(url, inquiry.issuer)) === undefined && cache !== null)
        this.#takeCached(cache, url, inquiry.issuer, maxBytes())
      const finding = this.judge(url, inquiry)
      if (finding?.status === 'revoked') return finding
      if (finding !== null && (best === null || best.status === 'unknown')) best = finding
    }
    return best
  }

  /** What the held list of a URL says; null: there is none. */
  judge(url: string, { subject, issuer }: Inquiry): Finding | null {
    const held = this.#shelf.get(placeOf(url, issuer))
    if (held === undefined) return null
    const now = Date.now()
    // As it was in force: whether it still counts is told by `until`.
    const at = Math.min(now, held.nextUpdate - 1)
    const status = held.revocations.status(subject, [issuer], at)
    const { serial, issuerDn } = subject.facts
    // Past its end when it came: that it once was good for somebody is no reason for grace.
    const everInForce = held.fetchedAt < held.nextUpdate
    if (status.kind === 'good' && !everInForce)
      return {
        status: 'unknown',
        thisUpdate: held.thisUpdate,
        until: 0,
        foundAt: held.fetchedAt,
        detail: `${url} had run out when it came`,
      }
    const detail = status.kind === 'good' ? `serial ${serial} of ${issuerDn} is not on ${url}` : status.detail
    const until = status.kind === 'good' ? status.until : held.nextUpdate
    return { status: status.kind, thisUpdate: held.thisUpdate, until, foundAt: held.fetchedAt, detail }
  }

  #bringUpToDate(url: string, issuer: AuthorityNode): Promise<void> {
    const { cache, maxBytes, refresh } = this.#options
    const now = Date.now()
    const place = placeOf(url, issuer)
    if (this.#shelf.get(place) === undefined && cache !== null) this.#takeCached(cache, url, issuer, maxBytes())
    const held = this.#shelf.get(place)
    if (held !== undefined && now < refreshTime({ foundAt: held.fetchedAt, until: held.nextUpdate }, refresh())) return Promise.resolve()
    const failure = this.#failures.get(place)
    if (failure !== undefined && now - failure.at < RETRY) return Promise.reject(failure.error)
    const running = this.#fetching.get(place)
    if (running !== undefined) return running
    const fetching = this.#fetch(url, issuer).finally(() => this.#fetching.delete(place))
    this.#fetching.set(place, fetching)
    return fetching
  }

  #takeCached(cache: ListCache, url: string, issuer: AuthorityNode, maxBytes: number): void {
    const place = placeOf(url, issuer)
    const cached = cache.read(place, maxBytes)
    if (cached === null) return
    try {
      this.#shelf.set(place, shelved(cached.bytes, url, issuer, cached.at))
    } catch (error) {
      // Tampered with, or of a CA that has another key by now: fetched anew.
      if (!(error instanceof FetchError)) throw error
    }
  }

  async #fetch(url: string, issuer: AuthorityNode): Promise<void> {
    const { fetch, timeout, cache } = this.#options
    const place = placeOf(url, issuer)
    try {
      const bytes = await fetch({ url, configured: false, method: 'GET', left: timeout() })
      const fetched = shelved(bytes, url, issuer, Date.now())
      const held = this.#shelf.get(place)
      if (held !== undefined && fetched.thisUpdate < held.thisUpdate)
        throw new FetchError('it is older than the list that was there before')
      // Not in force, but whom it revokes stays revoked.
      if (held === undefined) this.#shelf.set(place, fetched)
      if (fetched.nextUpdate <= Date.now()) throw new FetchError(`the list ran out ${new Date(fetched.nextUpdate).toISOString()}`)
      this.#shelf.set(place, fetched)
      this.#store(cache, place, bytes)
      this.#options.replaced(url)
    } catch (error) {
      if (!(error instanceof FetchError)) throw error
      const told = new FetchError(`${url}: ${error.message}`)
      this.#failures.set(place, { at: Date.now(), error: told })
      throw told
    }
  }

  #store(cache: ListCache | null, place: string, bytes: Buffer): void {
    try {
      cache?.write(place, bytes)
    } catch (error) {
      this.#options.cacheFailed(error)
    }
  }
}

/** CAs may share a distribution point, as the old and the new key of one do: each has a list of its own there. */
const placeOf = (url: string, { key, subjectName }: AuthorityNode): string => `${key} ${subjectName} ${url}`

/** Reads what came, and keeps what the CA itself signed. Throws FetchError where that is nothing. */
function shelved(bytes: Buffer, url: string, issuer: AuthorityNode, fetchedAt: number): Shelved {
  const lists = read(bytes, url).flatMap((list): RevocationList[] => {
    const { signed } = list
    const own = signed !== null && list.issuerName === issuer.subjectName && issuer.publicKey !== null && mayList(issuer)
    return own && issuer.publicKey !== null && verifySigned(signed, issuer.publicKey)
      ? [{ ...list, signerKey: issuer.key, signed: null }]
      : []
  })
  if (lists.length === 0) throw new FetchError(`the list is not signed by ${issuer.facts.dn}`)
  const thisUpdate = Math.max(...lists.map((list) => list.thisUpdate))
  const nextUpdate = Math.min(...lists.map((list) => list.nextUpdate))
  return { lists, revocations: new Revocations(lists), fetchedAt, thisUpdate, nextUpdate }
}

function read(bytes: Buffer, url: string): RevocationList[] {
  try {
    return readRevocationLists(bytes, url)
  } catch (error) {
    if (!(error instanceof MaterialError)) throw error
    throw new FetchError(error.message)
  }
}

function mayList({ facts }: AuthorityNode): boolean {
  return facts.keyUsages === null || facts.keyUsages.includes('cRLSign')
}
