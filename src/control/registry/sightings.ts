import { createHash, X509Certificate } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { entryFacts } from '../../certificates/entry-facts.ts'
import type { SightingMessage } from '../../ipc/messages.ts'
import { StoreError } from '../../store/failure.ts'
import type { Store } from '../../store/store.ts'
import type { Actor } from '../../store/types.ts'
import { datesRefusal, type Leaf, leafRefusal, readLeaf } from '../../tls/leaf.ts'
import type { Registry } from '../../tls/registry.ts'
import type { Registered } from '../../tls/registry-types.ts'
import { recognizeRenewal } from '../../tls/renewal.ts'

/** Renewals that wait to be recorded; what is beyond is told again by its worker. */
const MAX_WAITING = 256

const CERTGATE: Actor = { name: 'certgate', fingerprint: null }

export interface SightingServices {
  readonly store: Store
  /** Control's own. */
  readonly registry: Registry
  /** Has every worker told what was recorded. */
  published(): Promise<void>
  log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void
}

/** Records what workers saw in handshakes. Nothing here is believed of a worker that could not be seen in the certificate itself. */
export class RegistrySightings {
  readonly #services: SightingServices
  readonly #waiting = new Set<string>()
  #recording = false
  #closed = false

  constructor(services: SightingServices) {
    this.#services = services
  }

  /** Before the store closes: what workers tell as they end, or told and nobody has recorded, is dropped. */
  close(): void {
    this.#closed = true
    this.#waiting.clear()
  }

  hear(message: SightingMessage): void {
    if (this.#closed) return
    if (message.kind === 'seen') this.#noteSeen(message.seen)
    else if (this.#waiting.size < MAX_WAITING) {
      this.#waiting.add(message.certificate)
      void this.#recordAll()
    }
  }

  /** Lost where the store cannot be written: nothing is decided by it. */
  #noteSeen(seen: ReadonlyMap<string, number>): void {
    try {
      this.#services.store.registry.noteSeen(seen)
    } catch (error) {
      this.#services.log('warn', 'when certificates were last seen could not be recorded', { err: error })
    }
  }

  async #recordAll(): Promise<void> {
    if (this.#recording) return
    this.#recording = true
    try {
      for (const certificate of this.#waiting) {
        this.#waiting.delete(certificate)
        if (this.#record(certificate)) await this.#services.published()
        await nextTurn()
      }
    } catch (error) {
      if (this.#closed) return
      this.#services.log('warn', 'a recorded renewal could not be published yet', { err: error })
    } finally {
      this.#recording = false
    }
  }

  #record(certificate: string): boolean {
    const { store, log } = this.#services
    try {
      const der = Buffer.from(certificate, 'base64')
      const x509 = new X509Certificate(der)
      const leaf = readLeaf(x509, x509.raw)
      const predecessor = this.#predecessorOf(leaf, x509)
      if (predecessor === null) return false
      const { name, fingerprint, issuerKey } = predecessor
      const entry = store.registry.renew(
        fingerprint,
        { ...entryFacts(leaf), name, issuerKey, ...this.#ours(fingerprint, issuerKey) },
        CERTGATE,
      )
      log('info', `a renewal of the registered certificate ${JSON.stringify(name)} was recorded`, {
        fingerprint: entry.fingerprint,
        predecessor: fingerprint,
      })
      return true
    } catch (error) {
      // Another worker told of it first.
      if (error instanceof StoreError && error.code === 'entry_exists') return false
      log('warn', 'a renewed certificate could not be recorded', { err: error })
      return false
    }
  }

  #predecessorOf(leaf: Leaf, x509: X509Certificate): Registered | null {
    const { registry } = this.#services
    const now = Date.now()
    const { refused, entry } = registry.standing(leaf.certificate.fingerprint, leaf.pin)
    if (refused !== null || entry !== null || datesRefusal(leaf.facts, now) !== null || leafRefusal(leaf) !== null) return null
    return recognizeRenewal({ leaf, x509: () => x509 }, registry.withPin(leaf.pin), now).predecessor
  }

  /** Signed by the CA of ours that issued what it renews: CRL and OCSP answer for its serial too. */
  #ours(predecessor: string, issuerKey: Uint8Array | null): { readonly issuerKeyId?: string } {
    const issuerKeyId = this.#services.store.issuance.byFingerprint(predecessor)?.issuerKeyId
    if (issuerKeyId === undefined || issuerKey === null) return {}
    return createHash('sha256').update(issuerKey).digest('hex') === issuerKeyId ? { issuerKeyId } : {}
  }
}
