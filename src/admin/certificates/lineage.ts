import { isUsable } from '../../store/entry-state.ts'
import type { RegistryView } from '../../store/registry-view.ts'
import type { RegistryEntry } from '../../store/types.ts'

/** What a name means: a certificate, and those that it renews or that renew it. */
export interface Lineage {
  /** The newest that lets somebody in; where none does, the newest. */
  readonly entry: RegistryEntry
  /** The rest of this name, the newest first; of several leaves of one PFX only one. */
  readonly others: readonly RegistryEntry[]
}

type Entries = Pick<RegistryView, 'get' | 'byName'>

/**
 * Of all with a name, what belongs together by renewal. What has ended (expired or revoked) does not count beside what has not, so a name
 * that was given anew means the new one. Several: the name alone does not say whose is meant.
 */
export function lineagesOf(registry: Entries, name: string, now: number): readonly Lineage[] {
  const named = registry.byName(name)
  const byRoot = Map.groupBy(named, rootsIn(registry, named))
  const all = [...byRoot.values()]
  const open = all.filter((entries) => entries.some((entry) => !isEnded(entry, now)))
  return (open.length > 0 ? open : all).map((entries) => lineageOf(entries, now))
}

/** All with a name, related or not; null: there is none. */
export function everyNamed(registry: Entries, name: string, now: number): Lineage | null {
  const all = registry.byName(name)
  return all.length === 0 ? null : lineageOf(all, now)
}

/** Those that a registered certificate renews, or that renew it, under its name; without itself. */
export function relativesOf(registry: Entries, entry: RegistryEntry): readonly RegistryEntry[] {
  const named = registry.byName(entry.name)
  const rootOf = rootsIn(registry, [entry, ...named])
  const root = rootOf(entry)
  const relatives = named.filter((other) => other.group !== entry.group && rootOf(other) === root)
  return leaders(newestFirst(relatives))
}

/** Revoked or expired: for good. */
export function isEnded({ revoked, notAfter }: RegistryEntry, now: number): boolean {
  return revoked !== null || notAfter < now
}

function lineageOf(entries: readonly RegistryEntry[], now: number): Lineage {
  const sorted = leaders(newestFirst(entries))
  const entry = sorted.find((one) => isUsable(one, now)) ?? sorted.find((one) => !isEnded(one, now)) ?? sorted[0]
  if (entry === undefined) throw new TypeError('a lineage has an entry')
  return { entry, others: sorted.filter((one) => one !== entry) }
}

/** What is done to one leaf of a PFX is done to all. */
function leaders(entries: readonly RegistryEntry[]): RegistryEntry[] {
  return [...new Map(entries.toReversed().map((entry) => [entry.group, entry])).values()].reverse()
}

function newestFirst(entries: readonly RegistryEntry[]): RegistryEntry[] {
  return entries.toReversed().toSorted((a, b) => b.createdAt - a.createdAt)
}

/**
 * Where the renewals of one began, also under another name; what was removed in between begins anew. No entry is read or walked over twice:
 * each of a thousand may have renewed the one before it.
 */
function rootsIn(registry: Pick<Entries, 'get'>, entries: readonly RegistryEntry[]): (entry: RegistryEntry) => string {
  const known = new Map(entries.map((entry) => [entry.fingerprint, entry]))
  const roots = new Map<string, string>()
  return (entry) => {
    const path = new Set<string>()
    let root: string | undefined
    for (let at = entry; root === undefined; ) {
      path.add(at.fingerprint)
      const { predecessor } = at
      const isFirst = predecessor === null || path.has(predecessor)
      const before = isFirst ? null : (known.get(predecessor) ?? registry.get(predecessor))
      if (isFirst) root = at.group
      else if (before === null) root = predecessor
      else {
        root = roots.get(before.fingerprint)
        at = before
      }
    }
    for (const fingerprint of path) roots.set(fingerprint, root)
    return root
  }
}
