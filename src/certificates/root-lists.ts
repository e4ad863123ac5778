import { join } from 'node:path'
import { contentBytes, DerReader, INTEGER, inside, SEQUENCE } from '../identity/der.ts'
import { hexOf } from '../identity/der-values.ts'
import { nextExtension } from '../identity/extension-list.ts'
import type { Store } from '../store/store.ts'
import type { AuthorityNode } from '../tls/authority-node.ts'
import { readRevocationLists } from '../tls/crl.ts'
import { looksLikeDer, readMaterial, readPem } from '../tls/pem.ts'
import { verifySigned } from '../tls/signature.ts'
import type { RevocationList } from '../tls/types.ts'
import { type CrlPublication, type Published, type PublishedCrl, writeListFile } from './crl-publisher.ts'
import { CRL_NUMBER, writeCrl } from './crl-write.ts'
import { type Issuer, issuerKeyId } from './issuer.ts'

/** A root above an issuing CA of ours. */
export interface OwnRootSigner {
  readonly node: AuthorityNode
  /** Read anew each time, and let go of: the key is best kept elsewhere, and then it is null. */
  readonly key: () => Issuer | null
}

/** Further is a clock that was ahead. */
const AHEAD = 1_000
const EXTENSIONS = 0xa0

/**
 * Keeps one revocation list per root, which says whether its issuing CAs are good: whoever checks whole chains needs it. The root's key
 * may be gone any day, so that each list is good as long as the root, and another is signed only when an issuing CA is revoked. A later
 * one that somebody puts in the file, signed where the key is kept, is taken.
 */
export class RootLists {
  readonly #store: Store
  readonly #lists = new Map<string, PublishedCrl>()

  constructor(store: Store) {
    this.#store = store
  }

  get(keyId: string): PublishedCrl | null {
    return this.#lists.get(keyId) ?? null
  }

  get all(): readonly PublishedCrl[] {
    return [...this.#lists.values()]
  }

  publish(roots: readonly OwnRootSigner[], { folder, now }: Omit<CrlPublication, 'lifetime'>): Published {
    const signed: PublishedCrl[] = []
    const problems: string[] = []
    const wanted = new Set(roots.map(({ node }) => node.key))
    for (const keyId of this.#lists.keys()) if (!wanted.has(keyId)) this.#lists.delete(keyId)
    for (const root of new Map(roots.map((one) => [one.node.key, one])).values()) {
      const onDisk = readList(join(folder, `${root.node.key}.crl`), root.node)
      const held = this.#lists.get(root.node.key) ?? null
      const known = later(held, onDisk?.list ?? null)
      const fresh = this.#isWanting(root.node, known, now) ? this.#sign(root, now) : null
      const list = fresh ?? known
      if (list === null) continue
      this.#lists.set(root.node.key, list)
      if (fresh !== null) signed.push(fresh)
      const problem = onDisk?.bytes.equals(list.der) === true ? null : writeListFile(list, folder)
      if (problem !== null) problems.push(problem)
    }
    return { signed, problems }
  }

  #isWanting({ key, facts }: AuthorityNode, known: PublishedCrl | null, now: number): boolean {
    if (facts.notAfter <= now) return false
    if (known === null || known.thisUpdate > now + AHEAD || known.nextUpdate <= now) return true
    return known.revoked < this.#store.issuance.revokedCount(key)
  }

  #sign({ key }: OwnRootSigner, now: number): PublishedCrl | null {
    const issuer = key()
    return issuer === null ? null : signRootList(this.#store, issuer, now)
  }
}

/** The list of a root whose key is at hand: good until its end. */
export function signRootList(store: Store, root: Issuer, now: number): PublishedCrl {
  const keyId = issuerKeyId(root)
  const revoked = store.issuance.revokedSerials(keyId)
  const thisUpdate = Math.floor(now / 1000) * 1000
  const nextUpdate = Math.max(root.facts.notAfter, thisUpdate + 1000)
  const number = store.issuance.nextCrlNumber(keyId)
  const der = writeCrl(root, { number: BigInt(number), thisUpdate, nextUpdate, revoked, previousUpdate: null })
  return { issuer: root.facts.dn, keyId, der, number, thisUpdate, nextUpdate, revoked: revoked.length }
}

function later(a: PublishedCrl | null, b: PublishedCrl | null): PublishedCrl | null {
  return a === null || (b !== null && b.thisUpdate > a.thisUpdate) ? b : a
}

/** null: there is none, or not one that this root signed over all that it issued. */
function readList(file: string, root: AuthorityNode): { readonly list: PublishedCrl; readonly bytes: Buffer } | null {
  try {
    const bytes = readMaterial(file)
    const [list] = readRevocationLists(bytes, file)
    if (list === undefined || !isWholeListOf(root, list)) return null
    const der = looksLikeDer(bytes) ? bytes : readPem(bytes, file).find(({ label }) => label.endsWith('CRL'))?.der
    if (der === undefined) return null
    const { thisUpdate, nextUpdate, serials } = list
    const crl = { issuer: root.facts.dn, keyId: root.key, der, number: numberOf(der), thisUpdate, nextUpdate, revoked: serials.size }
    return { list: crl, bytes }
  } catch {
    return null
  }
}

function isWholeListOf(root: AuthorityNode, { unusable, signed, issuerName, scope }: RevocationList): boolean {
  const isWhole = unusable === null && scope.covers === 'all' && scope.points === null
  return isWhole && issuerName === root.subjectName && signed !== null && root.publicKey !== null && verifySigned(signed, root.publicKey)
}

/** Of a list that was read already; 0: it has none. */
function numberOf(list: Buffer): number {
  const body = new DerReader(list).open(SEQUENCE, 'the list').open(SEQUENCE, 'the body of the list')
  while (!body.atEnd) {
    const element = body.next('the body of the list')
    if (element.tag !== EXTENSIONS) continue
    const extensions = inside(element, 'the extensions of the list').open(SEQUENCE, 'the extensions of the list')
    while (!extensions.atEnd) {
      const { oid, value } = nextExtension(extensions)
      if (oid === CRL_NUMBER)
        return Number.parseInt(hexOf(contentBytes(new DerReader(contentBytes(value)).expect(INTEGER, 'the number'))), 16)
    }
  }
  return 0
}
