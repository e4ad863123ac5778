/** What one client took in the window that runs. The hot path counts in it: `++asked > most` means that this one is shed. */
export interface Share {
  asked: number
  /** Infinite unless there is less for all than they ask. */
  most: number
  /** Connections that count here. */
  holders: number
}

/** Milliseconds: what budgets are reckoned for; a window that lasted longer counts in proportion. */
const WINDOW = 250
/** Of what was let in while there was too much. */
const BACK_OFF = 0.8
const RECOVERY = 1.25
/** Once all that is asked for fits so many windows in a row, nobody is counted out any more. */
const CALM_WINDOWS = 8

/**
 * Shares out what a strained worker can do, window by window: while it is strained the budget shrinks, afterwards it grows again (additive
 * trials would take minutes), and each client gets the same at most, so that who asks for little gets all of it (max-min fairness). Whoever
 * asks for most is turned away first, and alone while that is enough.
 */
export class FairUse {
  /** Never less than this is let in per window, however strained. */
  readonly #least: number
  readonly #shares = new Map<string, Share>()
  #budget = Number.POSITIVE_INFINITY
  #level = Number.POSITIVE_INFINITY
  #calm = 0
  #credit = 0

  constructor(least: number) {
    this.#least = least
  }

  /** The share of a client for one more connection; to be given back by `leave`. */
  join(client: string): Share {
    let share = this.#shares.get(client)
    if (share === undefined) {
      share = { asked: 0, most: this.#grant(), holders: 0 }
      this.#shares.set(client, share)
    }
    share.holders++
    return share
  }

  leave(client: string): void {
    const share = this.#shares.get(client)
    // One that asked in this window stays until its end: coming back must not make a new share of it.
    if (share !== undefined && --share.holders === 0 && share.asked === 0) this.#shares.delete(client)
  }

  /** Counts one; false: it is to be turned away. For what has no connection yet. */
  admits(client: string): boolean {
    const share = this.join(client)
    const admitted = ++share.asked <= share.most
    this.leave(client)
    return admitted
  }

  get limited(): boolean {
    return this.#budget !== Number.POSITIVE_INFINITY
  }

  /** Nothing more can be turned away than is already. */
  get exhausted(): boolean {
    return this.#budget <= this.#least
  }

  /** Ends a window of so many milliseconds. */
  turn(strained: boolean, duration: number): void {
    if (strained || this.limited) this.#adjust(strained, duration)
    // From a random one on: the same would be passed over each time.
    this.#credit = Math.random()
    for (const [client, share] of this.#shares) {
      share.asked = 0
      share.most = this.#grant()
      if (share.holders === 0) this.#shares.delete(client)
    }
  }

  /** What one client may have in this window. Where there is less than one for each, some have one, others the next time. */
  #grant(): number {
    if (this.#level >= 1) return Math.floor(this.#level)
    this.#credit += this.#level
    if (this.#credit < 1) return 0
    this.#credit--
    return 1
  }

  #adjust(strained: boolean, duration: number): void {
    const scale = WINDOW / Math.max(WINDOW, duration)
    let asked = 0
    let admitted = 0
    for (const share of this.#shares.values()) {
      asked += share.asked
      admitted += Math.min(share.asked, share.most)
    }
    if (strained) this.#budget = Math.max(this.#least, BACK_OFF * Math.min(this.#budget, admitted * scale))
    else this.#budget *= RECOVERY
    this.#calm = strained || asked * scale > this.#budget ? 0 : this.#calm + 1
    if (this.#calm >= CALM_WINDOWS) this.#budget = Number.POSITIVE_INFINITY
    const demands = Array.from(this.#shares.values(), (share) => share.asked * scale).filter((demand) => demand > 0)
    this.#level = this.limited ? fairLevel(demands, this.#budget) : Number.POSITIVE_INFINITY
  }
}

/** The most that each may have so that all together have `budget`, where nobody gets more than asked for; infinite where all of it fits. */
export function fairLevel(demands: readonly number[], budget: number): number {
  const rising = demands.toSorted((a, b) => a - b)
  let left = budget
  for (const [index, demand] of rising.entries()) {
    const equal = left / (rising.length - index)
    if (demand > equal) return equal
    left -= demand
  }
  return Number.POSITIVE_INFINITY
}
