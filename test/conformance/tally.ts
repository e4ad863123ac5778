import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { DIFFERENCES } from './differences.ts'

/** One thing that went wrong with a case, with all that is needed to see it without running it again. */
export interface Fault {
  readonly expected: string
  readonly reached: string
}

/** What a case came to. `invariants` hold for every case; `expectations` are the published ones, which `differences.ts` may excuse. */
export interface Outcome {
  readonly id: string
  readonly sent: string
  readonly invariants: readonly Fault[]
  readonly expectations: readonly Fault[]
  /** Faults against the published expectation count where this is `must`; else they are reported, together with those of its like. */
  readonly binding: string
}

/** Counts the cases of one suite and ends it with one line. */
export class Tally {
  readonly #suite: string
  #run = 0
  #passed = 0
  readonly #failures: string[] = []
  readonly #differing = new Map<string, string[]>()
  readonly #skipped = new Map<string, string[]>()
  readonly #reported = new Map<string, string[]>()

  constructor(suite: string) {
    this.#suite = suite
  }

  add(outcome: Outcome): void {
    const { id, sent, invariants, expectations, binding } = outcome
    this.#run++
    const difference =
      expectations.length === 0 ? undefined : DIFFERENCES.find(({ suite, id: ids }) => suite === this.#suite && ids.test(id))
    if (difference !== undefined) add(this.#differing, difference.why, id)
    const counted = binding === 'must' && difference === undefined ? [...invariants, ...expectations] : invariants
    for (const { expected, reached } of counted) this.#failures.push(failure(id, sent, expected, reached))
    if (counted.length > 0) return
    if (difference !== undefined) return
    if (expectations.length === 0) this.#passed++
    else add(this.#reported, `${binding}: expected ${expectations[0]?.expected}`, id)
  }

  skip(id: string, why: string): void {
    add(this.#skipped, why, id)
  }

  /** Something that belongs to no single case. */
  fail(text: string): void {
    this.#failures.push(text)
  }

  /** Says the line that sums up, and fails the test where an invariant or a binding expectation did not hold. */
  finish(t: TestContext): void {
    for (const [what, ids] of this.#reported) t.diagnostic(`reported (${ids.length}): ${what}: ${ids.join(' ')}`)
    for (const [why, ids] of this.#differing) t.diagnostic(`differs on purpose (${ids.length}): ${why}: ${ids.join(' ')}`)
    for (const [why, ids] of this.#skipped) t.diagnostic(`skipped (${ids.length}): ${why}: ${ids.join(' ')}`)
    const count = (map: Map<string, string[]>): number => [...map.values()].reduce((sum, ids) => sum + ids.length, 0)
    const failed = this.#failures.length
    t.diagnostic(
      `${this.#suite}: ${this.#run} cases run, ${this.#passed} passed, ${count(this.#differing)} differing on purpose, ` +
        `${count(this.#skipped)} skipped, ${count(this.#reported)} not binding and otherwise${failed === 0 ? '' : `, ${failed} FAULTS`}`,
    )
    assert.ok(this.#run > 0, 'no case was run')
    assert.ok(failed === 0, `${failed} faults\n\n${this.#failures.slice(0, 200).join('\n\n')}`)
  }
}

function add(map: Map<string, string[]>, key: string, id: string): void {
  const ids = map.get(key)
  if (ids === undefined) map.set(key, [id])
  else ids.push(id)
}

function failure(id: string, sent: string, expected: string, reached: string): string {
  return `${id}\n  sent: ${sent}\n  expected: ${expected}\n  reached: ${reached}`
}

/** Bytes as one readable line, cut where they are long. */
export function printable(bytes: Uint8Array | string, limit = 600): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1')
  const escaped = JSON.stringify(text.length > limit ? text.slice(0, limit) : text).replace(
    /[^\x00-\x7f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  )
  return text.length > limit ? `${escaped}... (${text.length} bytes)` : escaped
}
