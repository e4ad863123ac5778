/** From item `from` of the old list on, `removed` items go and `added` ones come. */
export interface ListChange {
  readonly from: number
  readonly removed: number
  readonly added: readonly string[]
}

/** Above this many comparisons the part that differs is exchanged as a whole. */
const MAX_COMPARISONS = 250_000

/** What makes one list out of another and leaves alone as many items as can stay in their order. */
export function listChanges(before: readonly string[], after: readonly string[]): ListChange[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  const old = before.slice(head, before.length - tail)
  const young = after.slice(head, after.length - tail)
  if (old.length === 0 && young.length === 0) return []
  if (old.length * young.length > MAX_COMPARISONS) return [{ from: head, removed: old.length, added: young }]
  return betweenKept(old, young, head)
}

function betweenKept(old: readonly string[], young: readonly string[], offset: number): ListChange[] {
  const changes: ListChange[] = []
  let [i, j] = [0, 0]
  const close = (toOld: number, toYoung: number): void => {
    if (toOld > i || toYoung > j) changes.push({ from: offset + i, removed: toOld - i, added: young.slice(j, toYoung) })
    i = toOld + 1
    j = toYoung + 1
  }
  for (const [keptOld, keptYoung] of longestCommon(old, young)) close(keptOld, keptYoung)
  close(old.length, young.length)
  return changes
}

/** Pairs of places of a longest common subsequence, in order. */
function longestCommon(old: readonly string[], young: readonly string[]): (readonly [number, number])[] {
  const width = young.length + 1
  const lengths = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] as number
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: (readonly [number, number])[] = []
  let [i, j] = [0, 0]
  while (i < old.length && j < young.length) {
    if (old[i] === young[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  return pairs
}
