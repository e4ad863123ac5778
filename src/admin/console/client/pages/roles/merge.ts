import { type Hunk, hunks } from '../../parts/diff.ts'

/** Both changes of a text, line by line; null: they touch the same lines, or lines next to each other, and only a person knows. Pure. */
export function merged(base: string, yours: string, theirs: string): string | null {
  const [lines, mine, other] = [base, yours, theirs].map((text) => text.split('\n')) as [string[], string[], string[]]
  const changes = [...changesOf(lines, mine), ...changesOf(lines, other)].sort((a, b) => a.from - b.from || a.to - b.to)
  const result: string[] = []
  let at = 0
  let last: Change | null = null
  for (const change of changes) {
    if (last !== null && isSame(last, change)) continue
    if (last !== null && change.from <= last.to) return null
    for (const line of [...lines.slice(at, change.from), ...change.lines]) result.push(line)
    at = change.to
    last = change
  }
  return [...result, ...lines.slice(at)].join('\n')
}

interface Change extends Hunk {
  readonly lines: readonly string[]
}

function changesOf(base: readonly string[], after: readonly string[]): Change[] {
  return hunks(base, after).map((hunk) => ({ ...hunk, lines: after.slice(hunk.newFrom, hunk.newTo) }))
}

function isSame(one: Change, other: Change): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.lines.length === other.lines.length &&
    one.lines.every((line, index) => line === other.lines[index])
  )
}
