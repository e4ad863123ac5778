import { isIP } from 'node:net'
import { isOfBrowser } from '../../admin/browser-request.ts'
import { AdminProblem } from '../../admin/problem.ts'
import { readCertificate } from '../../identity/certificate.ts'
import { parseCertificate } from '../../tls/authority-node.ts'
import type { ListenerMaterial } from '../../tls/types.ts'

/** A name or IPv4 address, or an IPv6 address in brackets, and maybe a port (RFC 9110 section 7.2). */
const HOST = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<name>[a-z0-9._-]+))(?::\d{1,5})?$/i

/** The host in a Host header, lower case, without port and root dot; null where it is none. */
export function hostOf(header: string): string | null {
  const { six, name } = HOST.exec(header)?.groups ?? {}
  if (six !== undefined) return isIP(six) === 6 ? six.toLowerCase() : null
  return name?.toLowerCase().replace(/\.$/, '') ?? null
}

/** The names by which browsers may reach administration: the certificates' own, and those of `admin.hosts`. A wildcard names nobody. */
export function ownHosts({ keyPair, names }: Pick<ListenerMaterial, 'keyPair' | 'names'>, hosts: readonly string[]): ReadonlySet<string> {
  const certificates = [keyPair, ...[...names.values()].map((trust) => trust.keyPair)].map(({ certificate }) => certificate)
  const sans = certificates.flatMap((pem) => readCertificate(parseCertificate(pem).raw).sans)
  const certified = sans.filter(({ type, value }) => type === 'dNSName' && !value.includes('*')).map(({ value }) => value.toLowerCase())
  return new Set([...certified, ...hosts])
}

/**
 * Why a browser may not administer under this host; null: it may, or it is no browser. A page of a name that somebody else holds, and leads to
 * this address once it is loaded (DNS rebinding), is to the browser of the same origin as what answers, and a wildcard in our certificate
 * covers that name too. Nobody can do so with an address, or with localhost.
 */
export function hostProblem(
  host: string,
  headers: { readonly has: (name: string) => boolean },
  own: ReadonlySet<string>,
): AdminProblem | null {
  if (!isOfBrowser(headers) || isIP(host) !== 0 || /^(.+\.)?localhost$/.test(host) || own.has(host)) return null
  const hint = `if it is one of this gateway's names, add it to admin.hosts in its configuration: hosts: [${host.slice(0, 255)}]`
  return new AdminProblem(421, 'misdirected_request', 'a browser may not administer under this host name', { hint })
}
