import { decodeBytes, matchesGlob, type RoutePattern } from './route-pattern.ts'

/** What stands at the end of a pattern. `index` is the route's place in the file. */
export interface Leaf {
  readonly index: number
  /** Any method that needs no naming; else only those in `methods`. */
  readonly anyMethod: boolean
  readonly methods: readonly string[]
}

export const NO_INDEX = Number.MAX_SAFE_INTEGER

/** The outcome of a search, reused between searches so that a lookup allocates nothing. */
export interface Search {
  path: string
  method: string
  /** The method is one that a route without `methods` admits. */
  ordinary: boolean
  /** Smallest route index found so far. */
  best: number
  /** Some route matched in everything but the method. */
  wrongMethod: boolean
}

interface Glob {
  readonly parts: readonly string[]
  readonly node: RouteTrie
}

/** Globs of one node whose text before the first `*` has one length, by that text. */
interface GlobGroup {
  readonly prefixLength: number
  readonly byPrefix: LiteralChildren<Glob[]>
}

/**
 * Routes by path segment. Literal children are found by hash without cutting the path into strings; a subtree that holds only later
 * routes than the best found is skipped. So the cost is that of the path's own length, whatever the number of routes.
 */
export class RouteTrie {
  /** Smallest route index in this subtree. */
  private first = NO_INDEX
  private readonly literals: LiteralChildren<RouteTrie> = new LiteralChildren()
  private readonly globs: GlobGroup[] = []
  private capture: RouteTrie | null = null
  private readonly ends: Leaf[] = []
  private readonly rests: Leaf[] = []

  /** Leaves must come in file order. */
  add(pattern: RoutePattern, leaf: Leaf): void {
    let node: RouteTrie = this
    node.first = Math.min(node.first, leaf.index)
    for (const segment of pattern.segments) {
      if (segment.kind === 'literal') node = node.literals.getOrAdd(segment.text, () => new RouteTrie())
      else if (segment.kind === 'glob') node = node.globChild(segment.parts)
      else node = node.captureChild()
      node.first = Math.min(node.first, leaf.index)
    }
    const leaves = pattern.rest ? node.rests : node.ends
    leaves.push(leaf)
  }

  private globChild(parts: readonly string[]): RouteTrie {
    const prefix = parts[0] as string
    let group = this.globs.find((candidate) => candidate.prefixLength === prefix.length)
    if (group === undefined) {
      group = { prefixLength: prefix.length, byPrefix: new LiteralChildren() }
      this.globs.push(group)
    }
    const globs = group.byPrefix.getOrAdd(prefix, () => [])
    const same = globs.find((glob) => glob.parts.length === parts.length && glob.parts.every((part, index) => part === parts[index]))
    if (same !== undefined) return same.node
    const node = new RouteTrie()
    globs.push({ parts, node })
    return node
  }

  private captureChild(): RouteTrie {
    this.capture ??= new RouteTrie()
    return this.capture
  }

  /** Improves `search.best` by the routes of this trie; `at` is where the next segment begins, beyond the path when there is none left. */
  find(search: Search, at: number): void {
    if (this.first >= search.best) return
    if (this.rests.length > 0) take(this.rests, search)
    const { path } = search
    if (at > path.length) {
      take(this.ends, search)
      return
    }
    let end = at
    let hash = HASH_START
    let escaped = false
    for (; end < path.length; end++) {
      const code = path.charCodeAt(end)
      if (code === 0x2f) break
      if (code === 0x25) escaped = true
      hash = Math.imul(hash ^ code, HASH_PRIME)
    }
    const child = escaped ? this.literals.getText(decodeBytes(path.slice(at, end))) : this.literals.get(path, at, end, mix(hash))
    if (child !== undefined) child.find(search, end + 1)
    // An empty segment matches neither `*` nor `{name}`.
    if (end === at) return
    if (this.capture !== null) this.capture.find(search, end + 1)
    if (this.globs.length > 0) this.findGlobs(search, at, end)
  }

  private findGlobs(search: Search, at: number, end: number): void {
    const segment = decodeBytes(search.path.slice(at, end))
    for (const { prefixLength, byPrefix } of this.globs) {
      if (prefixLength > segment.length) continue
      for (const glob of byPrefix.getText(segment.slice(0, prefixLength)) ?? []) {
        if (matchesGlob(glob.parts, segment)) glob.node.find(search, end + 1)
      }
    }
  }
}

function take(leaves: readonly Leaf[], search: Search): void {
  for (let at = 0; at < leaves.length; at++) {
    const leaf = leaves[at] as Leaf
    if (leaf.index >= search.best) return
    if (leaf.anyMethod ? search.ordinary : leaf.methods.includes(search.method)) {
      search.best = leaf.index
      return
    }
    search.wrongMethod = true
  }
}

interface LiteralSlot<T> {
  readonly text: string
  readonly hash: number
  readonly value: T
}

/** A map from segment text that is looked up by a range of a longer string, so that no substring is made. */
export class LiteralChildren<T> {
  private slots: (LiteralSlot<T> | undefined)[] = [undefined]
  private size = 0

  /** `hash` is that of `path[at, end)`, which the caller has met while it looked for the end. */
  get(path: string, at: number, end: number, hash: number): T | undefined {
    if (this.size === 0) return undefined
    const mask = this.slots.length - 1
    for (let index = hash & mask; ; index = (index + 1) & mask) {
      const slot = this.slots[index]
      if (slot === undefined) return undefined
      if (slot.hash === hash && slot.text.length === end - at && stands(slot.text, path, at)) return slot.value
    }
  }

  getText(text: string): T | undefined {
    return this.get(text, 0, text.length, hashOf(text))
  }

  getOrAdd(text: string, make: () => T): T {
    const present = this.getText(text)
    if (present !== undefined) return present
    // At most half full, so that every probe meets an empty slot soon.
    if ((this.size + 1) * 2 > this.slots.length) this.grow()
    const value = make()
    this.put({ text, hash: hashOf(text), value })
    this.size++
    return value
  }

  private put(slot: LiteralSlot<T>): void {
    const mask = this.slots.length - 1
    let index = slot.hash & mask
    while (this.slots[index] !== undefined) index = (index + 1) & mask
    this.slots[index] = slot
  }

  private grow(): void {
    const filled = this.slots.filter((slot) => slot !== undefined)
    this.slots = new Array<LiteralSlot<T> | undefined>(this.slots.length * 2).fill(undefined)
    for (const slot of filled) this.put(slot)
  }
}

function stands(text: string, path: string, at: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== path.charCodeAt(at + index)) return false
  }
  return true
}

/** FNV-1a over character codes. */
const HASH_START = 0x811c9dc5
const HASH_PRIME = 0x01000193

function hashOf(text: string): number {
  let hash = HASH_START
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), HASH_PRIME)
  return mix(hash)
}

/** Folds the high bits into those that pick the slot; stays a small integer. */
function mix(hash: number): number {
  return (hash ^ (hash >>> 15)) & 0x3fffffff
}
