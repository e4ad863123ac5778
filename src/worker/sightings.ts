import { type FromWorker, MAX_SIGHTINGS } from '../ipc/messages.ts'
import type { Peer } from '../tls/types.ts'

/** Milliseconds. */
const HAND_OVER = 30_000
/** At least this between two, also where very many are seen: what is beyond waits for its next handshake. Control has other things to do. */
const SPACING = 5_000
/** Before the same renewal is told once more: control may have had too many at once. */
const TELL_AGAIN = 60_000
/** Renewals told of late; beyond that the rest waits for its next handshake. */
const MAX_RENEWALS = 256

/** Which registered certificates were seen in handshakes, and which renew one. Costs a handshake one entry of a map, a request nothing. */
export class Sightings {
  readonly #send: (message: FromWorker) => void
  #seen = new Map<string, number>()
  #handedOver = Number.NEGATIVE_INFINITY
  /** Fingerprint -> when it was told. */
  readonly #renewals = new Map<string, number>()

  constructor(send: (message: FromWorker) => void) {
    this.#send = send
    setInterval(() => this.handOver(), HAND_OVER).unref()
  }

  note({ certificate, refusal, renews, evidence }: Peer, now = Date.now()): void {
    if (certificate === null || refusal !== null || evidence === undefined) return
    if (renews !== undefined) this.#tell(certificate.fingerprint, evidence.leaf.base64, now)
    const { fingerprint } = certificate
    if (evidence.registered !== fingerprint) return
    if (this.#seen.size >= MAX_SIGHTINGS && !this.#seen.has(fingerprint)) {
      if (now - this.#handedOver < SPACING) return
      this.handOver(now)
    }
    this.#seen.set(fingerprint, now)
  }

  /** Every half minute, and before the worker ends. */
  handOver(now = Date.now()): void {
    const seen = this.#seen
    this.#handedOver = now
    if (seen.size === 0) return
    this.#seen = new Map()
    this.#send({ kind: 'seen', seen })
  }

  #tell(fingerprint: string, certificate: string, now: number): void {
    const told = this.#renewals.get(fingerprint)
    if (told !== undefined && now - told < TELL_AGAIN) return
    if (this.#renewals.size >= MAX_RENEWALS) {
      for (const [other, at] of this.#renewals) if (now - at >= TELL_AGAIN) this.#renewals.delete(other)
      if (this.#renewals.size >= MAX_RENEWALS) return
    }
    this.#renewals.set(fingerprint, now)
    this.#send({ kind: 'renewal', certificate })
  }
}
