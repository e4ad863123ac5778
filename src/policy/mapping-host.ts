import { PatternSet } from '../identity/pattern-set.ts'
import { type AddressBytes, blockKey, maskAddress, parseAddress, parseBlock } from './address.ts'

/** `hosts` entries by what they match: the cost of a look-up grows with the distinct prefix lengths, not with the entries. */
export class HostIndex<T> {
  readonly #addresses = new Map<string, T[]>()
  readonly #blocks = new Map<string, T[]>()
  /** Distinct prefix lengths by address size in bytes. */
  readonly #prefixes = new Map<number, Set<number>>()
  readonly #patterns = new PatternSet<T>()

  /**
   * An IP address, a CIDR block, or a pattern, which is compared with the address as text: names are never looked up.
   * Throws an Error for a block or a regex that cannot be used.
   */
  add(text: string, value: T): void {
    const address = parseAddress(text)
    if (address !== null) {
      push(this.#addresses, blockKey({ bytes: address, prefix: address.length * 8 }), value)
      return
    }
    const block = text.startsWith('/') ? null : parseBlock(text)
    if (block === null) {
      this.#patterns.add(text, value)
      return
    }
    push(this.#blocks, blockKey(block), value)
    const prefixes = this.#prefixes.get(block.bytes.length) ?? new Set()
    this.#prefixes.set(block.bytes.length, prefixes.add(block.prefix))
  }

  /** Values of all entries that an address matches. One that is no IP address (a Unix socket's) can match patterns only. */
  match(remoteAddress: string): T[] {
    const bytes = parseAddress(remoteAddress)
    if (bytes === null) return this.#patterns.match(remoteAddress)
    const found = [...(this.#addresses.get(blockKey({ bytes, prefix: bytes.length * 8 })) ?? [])]
    for (const prefix of this.#prefixes.get(bytes.length) ?? []) {
      found.push(...(this.#blocks.get(blockKey({ bytes: maskAddress(bytes, prefix), prefix })) ?? []))
    }
    found.push(...this.#patterns.match(addressText(remoteAddress, bytes)))
    return found
  }
}

/** IPv4 as dotted quad even where it came mapped into IPv6; IPv6 in lower case as the socket gave it, without a zone. */
function addressText(remoteAddress: string, bytes: AddressBytes): string {
  return bytes.length === 4 ? bytes.join('.') : (remoteAddress.split('%', 1)[0] as string).toLowerCase()
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
