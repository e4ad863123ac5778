import { isIPv4, isIPv6 } from 'node:net'

/** A numeric address: 4 bytes, or 16. IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2) is IPv4. */
export type AddressBytes = Uint8Array

/** A block of addresses in CIDR notation, host bits cleared. */
export interface AddressBlock {
  readonly bytes: AddressBytes
  readonly prefix: number
}

const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)

/** Bytes of an IP address in text; null for anything else. A zone (`%eth0`) is ignored. */
export function parseAddress(text: string): AddressBytes | null {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  const bare = text.split('%', 1)[0] as string
  if (!isIPv6(bare)) return null
  const bytes = new Uint8Array(16)
  for (const [index, group] of groupsOf(bare).entries()) {
    bytes[index * 2] = group >> 8
    bytes[index * 2 + 1] = group & 0xff
  }
  return MAPPED.every((byte, index) => byte === bytes[index]) ? bytes.subarray(12) : bytes
}

/**
 * One text for what one client has of addresses: an IPv4 address as it is, also where mapped into IPv6; of IPv6 the /64 network. Once per
 * connection, so nothing is made for IPv4.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groupsOf(address.split('%', 1)[0] as string)
  if ((a | b | c | d | e) === 0 && f === 0xffff) return `${g >> 8}.${g & 0xff}.${h >> 8}.${h & 0xff}`
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}::/64`
}

/** The eight groups of what `isIPv6` has accepted. */
function groupsOf(text: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const hextet = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16)
  const [, lead, a, b, c, d] = dotted ?? []
  const groups = dotted === null ? text : `${lead}${hextet(a as string, b as string)}:${hextet(c as string, d as string)}`
  const [head = '', tail] = groups.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}

/** `address/length`; null where the text has no slash. Throws an Error that says what is wrong with one that has. */
export function parseBlock(text: string): AddressBlock | null {
  const slash = text.indexOf('/')
  if (slash === -1) return null
  const address = text.slice(0, slash)
  const bytes = parseAddress(address)
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN
  if (bytes === null) throw new Error(`'${address}' in '${text}' is not an IP address`)
  const writtenBits = address.includes(':') ? 128 : 32
  const prefix = length - (writtenBits - bytes.length * 8)
  if (Number.isNaN(length) || length > writtenBits || prefix < 0) {
    throw new Error(`the prefix length in '${text}' has to be a number from ${writtenBits - bytes.length * 8} to ${writtenBits}`)
  }
  return { bytes: maskAddress(bytes, prefix), prefix }
}

/** The first `prefix` bits of an address, the others zero. */
export function maskAddress(bytes: AddressBytes, prefix: number): AddressBytes {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8))))
}

/** One text per block, whichever way it was written. */
export function blockKey({ bytes, prefix }: AddressBlock): string {
  return `${Buffer.from(bytes).toString('hex')}/${prefix}`
}
