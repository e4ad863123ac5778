import { isIP, isIPv4, isIPv6 } from 'node:net'
import * as z from 'zod'
import type { Address, UpstreamTarget } from './settings.ts'
import { InvalidValue, parsed } from './shape.ts'

const HOST_NAME = /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** `0.0.0.0:8443`, `[::]:8443`, `localhost:8443`; port 0 asks the system for a free one. */
export function parseAddress(value: string | number): Address {
  const text = String(value)
  if (/^\d+$/.test(text))
    throw new InvalidValue(
      'expected an address such as `0.0.0.0:8443`',
      `say where to listen: \`0.0.0.0:${text}\` for everywhere, \`127.0.0.1:${text}\` for this machine only`,
    )
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text)
  if (match === null) {
    const hint =
      isIPv6(text) || /:.*:\d+$/.test(text) ? 'an IPv6 address stands in brackets: "[::]:8443"' : 'a host and a port: `127.0.0.1:8443`'
    throw new InvalidValue(`\`${text}\` is not an address`, hint)
  }
  const [, bracketed, bare = '', portText] = match
  const port = Number(portText)
  if (port > 65535) throw new InvalidValue('a port is at most 65535')
  if (bracketed === undefined && (bare === '' || bare === '*'))
    throw new InvalidValue(`\`${text}\` does not say where to listen`, `write \`0.0.0.0:${port}\` or "[::]:${port}" for everywhere`)
  if (bracketed !== undefined && !isIPv6(bracketed)) throw new InvalidValue(`\`${bracketed}\` is not an IPv6 address`)
  if (bracketed === undefined && !isHost(bare)) throw new InvalidValue(`\`${bare}\` is neither an IP address nor a host name`)
  return { host: bracketed ?? bare, port }
}

function isHost(host: string): boolean {
  // All digits and dots but no IPv4 address: some resolvers would still guess one.
  return isIPv4(host) || (HOST_NAME.test(host) && !/^[\d.]+$/.test(host))
}

/** A host name or IP literal that may stand in a target, without brackets. */
function targetHost(host: string, whole: string): string {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  if (host.startsWith('[') ? isIPv6(bare) : isHost(bare)) return bare
  throw new InvalidValue(`\`${bare}\` in \`${whole}\` is neither an IP address nor a host name`)
}

/** `http://host:port`, `https://host:port`, or `unix:/path` (a relative path is relative to `directory`). */
export function parseTarget(value: string, resolvePath: (path: string) => string): UpstreamTarget {
  const unix = /^unix:(?:\/\/)?(.+)$/i.exec(value)
  if (unix !== null) {
    const path = resolvePath(unix[1] ?? '')
    if (Buffer.byteLength(path) > 107)
      throw new InvalidValue('a Unix socket path is at most 107 bytes', 'move the socket, or link to it from a shorter path')
    return { kind: 'unix', url: `unix:${path}`, path, tls: false }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i.test(value))
    throw new InvalidValue('a target holds no user name or password', 'let the upstream trust the identity headers instead')
  const match = /^(https?):\/\/(\[[^\]]*\]|[^/?#:]*)(?::(\d{1,5}))?(\/?)(.*)$/i.exec(value)
  if (match === null) throw new InvalidValue(`\`${value}\` is not a target`, 'write http://host:port, https://host:port or unix:/path')
  const [, scheme = '', host = '', portText, , rest] = match
  if (rest !== '')
    throw new InvalidValue(
      'a target holds no path or query',
      `write ${scheme}://${host}${portText ? `:${portText}` : ''}: the request's own path is forwarded`,
    )
  const tls = scheme.toLowerCase() === 'https'
  const port = portText === undefined ? (tls ? 443 : 80) : Number(portText)
  if (port < 1 || port > 65535) throw new InvalidValue('a port is from 1 to 65535')
  const bare = targetHost(host, value)
  const printed = isIPv6(bare) ? `[${bare}]` : bare
  return { kind: 'tcp', url: `${tls ? 'https' : 'http'}://${printed}:${port}`, host: bare, port, tls }
}

/** An IP address or CIDR block, for peers. */
export function parseNetwork(value: string): string {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  const width = version === 4 ? 32 : 128
  if (version === 0 || rest.length > 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > width))) {
    throw new InvalidValue(`\`${value}\` is not an IP address or CIDR block`, 'e.g. 10.0.0.0/8 or 127.0.0.1')
  }
  return value
}

export function address() {
  return parsed(z.union([z.string(), z.number()], { error: 'expected an address such as `0.0.0.0:8443`' }), parseAddress)
}
