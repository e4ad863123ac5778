import { checkedPassword } from '../../certificates/bundle.ts'
import { readSigningRequest } from '../../certificates/csr.ts'
import { issuedFacts, leafOf } from '../../certificates/entry-facts.ts'
import { type IssuedCertificate, issue, type LeafRequest, type SignedCertificate } from '../../certificates/issue.ts'
import type { Issuer } from '../../certificates/issuer.ts'
import type { KeyType } from '../../certificates/key.ts'
import type { LifetimeRequest } from '../../certificates/lifetime.ts'
import { type SignedRequest, signRequest } from '../../certificates/sign-request.ts'
import { checkName } from '../../certificates/subject-name.ts'
import { COMMON_NAME } from '../../identity/oids.ts'
import type { Rights, San } from '../../identity/types.ts'
import { type Actor as Granter, grantProblem, managementProblem } from '../../policy/granting.ts'
import { isUsable } from '../../store/entry-state.ts'
import type { RegistryEntry } from '../../store/types.ts'
import type { Leaf } from '../../tls/leaf.ts'
import { sanText } from '../../tls/name-digest.ts'
import { AdminProblem } from '../problem.ts'
import type { Caller } from '../types.ts'
import { UnderWay } from '../under-way.ts'
import { type Attempt, type Desk, throwRefusal } from './desk.ts'
import { lifeOf } from './life.ts'
import { Turns } from './turns.ts'

/** A certificate that is asked for; what is absent is the profile's. */
export interface Order extends LifetimeRequest {
  readonly name: string
  readonly rights: Rights
  readonly names?: readonly string[] | undefined
  readonly keyType?: KeyType | undefined
  /** Of the files that are made of it: refused before there is a certificate. */
  readonly password?: string | null
}

export interface SigningOrder extends LifetimeRequest {
  readonly request: string
  /** Absent: the common name of the request. */
  readonly name?: string | undefined
  readonly rights: Rights
  readonly names?: readonly string[] | undefined
}

/** Its lifetime, where absent, is that of what it renews. */
export interface RenewalOrder extends LifetimeRequest {
  readonly request?: string | undefined
  readonly keyType?: KeyType | undefined
  readonly password?: string | null
}

export interface Generated {
  readonly entry: RegistryEntry
  readonly issued: IssuedCertificate
  /** Others in force under its name; of a renewal none is told: what it renews is one. */
  readonly sameName: readonly RegistryEntry[]
}

export interface Signed {
  readonly entry: RegistryEntry
  readonly signed: SignedRequest
  /** Names that were asked for and are not in it. */
  readonly dropped: readonly San[]
  /** Others that have its key, and are refused with it if it is revoked or disabled; of a renewal, only those of other names. */
  readonly sameKey: readonly RegistryEntry[]
  readonly sameName: readonly RegistryEntry[]
}

/** How a new certificate enters the registry. */
interface Registration {
  readonly name: string
  readonly rights: Rights
  readonly origin: 'issued' | 'renewed'
  readonly predecessor: string | null
}

const DAY = 86_400_000
const NO_ROLES: ReadonlySet<string> = new Set()

/**
 * Certificates of our own authority. Each is signed, judged and recorded in one transaction: what is refused was never released, and what
 * is released is on record. Throws AdminProblem, and IssuanceError for what the authority's rules refuse.
 */
export class CertificateIssuing {
  readonly #desk: Desk
  /** Keys that take seconds to make, one by one. */
  readonly #slowKeys = new UnderWay()
  readonly #turns = new Turns()

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** A new key and its certificate. The key is nowhere but in the result. */
  async generate(caller: Caller, order: Order): Promise<Generated> {
    const attempt = this.#begin(caller, 'certificate.add', order)
    const issuer = this.#desk.issuer()
    checkedPassword(order.password ?? null)
    const { name: commonName, names = [], days, notAfter, keyType = 'ec' } = order
    const now = this.#desk.context.now()
    const issued = await this.#issue(caller, issuer, { commonName, names, days, notAfter, keyType, now })
    const registration: Registration = { name: order.name, rights: order.rights, origin: 'issued', predecessor: null }
    const entry = await this.#record(attempt, issuer, issued, () => registration)
    return { entry, issued, sameName: this.#desk.namesakes([entry]) }
  }

  /** Certifies the key of a signing request (PKCS#10). */
  async sign(caller: Caller, order: SigningOrder): Promise<Signed> {
    const request = this.#readRequest(caller, order.request)
    const name = order.name ?? request.commonName ?? ''
    const attempt = this.#begin(caller, 'certificate.add', { name, rights: order.rights })
    const issuer = this.#desk.issuer()
    const { names, days, notAfter } = order
    const now = this.#desk.context.now()
    const decision = { commonName: name, days, notAfter, now, ...(names === undefined ? {} : { names }) }
    const signed = signRequest(issuer, 'client', request, decision)
    const registration: Registration = { name, rights: order.rights, origin: 'issued', predecessor: null }
    const entry = await this.#record(attempt, issuer, signed, () => registration)
    return { entry, signed, dropped: signed.dropped, sameKey: this.#sameKey(entry), sameName: this.#desk.namesakes([entry]) }
  }

  /**
   * A new certificate with the names and rights of another, for a new key or that of a signing request, and for as long as that was made
   * for. The other stays as it is.
   */
  async renew(caller: Caller, reference: string, order: RenewalOrder): Promise<Generated | Signed> {
    this.#desk.permit('certificates', { caller, action: 'certificate.renew', target: reference.toWellFormed().slice(0, 256) })
    const { entry: before } = this.#desk.find(reference)
    const attempt: Attempt = { caller, action: 'certificate.renew', target: before.group, name: before.name }
    this.#desk.check(managementProblem(caller.rights, before), attempt)
    const issuer = this.#desk.issuer()
    const subject = subjectOf(before, leafOf(before.der))
    checkedPassword(order.password ?? null)
    const now = this.#desk.context.now()
    const { notAfter, keyType = 'ec' } = order
    const days = order.days ?? (notAfter === undefined ? lifeOf(before) / DAY : undefined)
    const decision = { ...subject, days, notAfter, now }
    const registration = (held: Granter) => this.#renewalOf(held, before.fingerprint)
    if (order.request === undefined) {
      const issued = await this.#issue(caller, issuer, { ...decision, keyType })
      return { entry: await this.#record(attempt, issuer, issued, registration), issued, sameName: [] }
    }
    const signed = signRequest(issuer, 'client', this.#readRequest(caller, order.request), decision)
    const entry = await this.#record(attempt, issuer, signed, registration)
    const sameKey = this.#sameKey(entry).filter(({ name }) => name !== entry.name)
    return { entry, signed, dropped: signed.dropped, sameKey, sameName: [] }
  }

  /** What can be refused before a key is made: it is costly. Its roles are judged with the certificate. */
  #begin(caller: Caller, action: string, { name, rights }: { readonly name: string; readonly rights: Rights }): Attempt {
    const attempt: Attempt = { caller, action, target: null, name }
    this.#desk.check(grantProblem(caller.rights, { ...rights, roles: NO_ROLES }), attempt)
    checkName(name)
    return attempt
  }

  /** Any number could wait else, also for clients who have gone, and whoever asks for one key after them for as long. */
  #issue(caller: Caller, issuer: Issuer, request: LeafRequest): Promise<IssuedCertificate> {
    const make = () => issue(issuer, 'client', request)
    return request.keyType === 'rsa' || request.keyType === 'rsa4096' ? this.#slowKeys.run(caller, make) : make()
  }

  #readRequest(caller: Caller, text: string) {
    this.#desk.permit('certificates', { caller, action: 'certificate.add', target: null })
    return readSigningRequest(text)
  }

  #sameKey(entry: RegistryEntry): RegistryEntry[] {
    return this.#desk.context.store.registry.sharing([entry], this.#desk.context.now())
  }

  /** As the certificate to be renewed is in this transaction. */
  #renewalOf(held: Granter, fingerprint: string): Registration {
    const before = this.#desk.context.store.registry.get(fingerprint)
    if (before === null) throw new AdminProblem(404, 'not_found', 'the certificate to be renewed is no longer in the registry')
    throwRefusal(managementProblem(held, before))
    const { name, clearance, permissions } = before
    const origin = isUsable(before, this.#desk.context.now()) ? 'renewed' : 'issued'
    return { name, rights: { clearance, permissions }, origin, predecessor: fingerprint }
  }

  async #record(
    attempt: Attempt,
    issuer: Issuer,
    signed: SignedCertificate,
    registration: (held: Granter) => Registration,
  ): Promise<RegistryEntry> {
    const { caller } = attempt
    // Keys are finished, and told of, by the hundred at once; each is recorded, and told to the workers, for itself.
    await this.#turns.run({ caller }, () => {})
    await this.#desk.prepareNames(caller)
    return this.#desk.change(attempt, (held) => {
      const leaf = leafOf(signed.der)
      const { name, rights, origin, predecessor } = registration(held)
      this.#desk.checkForeign(leaf.pin)
      this.#desk.checkGrants(held, [{ name, certificate: leaf.certificate, pin: leaf.pin, rights }])
      const entry = { ...issuedFacts(issuer, leaf), ...rights, name, origin, predecessor }
      return this.#desk.context.store.registry.add([entry], caller.actor)[0] as RegistryEntry
    })
  }
}

/** What the new one is for. A subject of more than one common name, and names of other kinds, are not ours to certify. */
function subjectOf(entry: RegistryEntry, { facts, certificate }: Leaf): { readonly commonName: string; readonly names: readonly San[] } {
  const [attribute, ...others] = facts.subject.flat()
  const foreign = certificate.sans.find(({ type }) => type === 'otherName' || type === 'directoryName' || type === 'registeredID')
  if (attribute?.oid !== COMMON_NAME || attribute.encoded === true || others.length > 0 || foreign !== undefined) {
    const what = foreign === undefined ? `the subject ${entry.subjectDn}` : `the name ${sanText(foreign)}`
    throw new AdminProblem(409, 'not_renewable', `this authority does not certify ${what}`, { hint: 'generate a new certificate instead' })
  }
  return { commonName: attribute.value, names: facts.sans }
}
