import { HYPHEN_CLASS, NAME_CLASS, OTHER_CLASS } from './bytes.ts'

/** What a header name means to us; 0 is everything else, which is forwarded untouched. */
export const OTHER = 0
export const HOST = 1
export const CONTENT_LENGTH = 2
export const TRANSFER_ENCODING = 3
export const CONNECTION = 4
export const KEEP_ALIVE = 5
export const PROXY_CONNECTION = 6
export const TE = 7
export const UPGRADE = 8
export const EXPECT = 9
export const AUTHORIZATION = 10
export const REQUEST_ID = 11
export const ORIGIN = 12
export const SEC_FETCH_SITE = 13
export const VARY = 14
/** A name that only the gateway may set: removed wherever a client sends it. */
export const STRIP = 15
/** Added to the meaning of a name that is only read like a known one, e.g. `transfer_encoding`. */
export const LOOK_ALIKE = 32

export interface KnownName {
  readonly name: string
  readonly id: number
}

/** Names that decide framing or hop-by-hop behaviour; a look-alike of one (`transfer_encoding`) is refused, not passed on. */
export const REQUEST_NAMES: readonly KnownName[] = [
  { name: 'host', id: HOST },
  { name: 'content-length', id: CONTENT_LENGTH },
  { name: 'transfer-encoding', id: TRANSFER_ENCODING },
  { name: 'connection', id: CONNECTION },
  { name: 'keep-alive', id: KEEP_ALIVE },
  { name: 'proxy-connection', id: PROXY_CONNECTION },
  { name: 'te', id: TE },
  { name: 'upgrade', id: UPGRADE },
  { name: 'expect', id: EXPECT },
  { name: 'authorization', id: AUTHORIZATION },
  { name: 'x-request-id', id: REQUEST_ID },
  { name: 'origin', id: ORIGIN },
  { name: 'sec-fetch-site', id: SEC_FETCH_SITE },
  { name: 'http2-settings', id: STRIP },
]

export const RESPONSE_NAMES: readonly KnownName[] = [
  { name: 'content-length', id: CONTENT_LENGTH },
  { name: 'transfer-encoding', id: TRANSFER_ENCODING },
  { name: 'connection', id: CONNECTION },
  { name: 'keep-alive', id: KEEP_ALIVE },
  { name: 'proxy-connection', id: PROXY_CONNECTION },
  { name: 'upgrade', id: UPGRADE },
  { name: 'vary', id: VARY },
]

const CLASS_BITS = 6
const CLASSES = 1 << CLASS_BITS
/** No known name begins like this. */
export const DEAD = 0
export const START = 1

/**
 * A deterministic automaton over folded header names: one table step per byte while the name is being read, and the state
 * at its end says what the name means. Replaces a chain of comparisons, and costs the same for ten names or a thousand.
 */
export interface HeaderTable {
  /** `(state << 6) | class` -> state; see `DEAD` and `START`. */
  readonly next: Uint16Array
  /** state -> meaning. */
  readonly meaning: Uint8Array
}

/**
 * Builds the automaton. `strip` names and prefixes are folded already (lower case, all but [a-z0-9] as `-`); a known name
 * wins over a strip name, and nothing after a matching prefix leaves it again. Several separators in a row count as one, so that
 * `Transfer__Encoding` is a look-alike too.
 */
export function compileHeaderTable(
  known: readonly KnownName[],
  strip: { readonly exact: readonly string[]; readonly prefixes: readonly string[] } = { exact: [], prefixes: [] },
): HeaderTable {
  const builder = new Builder()
  for (const prefix of strip.prefixes) builder.add(prefix, STRIP, true)
  for (const name of strip.exact) builder.add(name, STRIP, false)
  for (const { name, id } of known) builder.add(name, id, false)
  return builder.build()
}

interface State {
  readonly edges: Map<number, State>
  meaning: number
  /** Nothing leaves it: a prefix has matched. */
  absorbing: boolean
  number: number
}

function newState(): State {
  return { edges: new Map(), meaning: OTHER, absorbing: false, number: DEAD }
}

class Builder {
  readonly #start = newState()

  add(name: string, meaning: number, prefix: boolean): void {
    let state = this.#start
    for (const byte of Buffer.from(name, 'latin1')) {
      if (state.absorbing) return
      const edge = NAME_CLASS[byte]
      if (edge === 0) throw new TypeError(`not a header name: ${JSON.stringify(name)}`)
      let child = state.edges.get(edge)
      if (child === undefined) {
        child = newState()
        state.edges.set(edge, child)
      }
      state = child
    }
    if (prefix) state.absorbing = true
    if (!state.absorbing || prefix) state.meaning = meaning
  }

  /** Two copies: the second is where a name goes once it held a byte that is only read as `-`. */
  build(): HeaderTable {
    const states: State[] = [this.#start]
    for (const [index, state] of states.entries()) {
      state.number = index + START
      states.push(...state.edges.values())
    }
    const copy = states.length
    if ((copy + 1) * 2 > 0xffff) throw new RangeError('too many header names')
    const next = new Uint16Array((START + copy * 2) << CLASS_BITS)
    const meaning = new Uint8Array(START + copy * 2)
    for (const state of states) {
      for (const [offset, extra] of [
        [0, 0],
        [copy, LOOK_ALIKE],
      ] as const) {
        const from = state.number + offset
        meaning[from] = state.meaning === OTHER || state.meaning === STRIP ? state.meaning : state.meaning + extra
        if (state.absorbing) next.fill(from, from << CLASS_BITS, (from << CLASS_BITS) + CLASSES)
        else for (const [edge, child] of state.edges) link(next, from, edge, child, child.number + offset, copy)
      }
    }
    return { next, meaning }
  }
}

function link(next: Uint16Array, from: number, edge: number, child: State, to: number, copy: number): void {
  next[(from << CLASS_BITS) | edge] = to
  if (edge !== HYPHEN_CLASS) return
  const lookAlike = child.number + copy
  next[(from << CLASS_BITS) | OTHER_CLASS] = lookAlike
  if (child.absorbing || child.edges.has(HYPHEN_CLASS)) return
  for (const again of [HYPHEN_CLASS, OTHER_CLASS]) next[(to << CLASS_BITS) | again] = next[(lookAlike << CLASS_BITS) | again] = lookAlike
}

/** The meaning of a name given as text, for the slow paths (trailers, `Connection` lists). */
export function meaningOf(table: HeaderTable, name: string): number {
  let state = START
  for (let i = 0; i < name.length; i++) state = table.next[(state << CLASS_BITS) | NAME_CLASS[name.charCodeAt(i) & 0xff]]
  return table.meaning[state]
}
