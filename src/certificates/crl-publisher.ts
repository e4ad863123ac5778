import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unreadable } from '../regular-file.ts'
import type { Store } from '../store/store.ts'
import { readRevocationLists } from '../tls/crl.ts'
import { readMaterial } from '../tls/pem.ts'
import { crlDue, writeCrl } from './crl-write.ts'
import { type Issuer, issuerKeyId } from './issuer.ts'
import { giveOwner, replaceFile } from './replace-file.ts'

/** A list in force; times in milliseconds. */
export interface PublishedCrl {
  readonly issuer: string
  readonly keyId: string
  readonly der: Buffer
  readonly number: number
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly revoked: number
}

export interface CrlPublication {
  /** Where `KEYID.crl` files go; made where it is absent. */
  readonly folder: string
  /** Milliseconds from thisUpdate to nextUpdate. */
  readonly lifetime: number
  /** Milliseconds. */
  readonly now: number
}

/** What came of it; a file that cannot be written leaves the list served all the same, and is tried again when next asked to publish. */
export interface Published {
  readonly signed: readonly PublishedCrl[]
  readonly problems: readonly string[]
}

/** Keeps one revocation list per issuer: signed anew where what is revoked changed, at half of its life, and when the clock was set. */
export class CrlPublisher {
  readonly #store: Store
  readonly #lists = new Map<string, { readonly crl: PublishedCrl; readonly count: number; readonly lifetime: number }>()
  /** Key ids of lists whose file could not be written: it still says what held before. */
  readonly #unwritten = new Set<string>()

  constructor(store: Store) {
    this.#store = store
  }

  get(keyId: string): PublishedCrl | null {
    return this.#lists.get(keyId)?.crl ?? null
  }

  get all(): readonly PublishedCrl[] {
    return [...this.#lists.values()].map(({ crl }) => crl)
  }

  /** Whether the time of one of them has come, whatever was revoked. */
  isDue(now: number): boolean {
    return this.all.some((crl) => isDue(crl, now))
  }

  /** Signs what is due, and tries again what could not be written. Throws what the store throws: no list is ever signed under a number that is not recorded. */
  publish(issuers: readonly Issuer[], publication: CrlPublication): Published {
    const signed: PublishedCrl[] = []
    const problems: string[] = []
    const wanted = new Set(issuers.map(issuerKeyId))
    for (const keyId of this.#lists.keys()) if (!wanted.has(keyId)) this.#forget(keyId)
    for (const issuer of issuers) {
      const crl = this.#renew(issuer, publication)
      if (crl !== null) signed.push(crl)
      const due = crl ?? this.#unwrittenOf(issuerKeyId(issuer))
      if (due === null) continue
      const problem = writeListFile(due, publication.folder)
      if (problem === null) this.#unwritten.delete(due.keyId)
      else {
        this.#unwritten.add(due.keyId)
        problems.push(problem)
      }
    }
    return { signed, problems }
  }

  #forget(keyId: string): void {
    this.#lists.delete(keyId)
    this.#unwritten.delete(keyId)
  }

  #unwrittenOf(keyId: string): PublishedCrl | null {
    return this.#unwritten.has(keyId) ? this.get(keyId) : null
  }

  #renew(issuer: Issuer, { folder, lifetime, now }: CrlPublication): PublishedCrl | null {
    const keyId = issuerKeyId(issuer)
    const held = this.#lists.get(keyId)
    const count = this.#store.issuance.revokedCount(keyId)
    if (held !== undefined && held.count === count && held.lifetime === lifetime && !isDue(held.crl, now)) return null
    const previousUpdate = held?.crl.thisUpdate ?? publishedEarlier(join(folder, `${keyId}.crl`), issuer)
    const revoked = this.#store.issuance.revokedSerials(keyId, previousUpdate ?? 0)
    const thisUpdate = Math.floor(now / 1000) * 1000
    const nextUpdate = Math.min(thisUpdate + lifetime, Math.max(issuer.facts.notAfter, thisUpdate + 1000))
    const number = this.#store.issuance.nextCrlNumber(keyId)
    // A clock that was set back must not bring entries back that were left out, nor leave out others.
    const before = previousUpdate !== null && previousUpdate <= thisUpdate ? previousUpdate : null
    const der = writeCrl(issuer, { number: BigInt(number), thisUpdate, nextUpdate, revoked, previousUpdate: before })
    const crl = { issuer: issuer.facts.dn, keyId, der, number, thisUpdate, nextUpdate, revoked: revoked.length }
    this.#lists.set(keyId, { crl, count, lifetime })
    return crl
  }
}

/** Also where the clock was set back behind it: to everybody else the list is then not valid yet. */
function isDue(crl: PublishedCrl, now: number): boolean {
  return now >= crlDue(crl) || now < crl.thisUpdate - 1000
}

/** thisUpdate of the list that an earlier process left; null: none, or not one of this issuer. */
function publishedEarlier(file: string, issuer: Issuer): number | null {
  try {
    const [list] = readRevocationLists(readMaterial(file), file)
    return list !== undefined && list.issuerHex === issuer.name.toString('hex') ? list.thisUpdate : null
  } catch {
    return null
  }
}

/** What went wrong, in words; null: it is there. */
export function writeListFile({ keyId, der }: PublishedCrl, folder: string): string | null {
  const file = join(folder, `${keyId}.crl`)
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o755 })
    if (made !== undefined) giveOwner(made, statSync(dirname(made)))
    replaceFile(file, der, 0o644)
    return null
  } catch (error) {
    return `the revocation list cannot be written to ${file}: ${unreadable(error)}`
  }
}
