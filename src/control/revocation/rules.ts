import { isIP, isIPv6 } from 'node:net'
import { type AddressBlock, maskAddress, parseAddress, parseBlock } from '../../policy/address.ts'

/** IPv4 that is not public by the IANA special-purpose address registry, and multicast. */
const NOT_PUBLIC_4 = blocks(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3',
)
/** Only global unicast is public in IPv6: that leaves out loopback, link-local, unique local, mapped, NAT64 and multicast by itself. */
const PUBLIC_6 = blocks('2000::/3')
/** What of it is special, or leads into IPv4: Teredo and its neighbours, documentation, 6to4, AS112, more documentation. */
const NOT_PUBLIC_6 = blocks('2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20')

/** Where a responder or a distribution point of the public internet listens. */
const PUBLIC_PORTS: ReadonlySet<number> = new Set([80, 443])

/** Where URLs from certificates may lead (`revocation.fetch_allow`). What nothing allows is refused. */
export class FetchRules {
  readonly #public: boolean
  readonly #blocks: readonly AddressBlock[]
  readonly #hosts: ReadonlySet<string>

  /** Takes what the configuration has checked. */
  constructor(allowed: readonly string[]) {
    const networks = allowed.filter((entry) => isIP(entry) !== 0 || entry.includes('/'))
    this.#public = allowed.includes('public')
    this.#blocks = networks.flatMap((entry) => parseBlock(entry.includes('/') ? entry : `${entry}/${isIPv6(entry) ? 128 : 32}`) ?? [])
    this.#hosts = new Set(allowed.filter((entry) => entry !== 'public' && !networks.includes(entry)))
  }

  /** Whether a host is named as such, itself or by `*.` for its first label: then its address does not matter. */
  allowsHost(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, '')
    if (isIP(name) !== 0) return false
    return this.#hosts.has(name) || this.#hosts.has(name.replace(/^[^.]+/, '*'))
  }

  /** Whether this address, the one that is really connected to, may be. By network: any port; as a public one: 80 and 443. */
  allowsAddress(address: string, port: number): boolean {
    const bytes = parseAddress(address)
    if (bytes === null) return false
    if (this.#blocks.some((block) => holds(block, bytes))) return true
    return this.#public && PUBLIC_PORTS.has(port) && isPublic(address, bytes)
  }
}

/** IPv4 in the clothes of IPv6 is nobody's public address, whatever is inside. */
function isPublic(address: string, bytes: Uint8Array): boolean {
  const within = (list: readonly AddressBlock[]) => list.some((block) => holds(block, bytes))
  if (bytes.length === 4) return !address.includes(':') && !within(NOT_PUBLIC_4)
  return within(PUBLIC_6) && !within(NOT_PUBLIC_6)
}

function holds({ bytes, prefix }: AddressBlock, address: Uint8Array): boolean {
  return bytes.length === address.length && maskAddress(address, prefix).every((byte, index) => byte === bytes[index])
}

function blocks(text: string): AddressBlock[] {
  return text.split(' ').flatMap((block) => parseBlock(block) ?? [])
}
