import { eventually } from '../../support/eventually.ts'
import type { FaultGateway } from './gateway.ts'
import { megabytes, Sampler, sampleOf } from './sampler.ts'
import type { FaultContext } from './types.ts'

/** What garbage collection does to a heap from one look to the next, in bytes. */
const NOISE = 12e6
/** In a run too short for a heap to have found its size. */
const SHORT_NOISE = 64e6
const SHARE = 0.1
/** Descriptors that are opened when something is done first, and kept. */
const KEPT = 4
/** Connections to an upstream that nobody uses are closed by then. */
const GIVEN_BACK = 90_000

/** Watches whether a gateway grows under load. */
export class Flatness {
  readonly #gateway: FaultGateway
  readonly #before: number
  #sampler: Sampler | null = null

  /** While nothing is asked: what it holds now it is to hold in the end. */
  constructor(gateway: FaultGateway) {
    this.#gateway = gateway
    this.#before = sampleOf(gateway.program.pid).descriptors
  }

  /** From here on it has settled. */
  watch({ t, say }: FaultContext, milliseconds: number): void {
    const sampler = new Sampler(this.#gateway.program.pid, milliseconds)
    const progress = setInterval(() => say(megabytes(sampler.samples.at(-1)?.pss ?? 0)), 60_000)
    this.#sampler = sampler
    t.after(() => clearInterval(progress))
    t.after(() => sampler.stop())
  }

  /** The load is about to end. */
  stop(): void {
    this.#sampler?.stop()
  }

  /** Nothing is asked any more. */
  async judge({ report, short }: FaultContext): Promise<void> {
    this.stop()
    const { before, after } = this.#sampler?.growth() ?? { before: 0, after: 0 }
    report.figure('least memory in the middle and at the end', `${megabytes(before)}, ${megabytes(after)}`)
    report.bound(
      'memory is flat',
      after - before < Math.max(short ? SHORT_NOISE : NOISE, before * SHARE),
      `${megabytes(before)}, then ${megabytes(after)}`,
    )
    let descriptors = 0
    const back = async () => {
      descriptors = sampleOf(this.#gateway.program.pid).descriptors
      return descriptors <= this.#before + KEPT
    }
    const all = await eventually('the descriptors to be given back', back, GIVEN_BACK).catch(() => false)
    report.figure('descriptors before and after', `${this.#before}, ${descriptors}`)
    report.bound('descriptors are given back', all, `${this.#before} before, ${descriptors} after`)
  }
}
