import { BlockList, isIP } from 'node:net'

/** `::ffff:192.0.2.1` is how a dual-stack socket shows 192.0.2.1; a zone (`%eth0`) says nothing to anyone else. */
export function plainAddress(address: string): string {
  const withoutZone = address.replace(/%.*$/s, '')
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(withoutZone)?.[1]
  return mapped ?? withoutZone
}

interface Subnet {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function parseSubnet(text: string): Subnet | null {
  const [, address = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return null
  const width = version === 4 ? 32 : 128
  const prefix = digits === undefined ? width : Number(digits)
  return prefix > width ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Why this cannot be a trusted hop; null: it is an IP address or CIDR range. */
export function hopProblem(text: string): string | null {
  return parseSubnet(text) === null ? `${JSON.stringify(text)} is not an IP address or CIDR range` : null
}

/** A test for addresses among these IPs and CIDR ranges; anything that is not an IP address is not trusted. */
export function compileTrustedHops(hops: readonly string[]): (remoteAddress: string) => boolean {
  if (hops.length === 0) return () => false
  const list = new BlockList()
  for (const hop of hops) {
    const subnet = parseSubnet(hop)
    if (subnet !== null) list.addSubnet(subnet.address, subnet.prefix, subnet.family)
  }
  return (remoteAddress) => {
    const address = plainAddress(remoteAddress)
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}
