import { readSigningRequest, type SigningRequest } from '../../certificates/csr.ts'
import { issuedFacts, leafOf } from '../../certificates/entry-facts.ts'
import type { Issuer } from '../../certificates/issuer.ts'
import { type SigningDecision, signRequest } from '../../certificates/sign-request.ts'
import { CertgateError } from '../../errors.ts'
import type { Rights } from '../../identity/types.ts'
import type { Actor as Granter } from '../../policy/granting.ts'
import type { EnrolmentToken } from '../../store/enrolment-tokens.ts'
import type { Actor, RegistryEntry } from '../../store/types.ts'
import { readPem } from '../../tls/pem.ts'
import type { Peer } from '../../tls/types.ts'
import { asksForNames } from '../certificates/desk.ts'
import { lifeOf } from '../certificates/life.ts'
import { LiveNames } from '../certificates/live-names.ts'
import type { AdministrationContext } from '../context.ts'
import { RefusalRecords } from '../refusal-records.ts'
import { EnrolmentError } from './enrolment-error.ts'
import { enrolmentFailure } from './failures.ts'
import { checkGrant, makerOf, userAsMaker } from './grant-check.ts'
import { EnrolmentPasswords, type PasswordOptions } from './passwords.ts'
import { checkNameRoom, checkRenewalRoom, checkSameNames, renewable } from './renewal-rules.ts'

export type EnrolmentContext = Pick<AdministrationContext, 'store' | 'inForce' | 'authority' | 'published' | 'announce' | 'now'>

/** What a new client shows for itself. */
export type EnrolmentCredentials =
  /** `expected`: refused, and not used up, where the token is for another name. */
  | { readonly kind: 'token'; readonly secret: string; readonly expected?: string }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }

export interface EnrolmentOptions extends PasswordOptions {
  /** Default: its own. */
  readonly names?: LiveNames
}

const DAY = 86_400_000
const NO_PERMISSIONS: Rights['permissions'] = new Map()

/** What is to be issued to whom, decided before anything is signed. */
interface Plan extends Rights {
  readonly name: string
  /** Milliseconds; null: the profile's. */
  readonly lifetime: number | null
  readonly actor: Actor
  /** Who gives this, and what they hold now. Throws EnrolmentError where they may give nothing. */
  maker(): Granter
  /** Throws EnrolmentError where they have had enough of it. Asked before anything is signed, and in the transaction. */
  checkRoom(): void
  /** What else belongs into the transaction. */
  used(fingerprint: string): void
}

/**
 * Certificates without an administrator at hand: for a one-time token, for a password where that is allowed, and for the certificate
 * that is to be renewed. Whatever a request asks for, name, rights and life are those of the token, the user or the certificate.
 */
export class Enrolment {
  readonly #context: EnrolmentContext
  readonly #names: LiveNames
  readonly #passwords: EnrolmentPasswords
  readonly #refusals: RefusalRecords
  /** One says it all: whoever causes these is known, and goes on. */
  readonly #tooMany: RefusalRecords

  constructor(context: EnrolmentContext, options: EnrolmentOptions = {}) {
    this.#context = context
    this.#names = options.names ?? new LiveNames(context)
    this.#passwords = new EnrolmentPasswords(context, options)
    const summary = { action: 'certificate.enrol', actor: { name: 'certgate', fingerprint: null } }
    this.#refusals = new RefusalRecords(context.store.audit, () => context.now(), summary)
    this.#tooMany = new RefusalRecords(context.store.audit, () => context.now(), summary, 1)
  }

  /** DER of what clients need to send and to trust: what signs now, the certificates above it up to the root, then all others in force. */
  authorities(): Buffer[] {
    const { issuing, roots, issuers } = this.#context.authority()
    // The root above what signs stands first.
    const all = [issuing?.chain ?? '', ...roots, ...issuers.map(({ chain }) => chain)].flatMap((pem) =>
      readPem(Buffer.from(pem), 'the authority'),
    )
    return [...new Map(all.map(({ der }) => [der.toString('latin1'), der])).values()]
  }

  /** A first certificate. Resolves once it is recorded, and every worker knows it; rejects with EnrolmentError, and nothing happened. */
  enrol(request: Buffer, credentials: EnrolmentCredentials, remote: string): Promise<RegistryEntry> {
    const who = credentials.kind === 'token' ? 'enrolment token' : credentials.name
    return this.#attempt(credentials.kind, { name: who, fingerprint: null, remote }, async () => {
      const plan = credentials.kind === 'token' ? this.#byToken(credentials.secret, remote) : await this.#byPassword(credentials, remote)
      if (credentials.kind === 'token' && credentials.expected !== undefined && credentials.expected !== plan.name) {
        throw new EnrolmentError('not_granted', `the token is for the name ${plan.name}`, {
          hint: 'ask for that name; the token was not used up',
        })
      }
      const asked = readSigningRequest(request)
      checkCommonName(asked, plan.name, credentials.kind)
      return this.#issue(asked, plan)
    })
  }

  /** Renews the certificate of a connection, for the same key or a new one. Resolves and rejects as `enrol`. */
  renew(request: Buffer, peer: Peer, remote: string): Promise<RegistryEntry> {
    const { certificate, refusal } = peer
    const actor: Actor = { name: certificate?.dn ?? 'nobody', fingerprint: certificate?.fingerprint ?? null, remote }
    return this.#attempt('certificate', actor, async () => {
      if (certificate === null) {
        throw new EnrolmentError('certificate_missing', 'no client certificate was sent', { hint: 'send the one that you renew' })
      }
      if (refusal !== null) throw new EnrolmentError('certificate_refused', `your certificate is refused: ${refusal}`)
      const { store } = this.#context
      const { fingerprint } = certificate
      const current = renewable(store, fingerprint, this.#context.now())
      checkRenewalRoom(store, fingerprint, this.#context.now())
      const asked = readSigningRequest(request)
      const authority = this.#context.authority()
      const commonName = checkSameNames(asked, current, authority)
      const decision = { commonName, names: asked.sans, days: lifeOf(current) / DAY }
      const { der, issuer } = this.#sign(asked, decision)
      const by: Actor = { ...actor, name: current.name }
      return store.write(() => {
        const { name } = renewable(store, fingerprint, this.#context.now())
        checkRenewalRoom(store, fingerprint, this.#context.now())
        return store.registry.renew(fingerprint, { ...issuedFacts(issuer, leafOf(der)), name }, by)
      })
    })
  }

  async #attempt(way: string, actor: Actor, issue: () => Promise<RegistryEntry>): Promise<RegistryEntry> {
    let entry: RegistryEntry
    try {
      entry = await issue()
    } catch (error) {
      const failure = enrolmentFailure(error)
      if (failure instanceof EnrolmentError) this.#note(failure, way, actor)
      throw failure
    }
    // Recorded for good: whoever comes with it now has to be known everywhere.
    await this.#context.published()
    const { fingerprint, createdBy } = entry
    this.#context.announce({ kind: 'certificate', data: { action: 'certificate.enrol', target: fingerprint, by: createdBy, page: null } })
    return entry
  }

  #note({ reason, message }: EnrolmentError, way: string, actor: Actor): void {
    if (reason === 'unavailable') return
    try {
      const records = reason === 'too_many_renewals' ? this.#tooMany : this.#refusals
      records.note({ action: 'certificate.enrol', target: null, details: { way, reason, message } }, actor)
    } catch {
      // It is refused all the same.
    }
  }

  #byToken(secret: string, remote: string): Plan {
    const { tokens } = this.#context.store
    const token = tokens.check(secret)
    const maker = () => this.#makerOf(token)
    const actor: Actor = { name: `enrolment token ${token.id}`, fingerprint: null, remote }
    const { name, clearance, permissions, lifetime } = token
    const used = (fingerprint: string) => void tokens.consume(secret, fingerprint, actor)
    return { name, clearance, permissions, lifetime, actor, maker, checkRoom: () => {}, used }
  }

  #makerOf(token: EnrolmentToken): Granter {
    const maker = makerOf(this.#context, token.createdBy)
    if (maker !== null) return maker
    throw new EnrolmentError('not_granted', 'whoever made this token may give nothing any more', { hint: 'ask for a new one' })
  }

  async #byPassword({ name, password }: { readonly name: string; readonly password: string }, remote: string): Promise<Plan> {
    const user = await this.#passwords.verify(name, password, remote)
    const maker = () => userAsMaker(this.#context, user)
    const actor: Actor = { name: `user ${user.name}`, fingerprint: null, remote }
    const checkRoom = () => checkNameRoom(this.#context.store, user.name, this.#context.now())
    const rights = { clearance: 'ValidUser', permissions: NO_PERMISSIONS } as const
    return { name: user.name, ...rights, lifetime: null, actor, maker, checkRoom, used: () => {} }
  }

  async #issue(asked: SigningRequest, plan: Plan): Promise<RegistryEntry> {
    const { name, clearance, permissions, lifetime, actor, maker } = plan
    const { store } = this.#context
    plan.checkRoom()
    // No name of the request is taken over: a SAN may be somebody's user name.
    const decision = { commonName: name, names: [], ...(lifetime === null ? {} : { days: lifetime / DAY }) }
    const { der, issuer } = this.#sign(asked, decision)
    const leaf = leafOf(der)
    if (asksForNames(maker())) await this.#names.prepare()
    return store.write(() => {
      plan.checkRoom()
      checkGrant(this.#context, maker(), { name, clearance, permissions, leaf }, this.#names)
      const [entry] = store.registry.add([{ ...issuedFacts(issuer, leaf), name, clearance, permissions, origin: 'issued' }], actor)
      plan.used((entry as RegistryEntry).fingerprint)
      return entry as RegistryEntry
    })
  }

  #sign(asked: SigningRequest, decision: SigningDecision): { readonly der: Buffer; readonly issuer: Issuer } {
    const { issuing, problem } = this.#context.authority()
    if (issuing === null) {
      const cause = new CertgateError('issuance_refused', problem === '' ? 'there is no authority that signs' : problem)
      throw new EnrolmentError('unavailable', 'nothing can be issued here', { cause, retryAfter: 300 })
    }
    const { der } = signRequest(issuing, 'client', asked, { ...decision, now: this.#context.now() })
    return { der, issuer: issuing }
  }
}

/** Whoever asks for a name is not given another one without a word: they could not renew it with the same request either. */
function checkCommonName({ commonName }: SigningRequest, name: string, kind: EnrolmentCredentials['kind']): void {
  if (commonName === null || commonName === name) return
  if (kind === 'password') throw new EnrolmentError('not_granted', 'the request has another common name than yours')
  throw new EnrolmentError('not_granted', `the token is for the name ${shortened(name)}, and the request is for another common name`, {
    hint: 'ask for that name, or for none; the token was not used up',
  })
}

const LONGEST_NAME = 100

const shortened = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}...` : name)
