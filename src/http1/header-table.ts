import { NAME_CLASS } from './bytes.ts'

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
const SEPARATOR = NAME_CLASS[45]
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

class Builder {
  readonly #children: Map<number, number>[] = [new Map(), new Map()]
  readonly #meaning: number[] = [OTHER, OTHER]
  readonly #absorbing: boolean[] = [false, false]

  add(name: string, meaning: number, prefix: boolean): void {
    let state = START
    for (const byte of Buffer.from(name, 'latin1')) {
      if (this.#absorbing[state]) return
      const edge = NAME_CLASS[byte]
      if (edge === 0) throw new TypeError(`not a header name: ${JSON.stringify(name)}`)
      let child = this.#children[state].get(edge)
      if (child === undefined) {
        child = this.#children.push(new Map()) - 1
        if (child > 0xffff) throw new RangeError('too many header names')
        this.#meaning.push(OTHER)
        this.#absorbing.push(false)
        this.#children[state].set(edge, child)
      }
      state = child
    }
    if (prefix) this.#absorbing[state] = true
    if (!this.#absorbing[state] || prefix) this.#meaning[state] = meaning
  }

  build(): HeaderTable {
    const next = new Uint16Array(this.#children.length << CLASS_BITS)
    for (const [state, children] of this.#children.entries()) {
      if (this.#absorbing[state]) next.fill(state, state << CLASS_BITS, (state << CLASS_BITS) + CLASSES)
      else for (const [edge, child] of children) next[(state << CLASS_BITS) | edge] = child
    }
    for (const children of this.#children) {
      const child = children.get(SEPARATOR)
      if (child !== undefined && !this.#children[child].has(SEPARATOR)) next[(child << CLASS_BITS) | SEPARATOR] = child
    }
    next.fill(DEAD, 0, CLASSES)
    return { next, meaning: Uint8Array.from(this.#meaning) }
  }
}

/** The meaning of a name given as text, for the slow paths (trailers, `Connection` lists). */
export function meaningOf(table: HeaderTable, name: string): number {
  let state = START
  for (let i = 0; i < name.length; i++) state = table.next[(state << CLASS_BITS) | NAME_CLASS[name.charCodeAt(i) & 0xff]]
  return table.meaning[state]
}
