export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'skipped'
  readonly text: string
}

/** Lines of the one text that became lines of the other, by where they begin and end. */
export interface Hunk {
  readonly from: number
  readonly to: number
  readonly newFrom: number
  readonly newTo: number
}

const AROUND = 3
/** Texts that differ by more lines count as replaced where they do: a view must not hang the page. */
const MOST_DIFFERENCES = 1_500

/** What was removed and added to come from one text to the other. Pure. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = before.split('\n')
  const b = after.split('\n')
  const told: DiffLine[] = []
  const tell = (kind: DiffLine['kind'], lines: readonly string[]): void => {
    for (const text of lines) told.push({ kind, text })
  }
  let at = 0
  for (const { from, to, newFrom, newTo } of hunks(a, b)) {
    tell('same', a.slice(at, from))
    tell('removed', a.slice(from, to))
    tell('added', b.slice(newFrom, newTo))
    at = to
  }
  tell('same', a.slice(at))
  return shortened(told)
}

/** Where two texts differ, in order; what lies between is the same. Pure. */
export function hunks(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const [lastA, lastB] = [a.length - end, b.length - end]
  const found: Hunk[] = []
  let [from, newFrom] = [start, start]
  // Then whatever lies between two lines that are the same is one.
  for (const [x, y] of [...matches(a.slice(start, lastA), b.slice(start, lastB)), [lastA - start, lastB - start] as const]) {
    const [to, newTo] = [x + start, y + start]
    if (to > from || newTo > newFrom) found.push({ from, to, newFrom, newTo })
    from = to + 1
    newFrom = newTo + 1
  }
  return found
}

/** Pairs of lines that stay, by the fewest differences (Myers 1986): takes long only where much differs, and gives up there. */
function matches(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES)
  const middle = most + 1
  const furthest = new Int32Array(2 * middle + 1)
  const steps: Int32Array[] = []
  for (let differences = 0; differences <= most; differences++) {
    steps.push(furthest.slice(middle - differences - 1, middle + differences + 2))
    for (let k = -differences; k <= differences; k += 2) {
      let x = goesDown(furthest, middle + k, k, differences) ? (furthest[middle + k + 1] ?? 0) : (furthest[middle + k - 1] ?? 0) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest[middle + k] = x
      if (x >= a.length && x - k >= b.length) return walkBack(steps, a.length, b.length)
    }
  }
  return []
}

function goesDown(furthest: Int32Array, at: number, k: number, differences: number): boolean {
  return k === -differences || (k !== differences && (furthest[at - 1] ?? 0) < (furthest[at + 1] ?? 0))
}

function walkBack(steps: readonly Int32Array[], lengthA: number, lengthB: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  let [x, y] = [lengthA, lengthB]
  for (let differences = steps.length - 1; differences >= 0; differences--) {
    const furthest = steps[differences] ?? new Int32Array()
    const k = x - y
    const middle = differences + 1
    const before = goesDown(furthest, middle + k, k, differences) ? k + 1 : k - 1
    const fromX = differences === 0 ? 0 : (furthest[middle + before] ?? 0)
    const fromY = differences === 0 ? 0 : fromX - before
    while (x > fromX && y > fromY) found.push([--x, --y])
    x = fromX
    y = fromY
  }
  return found.reverse()
}

/** Long runs of what is the same become one line that says how long they are. */
function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const isNear = new Uint8Array(lines.length)
  for (const [index, { kind }] of lines.entries()) if (kind !== 'same') isNear.fill(1, Math.max(0, index - AROUND), index + AROUND + 1)
  const told: DiffLine[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]
    if (line === undefined) break
    if (isNear[index] === 1) {
      told.push(line)
      continue
    }
    let last = index
    while (last + 1 < lines.length && isNear[last + 1] !== 1) last++
    const many = last - index + 1
    told.push({ kind: 'skipped', text: many === 1 ? '1 unchanged line' : `${many} unchanged lines` })
    index = last
  }
  return told
}
