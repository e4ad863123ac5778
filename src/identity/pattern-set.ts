import { compilePattern, isExact, type Pattern } from './pattern.ts'

interface Indexed<T> {
  readonly pattern: Pattern
  readonly value: T
  readonly order: number
}

const GRAM = 3
/** Low bits of a UTF-16 unit that go into a gram's key. Keys that meet cost a test more, and never an answer. */
const UNIT_BITS = 10
const UNIT_MASK = 2 ** UNIT_BITS - 1

/**
 * Many patterns, and the values they stand for, matched at once. Exact ones are found in constant time; each other is
 * filed under its rarest run of three characters that every match must hold, so that only likely ones are tried.
 */
export class PatternSet<T> {
  readonly #exact = new Map<string, T[]>()
  readonly #patterns: Indexed<T>[] = []
  #index: GramIndex<T> | null = null

  /** Throws ExpressionError for a pattern that cannot be compiled, and is as it was before. A blank one is ignored. */
  add(text: string, value: T): void {
    if (isExact(text)) {
      const values = this.#exact.get(text)
      if (values === undefined) this.#exact.set(text, [value])
      else values.push(value)
      return
    }
    const pattern = compilePattern(text)
    if (pattern.kind === 'nothing') return
    this.#patterns.push({ pattern, value, order: this.#patterns.length })
    this.#index = null
  }

  /** Values of every pattern that matches: the exact ones first, each kind in the order it was added. */
  match(text: string): T[] {
    const exact = this.exactly(text)
    if (this.#patterns.length === 0) return [...exact]
    this.#index ??= new GramIndex(this.#patterns)
    return [...exact, ...this.#index.match(text)]
  }

  /** Values added under this very text, patterns aside. */
  exactly(text: string): readonly T[] {
    return this.#exact.get(text) ?? []
  }
}

/** Patterns by the least frequent of their grams; those without one are tried always. */
class GramIndex<T> {
  readonly #byGram = new Map<number, Indexed<T>[]>()
  readonly #always: Indexed<T>[] = []

  constructor(patterns: readonly Indexed<T>[]) {
    const grams = patterns.map((entry) => new Set(entry.pattern.literals.flatMap(gramsOf)))
    const frequency = new Map<number, number>()
    for (const gram of grams.flatMap((set) => [...set])) frequency.set(gram, (frequency.get(gram) ?? 0) + 1)
    patterns.forEach((entry, position) => {
      this.#bucket(rarest(grams[position] ?? [], frequency)).push(entry)
    })
  }

  match(text: string): T[] {
    const found = this.#always.filter((entry) => entry.pattern.matches(text))
    for (const bucket of this.#candidates(text)) {
      for (const entry of bucket) if (entry.pattern.matches(text)) found.push(entry)
    }
    return found.sort((a, b) => a.order - b.order).map((entry) => entry.value)
  }

  #bucket(gram: number | null): Indexed<T>[] {
    if (gram === null) return this.#always
    const bucket = this.#byGram.get(gram)
    if (bucket !== undefined) return bucket
    const created: Indexed<T>[] = []
    this.#byGram.set(gram, created)
    return created
  }

  #candidates(text: string): Set<Indexed<T>[]> {
    const buckets = new Set<Indexed<T>[]>()
    if (this.#byGram.size === 0) return buckets
    for (let i = GRAM; i <= text.length; i++) {
      const bucket = this.#byGram.get(gramAt(text, i - GRAM))
      if (bucket !== undefined) buckets.add(bucket)
    }
    return buckets
  }
}

function gramAt(text: string, index: number): number {
  const first = text.charCodeAt(index) & UNIT_MASK
  const second = text.charCodeAt(index + 1) & UNIT_MASK
  const third = text.charCodeAt(index + 2) & UNIT_MASK
  return (first << (2 * UNIT_BITS)) | (second << UNIT_BITS) | third
}

function gramsOf(literal: string): number[] {
  return Array.from({ length: Math.max(0, literal.length - GRAM + 1) }, (_, index) => gramAt(literal, index))
}

function rarest(grams: Iterable<number>, frequency: ReadonlyMap<number, number>): number | null {
  let best: number | null = null
  let bestCount = Number.POSITIVE_INFINITY
  for (const gram of grams) {
    const count = frequency.get(gram) ?? 0
    if (count < bestCount) {
      best = gram
      bestCount = count
    }
  }
  return best
}
