import { isExact, patternSize } from '../identity/pattern.ts'
import { InvalidValue } from './shape.ts'

/** Of all regular expressions of one file together, by regexSize: some 100 ms of compiling, in each process. */
const MOST_SIZE = 100_000
/** Values with `*`, `?` or of regular expressions: a name is compared with every one that holds no plain text of three characters. */
const MOST_PATTERNS = 20_000

/**
 * What the patterns of one mapping may cost together. Whoever may only read may have a mapping judged, and nothing that control is asked to
 * look at may hold it up: so what is beyond is refused before it is compiled.
 */
export class PatternBudget {
  #patterns = 0
  #size = 0
  #isSpent = false

  /** False where an earlier value was too much: that was told, and nothing after it is looked at. Throws InvalidValue for that value. */
  allows(value: string): boolean {
    if (isExact(value)) return true
    if (this.#isSpent) return false
    this.#patterns++
    this.#size += patternSize(value)
    if (this.#patterns > MOST_PATTERNS) this.#spent(`the patterns of this file are more than ${MOST_PATTERNS} by this line`)
    if (this.#size > MOST_SIZE) this.#spent(`the regular expressions of this file have more than size ${MOST_SIZE} together by this line`)
    return true
  }

  #spent(message: string): never {
    this.#isSpent = true
    throw new InvalidValue(message, 'write names one by one: plain values have no such limit')
  }
}
