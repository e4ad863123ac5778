/**
 * The byte ranges of a head that are not forwarded: pairs [from, to), ascending and disjoint. A fixed array, because one head
 * with more of them than there is room for is refused, never forwarded with one left in.
 */
export class Cuts {
  readonly ranges: Int32Array
  /** Numbers in use: twice the number of ranges. */
  length = 0

  constructor(capacity: number) {
    this.ranges = new Int32Array(capacity * 2)
  }

  /** Adds a range behind all others, joining it to the last one where they touch; false where there is no room. */
  append(from: number, to: number): boolean {
    const { ranges, length } = this
    if (length > 0 && ranges[length - 1] === from) {
      ranges[length - 1] = to
      return true
    }
    if (length >= ranges.length) return false
    ranges[length] = from
    ranges[length + 1] = to
    this.length = length + 2
    return true
  }

  /** Adds ranges anywhere; false where there is no room: the head must then be refused. */
  add(added: readonly (readonly [number, number])[]): boolean {
    if (added.length === 0) return true
    const all = [...added]
    for (let k = 0; k < this.length; k += 2) all.push([this.ranges[k], this.ranges[k + 1]])
    all.sort((a, b) => a[0] - b[0])
    this.length = 0
    for (const [from, to] of all) {
      const last = this.length - 1
      if (last > 0 && from <= this.ranges[last]) this.ranges[last] = Math.max(to, this.ranges[last])
      else if (!this.append(from, to)) return false
    }
    return true
  }

  /** Takes the ranges of another head, `by` bytes further back. */
  copyFrom(other: Cuts, by: number): void {
    const { length } = other
    for (let i = 0; i < length; i++) this.ranges[i] = other.ranges[i] + by
    this.length = length
  }
}
