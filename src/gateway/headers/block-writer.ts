import type { BlockWriter } from './dialect.ts'
import { fold } from './fold.ts'

/** Larger than what any upstream takes as a head; beyond it the identity counts as inexpressible. */
const MAX_BLOCK = 64 * 1024

/** Collects the lines of one subject, and is the last guard against a byte that could begin a header of its own. */
export class Block implements BlockWriter {
  lines = ''
  readonly dropped: string[] = []
  reason: string | null = null
  #taken: ReadonlySet<string> = new Set()

  /** From now on lines under these folded names are left out: an earlier dialect has written the same values. */
  leaveOut(taken: ReadonlySet<string>): void {
    this.#taken = taken
  }

  line(name: string, value: string): void {
    if (this.#taken.size > 0 && this.#taken.has(fold(name))) return
    if (!/^[ -~]*$/.test(value)) this.unusable(`the value of ${name} has a character that no header may carry`)
    else if (this.lines.length + name.length + value.length > MAX_BLOCK) this.unusable('the identity does not fit into request headers')
    else this.lines += `${name}: ${value}\r\n`
  }

  drop(item: string): void {
    this.dropped.push(item)
  }

  unusable(reason: string): void {
    this.reason ??= reason
  }
}
