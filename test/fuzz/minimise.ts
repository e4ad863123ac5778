import { asFinding } from './finding.ts'
import type { Target } from './target.ts'

const MAX_TRIES = 2_000
const MAX_MILLISECONDS = 3_000

/** The smallest input with the same finding that leaving out parts leads to, as far as a few seconds go. */
export function minimise(target: Target, input: Buffer, kind: string): Buffer {
  const deadline = performance.now() + MAX_MILLISECONDS
  let best = input
  let tries = 0
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (++tries > MAX_TRIES || performance.now() > deadline) return best
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (kindOf(target, shorter) === kind) best = shorter
      else at += size
    }
  }
  return best
}

/** null: the promise holds. */
export function kindOf(target: Target, input: Buffer): string | null {
  try {
    target.run(input)
    return null
  } catch (error) {
    return asFinding(error).kind
  }
}
