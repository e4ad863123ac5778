/** The key or word that was probably meant: case and separators aside the same, or at most a third of its letters away. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  const folded = fold(word)
  for (const candidate of known) {
    const target = fold(candidate)
    const distance = editDistance(folded, target)
    if (distance < bestDistance && distance <= Math.floor(Math.max(folded.length, target.length) / 3)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `clientAuthMode`, `client-auth-mode` and `opendistro_security.ssl.http.clientauth_mode` all mean `clientauth_mode`. */
function fold(word: string): string {
  const segments = word.slice(0, 100).split('.')
  return (segments.at(-1) ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Insertions, deletions, substitutions and swaps of neighbours each count one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      current.push(cost)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
