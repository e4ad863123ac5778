import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type ConnectionEnd, connectionKey } from './handshakes-under-way.ts'
import { LruMap } from './lru.ts'

/** Milliseconds of processor time in one turn of the event loop, from which on it is asked who caused that. */
const HEAVY = 30
/** Bytes that a client sent: whoever sent less has shown no chain that could cost so much. */
const LEAST_BYTES = 2_048
/** Milliseconds that a network may owe and still be let in: one that is only unlucky stays below. */
const TOLERATED = 500
/** Part of one worker's time that is forgiven: what a network can cost in the long run. */
const FORGIVEN = 0.05
/** Milliseconds: nobody is kept out for longer, whatever it cost. */
const LONGEST = 60_000
/** Handshakes at once of a network from which nobody trusted has come lately; more wait. */
const STRANGERS_AT_ONCE = 8
/** Milliseconds that one of them may hold its turn while others wait. */
const TURN = 2_000
/** Milliseconds of those in which it may be silent: a client speaks as soon as it is connected, and who only connects has nothing to lose. */
const SILENCE = 500
/** Milliseconds between two looks at who has had its turn. */
const LOOK = 250
/** Milliseconds that one waits for its turn, and that the oldest may hold it which has spoken. */
const PATIENCE = 10_000
const KNOWN_NETWORKS = 65_536

interface Handshake {
  readonly key: string
  readonly socket: Socket
  readonly network: Network
  readonly begin: () => void
  since: number
  /** Bytes read from the client that were accounted for. */
  seen: number
  charged: number
}

interface Network {
  readonly name: string
  /** Milliseconds, at the time `at`. */
  owed: number
  at: number
  readonly running: Set<Handshake>
  /** Oldest first; the newest is next. */
  readonly waiting: Handshake[]
  timer: NodeJS.Timeout | null
  forgotten: NodeJS.Timeout | null
}

/** Milliseconds; both grow. */
export interface CostClock {
  now(): number
  /** Processor time of this thread. */
  spent(): number
}

/**
 * What handshakes cost, by client network. OpenSSL checks every signature of a chain before anybody may judge it, and a made-up chain can
 * make that last a second and more: a network whose untrusted clients cost so much is turned away for a while, and one that nobody
 * trusted has come from has few handshakes under way at once, since what it sends to all of them is read in one turn of the event loop.
 * Of those who wait the newest is next: who only holds connections open, however many, keeps whoever shares its address waiting for one
 * turn, and not for as many as it has. Who goes on opening new ones can keep others behind its address out, as with any limit by address.
 */
export class HandshakeCosts {
  readonly #refusing: (network: string, cost: number, duration: number) => void
  readonly #clock: CostClock
  readonly #networks = new Map<string, Network>()
  readonly #running = new Map<string, Handshake>()
  /** Networks from which a trusted certificate came. */
  readonly #known = new LruMap<string, true>(KNOWN_NETWORKS)
  #turnedAt = 0
  #measuredAt = 0
  #spent = 0
  #watching = false

  /** `refusing`: told when a network is turned away from now on, what it cost and for how long; in milliseconds. */
  constructor(refusing: (network: string, cost: number, duration: number) => void = () => {}, clock: CostClock = threadClock) {
    this.#refusing = refusing
    this.#clock = clock
  }

  /** Its handshakes have cost too much of late. */
  refuses(network: string): boolean {
    const known = this.#networks.get(network)
    return known !== undefined && this.#owedBy(known) > TOLERATED
  }

  /** `begin` starts TLS: at once, later or, where the socket is closed before, never. */
  admit(listener: string, socket: Socket, name: string, begin: () => void): void {
    const network = this.#network(name)
    const key = `${listener} ${connectionKey(socket)}`
    const handshake: Handshake = { key, socket, network, begin, since: this.#clock.now(), seen: 0, charged: 0 }
    socket.once('close', () => {
      const place = network.waiting.lastIndexOf(handshake)
      if (place >= 0) network.waiting.splice(place, 1)
      this.#end(handshake)
    })
    if (this.#hasTurn(network)) {
      this.#begin(handshake)
      return
    }
    network.waiting.push(handshake)
    network.timer ??= setTimeout(() => this.#hurry(network), SILENCE).unref()
  }

  /** The handshake is done; its client may still have to be judged. */
  secured(listener: string, socket: ConnectionEnd): void {
    const handshake = this.#running.get(`${listener} ${connectionKey(socket)}`)
    if (handshake !== undefined) this.#giveTurn(handshake)
  }

  judged(listener: string, socket: ConnectionEnd, trusted: boolean): void {
    const handshake = this.#running.get(`${listener} ${connectionKey(socket)}`)
    if (handshake === undefined) return
    const { network } = handshake
    if (trusted) {
      this.#known.set(network.name, true)
      network.owed = Math.max(0, network.owed - handshake.charged)
    } else this.#weigh()
    this.#end(handshake)
  }

  #hasTurn({ name, running }: Network): boolean {
    return running.size < STRANGERS_AT_ONCE || this.#known.get(name) === true
  }

  #begin(handshake: Handshake): void {
    handshake.since = this.#clock.now()
    handshake.network.running.add(handshake)
    this.#running.set(handshake.key, handshake)
    if (!this.#watching) {
      this.#watching = true
      this.#turnedAt = this.#measuredAt = this.#clock.now()
      this.#spent = this.#clock.spent()
      this.#watch()
    }
    handshake.begin()
  }

  #end(handshake: Handshake): void {
    if (this.#running.get(handshake.key) === handshake) this.#running.delete(handshake.key)
    this.#giveTurn(handshake)
    this.#forget(handshake.network)
  }

  #giveTurn(handshake: Handshake): void {
    const { network } = handshake
    network.running.delete(handshake)
    while (this.#hasTurn(network)) {
      const next = network.waiting.pop()
      if (next === undefined) return
      if (!next.socket.destroyed) this.#begin(next)
    }
  }

  /**
   * Somebody waits: who has had a turn makes room. But for one: where all of them are slow, as many small devices behind one address are, none
   * would ever be done, and so nobody known.
   */
  #hurry(network: Network): void {
    const now = this.#clock.now()
    network.timer = null
    for (const handshake of [...network.waiting]) if (now - handshake.since >= PATIENCE) handshake.socket.destroy()
    let wanted = network.waiting.length
    let spared = false
    for (const { since, socket } of [...network.running]) {
      if (wanted === 0) break
      const silent = socket.bytesRead === 0
      if (now - since < (silent ? SILENCE : TURN)) continue
      if (!silent && !spared && now - since < PATIENCE) {
        spared = true
        continue
      }
      wanted--
      socket.destroy()
    }
    if (network.waiting.length > 0) network.timer = setTimeout(() => this.#hurry(network), LOOK).unref()
  }

  /** Once in every turn of the event loop while a handshake is under way; without `unref` the loop would never rest. */
  #watch(): void {
    setImmediate(() => {
      this.#weigh()
      this.#watching = this.#running.size > 0
      if (this.#watching) this.#watch()
    }).unref()
  }

  /** Processor time is asked for seldom: it is a system call. */
  #weigh(): void {
    const now = this.#clock.now()
    const long = now - this.#turnedAt >= HEAVY
    this.#turnedAt = now
    if (!long && now - this.#measuredAt < HEAVY / 6) return
    this.#measuredAt = now
    const before = this.#spent
    this.#spent = this.#clock.spent()
    if (long && this.#spent - before >= HEAVY) this.#charge(this.#spent - before)
  }

  /** To those who sent something in that turn, by how much. */
  #charge(cost: number): void {
    const sent = new Map<Handshake, number>()
    let all = 0
    for (const handshake of this.#running.values()) {
      const bytes = handshake.socket.bytesRead - handshake.seen
      if (bytes < LEAST_BYTES) continue
      handshake.seen += bytes
      sent.set(handshake, bytes)
      all += bytes
    }
    const charged = new Map<Network, number>()
    for (const [handshake, bytes] of sent) {
      const part = (cost * bytes) / all
      handshake.charged += part
      charged.set(handshake.network, (charged.get(handshake.network) ?? 0) + part)
    }
    for (const [network, part] of charged) this.#owe(network, part)
  }

  #owe(network: Network, cost: number): void {
    const before = this.#owedBy(network)
    network.owed = Math.min(before + cost, TOLERATED + LONGEST * FORGIVEN)
    if (network.owed <= TOLERATED) return
    for (const { socket } of [...network.running, ...network.waiting]) socket.destroy()
    if (before <= TOLERATED) this.#refusing(network.name, cost, (network.owed - TOLERATED) / FORGIVEN)
  }

  #owedBy(network: Network): number {
    const now = this.#clock.now()
    network.owed = Math.max(0, network.owed - (now - network.at) * FORGIVEN)
    network.at = now
    return network.owed
  }

  #network(name: string): Network {
    let network = this.#networks.get(name)
    if (network === undefined) {
      network = { name, owed: 0, at: this.#clock.now(), running: new Set(), waiting: [], timer: null, forgotten: null }
      this.#networks.set(name, network)
    }
    return network
  }

  /** What is owed is kept until it is forgiven; there is not much of that at once, for it takes processor time to owe. */
  #forget(network: Network): void {
    // A connection that outlived what was known of its network says nothing about what is known since.
    if (this.#networks.get(network.name) !== network) return
    if (network.running.size > 0 || network.waiting.length > 0 || network.forgotten !== null) return
    const owed = this.#owedBy(network)
    if (owed === 0) {
      this.#networks.delete(network.name)
      return
    }
    network.forgotten = setTimeout(
      () => {
        network.forgotten = null
        this.#forget(network)
      },
      owed / FORGIVEN + 1,
    ).unref()
  }
}

const threadClock: CostClock = {
  now: () => performance.now(),
  spent() {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  },
}
