/**
 * YAML text to a tree in which every node knows its place. js-yaml parses; the tree is built here from its events,
 * because its own constructor forgets positions. Linear in the text; aliases are bounded by what they expand to.
 */
import {
  type AliasEvent,
  boolCoreTag,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type ScalarTagDefinition,
  YAMLException,
} from 'js-yaml'
import type { SourceText } from './source.ts'
import { syntaxHint } from './syntax-hint.ts'

export interface YamlScalar {
  readonly kind: 'scalar'
  /** Replaced where a placeholder was resolved. */
  value: string | number | boolean | null
  /** The value came out of a placeholder: it is never quoted in a message. */
  interpolated: boolean
  /** Its placeholder could not be resolved: already reported, and not to be judged further. */
  unresolved?: boolean
  readonly plain: boolean
  readonly start: number
  readonly end: number
}

export interface YamlSequence {
  readonly kind: 'sequence'
  readonly items: YamlNode[]
  readonly start: number
  end: number
}

export interface YamlMapping {
  readonly kind: 'mapping'
  readonly entries: Map<string, YamlEntry>
  readonly start: number
  end: number
}

export interface YamlEntry {
  readonly key: YamlScalar
  readonly value: YamlNode
}

export type YamlNode = YamlScalar | YamlSequence | YamlMapping

/** A problem of the text itself, by offsets. */
export interface YamlProblem {
  readonly message: string
  readonly hint?: string | undefined
  readonly start: number
  readonly end: number
}

export interface YamlTree {
  /** null: the text is not YAML, or not one document. */
  readonly root: YamlNode | null
  readonly problems: readonly YamlProblem[]
}

/** How many values aliases and merge keys may add in all: stops a "billion laughs" file while it is still small. */
const EXPANSION_LIMIT = 10_000
const MAX_DEPTH = 50

/** Parses one document. Never throws: what is wrong is in `problems`, several duplicate or unquoted keys at once. */
export function parseYaml(source: SourceText): YamlTree {
  let events: Event[]
  try {
    events = parseEvents(source.text, { filename: source.file, maxDepth: MAX_DEPTH })
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const offset = error.mark?.position ?? 0
    return {
      root: null,
      problems: [{ message: error.reason, hint: syntaxHint(source.text, offset, error.reason), start: offset, end: offset + 1 }],
    }
  }
  const builder = new TreeBuilder(source, events)
  try {
    return { root: builder.document(), problems: builder.problems }
  } catch (error) {
    if (!(error instanceof Unbuildable)) throw error
    return { root: null, problems: [...builder.problems, error.problem] }
  }
}

class Unbuildable extends Error {
  readonly problem: YamlProblem

  constructor(problem: YamlProblem) {
    super(problem.message)
    this.problem = problem
  }
}

class TreeBuilder {
  readonly problems: YamlProblem[] = []
  readonly #source: SourceText
  readonly #events: readonly Event[]
  readonly #anchors = new Map<string, { readonly node: YamlNode; readonly size: number } | null>()
  #next = 0
  /** Nodes so far, aliases counted as what they stand for. */
  #built = 0
  #expanded = 0
  /** End of the last token read: where an empty value is shown. */
  #cursor = 0

  constructor(source: SourceText, events: readonly Event[]) {
    this.#source = source
    this.#events = events
  }

  document(): YamlNode {
    if (this.#events.length === 0) return { kind: 'scalar', value: null, interpolated: false, plain: true, start: 0, end: 0 }
    this.#next = 1
    const root = this.#node()
    const rest = this.#events[this.#next + 1]
    if (rest !== undefined) {
      const start = Math.max(0, this.#source.text.indexOf('\n---', this.#cursor) + 1)
      throw new Unbuildable({ message: 'a second document begins here', hint: 'one file holds one document', start, end: start + 3 })
    }
    return root
  }

  #node(): YamlNode {
    const event = this.#events[this.#next++]
    if (event === undefined) throw new Error('the YAML event stream ended within a document')
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, () => this.#scalar(event))
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, () => this.#sequence(event.start))
      case EVENT_ID.MAPPING:
        return this.#anchored(event, () => this.#mapping(event.start))
      case EVENT_ID.ALIAS:
        return this.#alias(event)
      default:
        throw new Error('unexpected YAML event')
    }
  }

  #anchored(
    event: Exclude<Event, AliasEvent> & { anchorStart: number; anchorEnd: number; tagStart: number; tagEnd: number },
    build: () => YamlNode,
  ): YamlNode {
    this.#refuseTag(event)
    const before = this.#built++
    if (event.anchorStart < 0) return build()
    const name = this.#source.text.slice(event.anchorStart, event.anchorEnd)
    this.#anchors.set(name, null)
    const node = build()
    this.#anchors.set(name, { node, size: this.#built - before })
    return node
  }

  #scalar(event: ScalarEvent): YamlScalar {
    const text = getScalarValue(this.#source.text, event)
    const plain = event.style === SCALAR_STYLE.PLAIN
    const quotes = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0
    const start = event.valueStart < 0 ? this.#cursor : event.valueStart - quotes
    const end = event.valueStart < 0 ? this.#cursor : event.valueEnd + quotes
    this.#cursor = Math.max(this.#cursor, end)
    return { kind: 'scalar', value: plain && event.tagStart < 0 ? resolvePlain(text) : text, interpolated: false, plain, start, end }
  }

  #sequence(start: number): YamlSequence {
    const node: YamlSequence = { kind: 'sequence', items: [], start, end: start + 1 }
    while (!this.#closes()) node.items.push(this.#node())
    node.end = Math.max(node.end, this.#cursor)
    return node
  }

  #mapping(start: number): YamlMapping {
    const node: YamlMapping = { kind: 'mapping', entries: new Map(), start, end: start + 1 }
    const merged = new Map<string, YamlEntry>()
    while (!this.#closes()) {
      const key = this.#key()
      const name = String(key.value)
      const value = this.#node()
      const earlier = node.entries.get(name)
      if (name === '<<' && key.plain) this.#merge(merged, key, value)
      else if (earlier === undefined) node.entries.set(name, { key, value })
      else this.#report(key, `duplicate key \`${name}\``, `it is already on line ${this.#source.position(earlier.key.start).line}`)
    }
    for (const [name, entry] of merged) if (!node.entries.has(name)) node.entries.set(name, entry)
    node.end = Math.max(node.end, this.#cursor)
    return node
  }

  #closes(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return false
    this.#next++
    return true
  }

  #key(): YamlScalar {
    const key = this.#node()
    if (key.kind !== 'scalar') throw new Unbuildable({ message: 'a key must be text', start: key.start, end: key.start + 1 })
    if (typeof key.value === 'string') return key
    const raw = this.#source.text.slice(key.start, key.end)
    this.#report(key, `the key \`${raw}\` is read as ${describeScalar(key.value)}, not as text`, `quote it: "${raw}"`)
    return { ...key, value: raw }
  }

  /** `<<: *base` or a list of them; keys written out win, the first base wins over later ones. */
  #merge(merged: Map<string, YamlEntry>, key: YamlScalar, value: YamlNode): void {
    for (const base of value.kind === 'sequence' ? value.items : [value]) {
      if (base.kind !== 'mapping') {
        this.#report(key, '`<<` takes a mapping or a list of mappings')
        return
      }
      this.#charge(base.entries.size, key)
      for (const [name, entry] of base.entries) if (!merged.has(name)) merged.set(name, entry)
    }
  }

  #alias(event: AliasEvent): YamlNode {
    const name = this.#source.text.slice(event.anchorStart, event.anchorEnd)
    const range = { start: event.anchorStart - 1, end: event.anchorEnd }
    const anchor = this.#anchors.get(name)
    if (anchor === undefined) throw new Unbuildable({ message: `no anchor \`&${name}\` above this alias`, ...range })
    if (anchor === null) throw new Unbuildable({ message: `the alias \`*${name}\` stands inside its own anchor`, ...range })
    this.#cursor = range.end
    this.#built += anchor.size
    this.#charge(anchor.size, range)
    return anchor.node
  }

  #charge(size: number, range: { readonly start: number; readonly end: number }): void {
    this.#expanded += size
    if (this.#expanded > EXPANSION_LIMIT) {
      throw new Unbuildable({ message: `aliases expand to more than ${EXPANSION_LIMIT} values`, start: range.start, end: range.end })
    }
  }

  #refuseTag(event: { readonly tagStart: number; readonly tagEnd: number }): void {
    if (event.tagStart < 0) return
    const tag = this.#source.text.slice(event.tagStart, event.tagEnd)
    if (tag === '!' || tag === '!!str' || tag === '!!map' || tag === '!!seq') return
    this.#report({ start: event.tagStart, end: event.tagEnd }, `the tag \`${tag}\` is not supported`, 'remove it')
  }

  #report(range: { readonly start: number; readonly end: number }, message: string, hint?: string): void {
    this.problems.push({ message, hint, start: range.start, end: range.end })
  }
}

const BOOLEAN_WORDS = new Map([
  ...['yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])

/** The tags that a plain scalar may have by its first character; most names begin with none of these. */
const PLAIN_TAGS = new Map<string, ScalarTagDefinition[]>()
for (const tag of [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag] as ScalarTagDefinition[]) {
  for (const first of tag.implicitFirstChars ?? []) PLAIN_TAGS.set(first, [...(PLAIN_TAGS.get(first) ?? []), tag])
}

/**
 * YAML 1.2 core, plus `yes`, `no`, `on` and `off` as YAML 1.1 and the parent systems read them: so that they switch
 * where a switch belongs, and are refused where a name does.
 */
function resolvePlain(text: string): string | number | boolean | null {
  const word = text.length <= 3 ? BOOLEAN_WORDS.get(text) : undefined
  if (word !== undefined) return word
  const tags = PLAIN_TAGS.get(text.charAt(0))
  if (tags === undefined) return text
  for (const tag of tags) {
    const value: unknown = tag.resolve(text, false, tag.tagName)
    if (value !== NOT_RESOLVED) return value as number | boolean | null
  }
  return text
}

/** `the number 123`, `true`, `empty`: how a plain scalar was understood, for a message. */
export function describeScalar(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  return `the number ${String(value)}`
}
