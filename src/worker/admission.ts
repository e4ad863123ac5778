import { type FromWorker, type LeaseKey, shareOf } from '../ipc/messages.ts'

/** A place that was given to a connection; `release` it exactly once, when the connection is gone. */
export interface Place {
  release(): void
}

/** One limit's count in this worker. */
interface Counter {
  readonly key: LeaseKey
  held: number
  /** Most that was held since the last tidying: what was leased beyond it is given back. */
  peak: number
  leased: number
  /** Who waits for control's answer, first come first served. */
  readonly waiting: ((admitted: boolean) => void)[]
}

interface Limits {
  readonly connections: number
  readonly connectionsPerAddress: number
}

/**
 * Connection limits, counted when TCP accepts and before the handshake costs anything. They hold for all workers together:
 * each has a small share of its own and leases the rest from control, so one that is refused was refused because the limit
 * is reached. An address is what `networkOf` makes of it: IPv6 addresses count by their /64 network, which is what one client gets.
 */
export class Admission {
  readonly #send: (message: FromWorker) => void
  readonly #counters = new Map<string, Counter>()
  #limits: Limits = { connections: 0, connectionsPerAddress: 0 }
  #workers = 1

  constructor(send: (message: FromWorker) => void) {
    this.#send = send
  }

  configure(limits: Limits): void {
    this.#limits = limits
  }

  setWorkers(count: number): void {
    this.#workers = count
  }

  get workers(): number {
    return this.#workers
  }

  /** Calls back with a place, or with which limit is reached; at once where control need not be asked. */
  admit(listener: string, network: string, decided: (place: Place | 'address' | 'listener') => void): void {
    const { connections, connectionsPerAddress } = this.#limits
    this.#take(connectionsPerAddress, { listener, address: network }, (ofAddress) => {
      if (ofAddress === null) {
        decided('address')
        return
      }
      this.#take(connections, { listener, address: null }, (ofListener) => {
        if (ofListener === null) {
          ofAddress.release()
          decided('listener')
          return
        }
        decided({
          release: () => {
            ofAddress.release()
            ofListener.release()
          },
        })
      })
    })
  }

  /** Control's answer to a `lease`. */
  leased(key: LeaseKey, granted: number): void {
    const counter = this.#counters.get(nameOf(key))
    if (counter === undefined) {
      if (granted > 0) this.#send({ kind: 'lease_return', ...key, amount: granted })
      return
    }
    counter.leased += granted
    // Connections that ended meanwhile made room too.
    for (const admit of counter.waiting.splice(0, Math.max(0, this.#room(counter)))) admit(true)
    if (granted === 0) for (const refuse of counter.waiting.splice(0)) refuse(false)
    else if (counter.waiting.length > 0) this.#send({ kind: 'lease', ...key })
  }

  /** Gives back what was not needed of late; to be called about once a second. */
  tidy(): void {
    for (const [name, counter] of this.#counters) {
      const needed = Math.max(0, counter.peak - this.#shareOf(counter.key))
      const surplus = counter.leased - needed
      if (surplus > 0 && counter.waiting.length === 0) {
        counter.leased -= surplus
        this.#send({ kind: 'lease_return', ...counter.key, amount: surplus })
      }
      counter.peak = counter.held
      if (counter.held === 0 && counter.leased === 0 && counter.waiting.length === 0) this.#counters.delete(name)
    }
  }

  #take(limit: number, key: LeaseKey, decided: (place: Place | null) => void): void {
    if (limit === 0) {
      decided(unlimited)
      return
    }
    const name = nameOf(key)
    let counter = this.#counters.get(name)
    if (counter === undefined) {
      counter = { key, held: 0, peak: 0, leased: 0, waiting: [] }
      this.#counters.set(name, counter)
    }
    if (counter.waiting.length === 0 && this.#room(counter) > 0) {
      decided(this.#hold(counter))
      return
    }
    const asked = counter
    counter.waiting.push((admitted) => decided(admitted ? this.#hold(asked) : null))
    if (counter.waiting.length === 1) this.#send({ kind: 'lease', ...key })
  }

  #hold(counter: Counter): Place {
    counter.held++
    if (counter.held > counter.peak) counter.peak = counter.held
    return {
      release: () => {
        counter.held--
      },
    }
  }

  #room(counter: Counter): number {
    return this.#shareOf(counter.key) + counter.leased - counter.held
  }

  #shareOf(key: LeaseKey): number {
    return shareOf(key.address === null ? this.#limits.connections : this.#limits.connectionsPerAddress, this.#workers)
  }
}

const unlimited: Place = { release: () => {} }

const nameOf = ({ listener, address }: LeaseKey): string => (address === null ? listener : `${listener}\0${address}`)
