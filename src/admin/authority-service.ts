import { hash, X509Certificate } from 'node:crypto'
import { type LoadedAuthority, readAuthority, unusable } from '../certificates/authority-folder.ts'
import { rotateFolder, settleFolder } from '../certificates/authority-rotation.ts'
import { CrlPublisher, type Published, type PublishedCrl } from '../certificates/crl-publisher.ts'
import { endingRoots, isMadeByCertgate } from '../certificates/ending-roots.ts'
import { IssuanceError } from '../certificates/issuance-error.ts'
import { issuanceOf } from '../certificates/issuance-record.ts'
import { type Issuer, issuerKeyId } from '../certificates/issuer.ts'
import { type KeyType, successorType } from '../certificates/key.ts'
import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import { RootLists } from '../certificates/root-lists.ts'
import type { Rotation } from '../certificates/rotation.ts'
import type { AuthoritySettings } from '../config/settings.ts'
import { CertgateError } from '../errors.ts'
import { unreadable } from '../regular-file.ts'
import type { Store } from '../store/store.ts'
import type { Actor } from '../store/types.ts'
import type { AuthorityNode } from '../tls/authority-node.ts'

export interface AuthorityServices {
  readonly store: Store
  /** Has changed files taken up, trusted roots above all; at once where nothing runs. */
  reload(by: Actor): Promise<unknown>
  /** Milliseconds since the epoch. */
  now(): number
}

export interface RotateRequest {
  /** Of the new authority; default 3650. */
  readonly days?: number
  /** How long the old root stays trusted; default 90; 0: not at all. */
  readonly overlapDays?: number
  /** Where the authority stands below a CA of the user's own: a root of certgate's is wanted all the same. */
  readonly newRoot?: boolean
  /** Default: that of the old one. */
  readonly keyType?: KeyType
}

export const OWN_CA_HINT =
  'say so with --new-root (new_root) if that is meant; to stay under it, have it sign a CA, and name that under pki.authority'
const DEFAULT_DAYS = 3650
const DEFAULT_OVERLAP_DAYS = 90

/** The authority of the configuration in force: read, asked, rotated, and its revocation lists signed. Control and the commands each have one. */
export class AuthorityService {
  readonly #services: AuthorityServices
  readonly #publisher: CrlPublisher
  readonly #rootLists: RootLists
  #settings: AuthoritySettings | null
  #loaded: LoadedAuthority
  #rotating = false

  constructor(services: AuthorityServices, settings: AuthoritySettings | null) {
    this.#services = services
    this.#publisher = new CrlPublisher(services.store)
    this.#rootLists = new RootLists(services.store)
    this.#settings = settings
    this.#loaded = this.#read()
  }

  /** Reads it again, by these settings from now on. Never throws: what is wrong is its `problem`. */
  take(settings: AuthoritySettings | null): LoadedAuthority {
    this.#settings = settings
    this.#loaded = this.#read()
    return this.#loaded
  }

  get loaded(): LoadedAuthority {
    return this.#loaded
  }

  authority(): OperatingAuthority {
    return this.#loaded.authority
  }

  /** Those of the roots last. */
  get crls(): readonly PublishedCrl[] {
    return [...this.#publisher.all, ...this.#rootLists.all]
  }

  get rootLists(): readonly PublishedCrl[] {
    return this.#rootLists.all
  }

  crlOf(keyId: string): PublishedCrl | null {
    return this.#publisher.get(keyId) ?? this.#rootLists.get(keyId)
  }

  get crlsAreDue(): boolean {
    return this.#publisher.isDue(this.#services.now())
  }

  /** Signs the revocation lists that are due. Throws what the store throws. */
  publishCrls(): Published {
    const settings = this.#settings
    if (settings === null) return { signed: [], problems: [] }
    const { crlFolder: folder, crlLifetime: lifetime } = settings
    const now = this.#services.now()
    const issuers = this.#publisher.publish(this.#loaded.authority.issuers, { folder, lifetime, now })
    const roots = this.#rootLists.publish(this.#loaded.rootSigners, { folder, now })
    return { signed: [...issuers.signed, ...roots.signed], problems: [...issuers.problems, ...roots.problems] }
  }

  /** Takes a replaced root out of the trusted ones when its time is over, and the authority's reading with it. A problem comes back in words. */
  settle(): { readonly changed: boolean; readonly problem: string | null } {
    const source = this.#settings?.source
    if (this.#rotating || source?.kind !== 'folder' || this.#loaded.absent) return { changed: false, problem: null }
    try {
      const changed = settleFolder(source.folder, this.#services.now())
      if (changed || this.#overlapIsOver()) this.#loaded = this.#read()
      return { changed, problem: null }
    } catch (error) {
      return { changed: false, problem: error instanceof CertgateError ? error.message : unreadable(error) }
    }
  }

  /**
   * Makes a new authority that signs from now on; resolves once its root is trusted. Rejects with IssuanceError, with nothing changed,
   * where that is refused, and with MaterialError or `io_failed` where the folder does not take it. `permit` throws where it may not be
   * done any more: keys are made meanwhile, which takes a while.
   */
  async rotate(request: RotateRequest, actor: Actor, permit: () => void): Promise<Rotation> {
    const source = this.#settings?.source
    if (source?.kind !== 'folder') {
      const hint = source === undefined ? 'certgate init makes one' : 'make a new one where you made it, and name it under pki.authority'
      throw new IssuanceError('authority', 'there is no authority of certgate to rotate', hint)
    }
    if (this.#rotating) throw new IssuanceError('authority', 'the authority is being rotated at this moment')
    if (request.newRoot !== true) refuseForeign(this.#loaded.authority)
    this.#rotating = true
    try {
      const { days = DEFAULT_DAYS, overlapDays = DEFAULT_OVERLAP_DAYS } = request
      const { issuing } = this.#loaded.authority
      const keyType = request.keyType ?? (issuing === null ? 'ec' : successorType(issuing.key))
      const asked = { days, overlapDays, keyType, url: this.#settings?.url ?? null, now: this.#services.now() }
      const rotation = await rotateFolder(source.folder, asked, (made, root) => {
        permit()
        this.#record(made, root, actor)
      })
      if (overlapDays === 0) this.#revokeEnded(actor)
      return rotation
    } catch (error) {
      if (error instanceof CertgateError) throw error
      throw new CertgateError('io_failed', `cannot write to ${source.folder}: ${unreadable(error)}`, { cause: error })
    } finally {
      this.#rotating = false
      // Nothing is issued under the new root before it is trusted everywhere.
      await this.#services.reload(actor)
      this.#loaded = this.#read()
    }
  }

  #record({ next, crossCertificate, overlapUntil }: Rotation, replaced: AuthorityNode, actor: Actor): void {
    const { store } = this.#services
    const issuing = issuanceOf(next.root, next.issuer.certificate.raw)
    store.write(() => {
      store.issuance.insert(issuing)
      if (crossCertificate !== null) {
        const { raw } = new X509Certificate(crossCertificate)
        // Its key is the issuing CA's, so that the rest of the record is too.
        store.issuance.insert({ ...issuanceOf(next.root, raw), issuerKeyId: replaced.key })
      }
      const details = {
        issuing: next.issuer.facts.dn,
        root: next.root.facts.dn,
        replaces: replaced.facts.dn,
        overlap_until: new Date(overlapUntil).toISOString(),
        cross_certificate: crossCertificate !== null,
      }
      store.audit.append({ action: 'authority.rotate', target: issuing.fingerprint, details }, actor)
    })
  }

  /** Others who still trust an older root learn it from the list of that, where its key is at hand. */
  #revokeEnded(actor: Actor): void {
    const { authority, crossCertificate } = this.#loaded
    const { store } = this.#services
    const ended = authority.issuers.map(({ certificate }) => certificate.raw)
    if (crossCertificate !== null) ended.push(new X509Certificate(crossCertificate).raw)
    for (const fingerprint of ended.map((raw) => hash('sha256', raw, 'hex')))
      if (store.issuance.byFingerprint(fingerprint)?.revoked === null) store.issuance.revoke(fingerprint, 'caCompromise', actor)
  }

  #read(): LoadedAuthority {
    const settings = this.#settings
    if (settings === null) return unusable('no authority is configured: start from a configuration file', true)
    const { source, url } = settings
    const now = this.#services.now()
    const origin = source.kind === 'folder' ? source : { kind: 'own' as const, source: source.certificate }
    const loaded = readAuthority(origin, { url, now })
    const issuers = loaded.authority.issuers.filter((one) => this.#answersFor(one, loaded, now))
    const rootSigners = loaded.rootSigners.filter(({ below }) => issuers.includes(below))
    return { ...loaded, authority: { ...loaded.authority, issuers }, rootSigners }
  }

  /** A replaced issuer is done once the last that it signed has ended, and its root is no longer trusted. */
  #answersFor(issuer: Issuer, { authority, overlapUntil }: LoadedAuthority, now: number): boolean {
    if (issuer === authority.issuing || overlapUntil !== null) return true
    const last = this.#services.store.issuance.lastEnd(issuerKeyId(issuer))
    // One list more after the end of the last (RFC 5280 section 3.3).
    return last !== null && now < last + 2 * (this.#settings?.crlLifetime ?? 0)
  }

  #overlapIsOver(): boolean {
    const { overlapUntil } = this.#loaded
    return overlapUntil !== null && this.#services.now() >= overlapUntil
  }
}

/** Trust in it would end unseen: clients and other services know their own CA, not one of certgate's. */
function refuseForeign(authority: OperatingAuthority): void {
  const foreign = endingRoots(authority).find((node) => !isMadeByCertgate(node))
  if (foreign === undefined) return
  throw new IssuanceError(
    'authority',
    `${foreign.facts.dn} is a CA of your own: a rotation makes a root of certgate's, and ends trust in it`,
    OWN_CA_HINT,
  )
}

/** As a request for a new key calls it where that has a word for it: `ec`, `rsa 4096`, `ed25519`. */
export function keyTypeOf({ key }: Pick<Issuer, 'key'>): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key
  if (type === 'ec') return details?.namedCurve === 'prime256v1' ? 'ec' : `ec ${details?.namedCurve}`
  return details?.modulusLength === undefined ? type : `${type} ${details.modulusLength}`
}
