import { type LeaseKey, shareOf } from '../../ipc/messages.ts'

export interface ConnectionLimits {
  /** 0: none. */
  readonly connections: number
  readonly connectionsPerAddress: number
}

/**
 * Who holds how much of the connection limits beyond the workers' own shares. Room is leased in blocks, and what is leased to all
 * workers together never exceeds the limit less the shares.
 */
export class LeaseLedger<Worker> {
  readonly #leased = new Map<string, Map<Worker, number>>()
  #limits: ConnectionLimits = { connections: 0, connectionsPerAddress: 0 }
  #workers = 1

  /** Leases beyond a lowered limit run out as connections end; until then nothing more is granted. */
  configure(limits: ConnectionLimits, workers: number): void {
    this.#limits = limits
    this.#workers = workers
  }

  /** Grants a block, or what is left of it; 0 when the limit is reached. */
  lease(worker: Worker, key: LeaseKey): number {
    const limit = key.address === null ? this.#limits.connections : this.#limits.connectionsPerAddress
    const share = shareOf(limit, this.#workers)
    const holders = this.#leased.get(nameOf(key)) ?? new Map<Worker, number>()
    let left = limit - share * this.#workers
    for (const held of holders.values()) left -= held
    const granted = Math.max(0, Math.min(left, Math.max(1, Math.floor(share / 2))))
    if (granted === 0) return 0
    holders.set(worker, (holders.get(worker) ?? 0) + granted)
    this.#leased.set(nameOf(key), holders)
    return granted
  }

  giveBack(worker: Worker, key: LeaseKey, amount: number): void {
    this.#set(nameOf(key), worker, amount)
  }

  /** Its connections ended with it. */
  forget(worker: Worker): void {
    for (const name of [...this.#leased.keys()]) this.#set(name, worker, Number.POSITIVE_INFINITY)
  }

  #set(name: string, worker: Worker, less: number): void {
    const holders = this.#leased.get(name)
    const held = holders?.get(worker)
    if (holders === undefined || held === undefined) return
    if (held > less) holders.set(worker, held - less)
    else holders.delete(worker)
    if (holders.size === 0) this.#leased.delete(name)
  }
}

const nameOf = ({ listener, address }: LeaseKey): string => (address === null ? listener : `${listener}\0${address}`)
