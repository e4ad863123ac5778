import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAddress } from '../config/address.ts'
import type { Settings } from '../config/settings.ts'
import type { Gateway } from '../control/gateway.ts'
import { formatAddress } from '../control/listening/sockets.ts'
import type { Terminal } from './command.ts'
import { shellWord } from './program-name.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

/** What the two lines lead to: the demo service, another service that `init` was told of, or whatever somebody has written since. */
export type Behind = 'demo' | 'service' | 'unknown'

export interface Guided {
  /** Of the listener that the lines go to. */
  readonly port: string
  /** HOST:PORT of administration; null: there is none. */
  readonly admin: string | null
  readonly behind: Behind
}

/**
 * Two command lines to paste, one with a certificate and one without, and where the console is. Where the certificates that `init` made have
 * expired, it says so instead; where they are gone, it says nothing.
 */
export function guide(folder: string, { port, admin, behind }: Guided, terminal: Terminal): string {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  if (!['ca/ca.crt', 'clients/admin.crt', 'clients/admin.key'].every((file) => existsSync(join(folder, file)))) return ''
  const { bold, dim, red } = styles(terminal)
  const expired = ['server.crt', 'clients/admin.crt'].find((file) => isExpired(join(folder, file)))
  if (expired !== undefined) {
    return `\n${red('expired')}: ${path(expired)}; move ${path()} away and start again, or put newer certificates there\n\n`
  }
  const { through, refused } = curlLines(folder, port, terminal)
  const [with_, without] = headings(behind, path('certgate.yml'), terminal)
  return `
${with_}

  ${bold(through)}

${without}

  ${bold(refused)}

${admin === null ? '' : `${consoleLine(folder, admin, terminal)}\n\n`}${dim(`roles and routes: ${path('certgate.yml')}; Ctrl-C stops`)}

`
}

/** Of a gateway that has just started; null: it has no listener with TLS. */
export function guidedTo({ inForce, addresses }: Pick<Gateway, 'inForce' | 'addresses'>, behind: Behind): Guided | null {
  const name = [...(inForce?.snapshot.settings.listeners.values() ?? [])].find(({ tls }) => tls !== null)?.name
  const socket = name === undefined ? undefined : inForce?.sockets.get(name)
  return socket === undefined ? null : { port: String(socket.port), admin: addresses.admin, behind }
}

/** Whether what `start` wrote still leads to the demo service alone, and nobody without a certificate to anything. */
export function leadsToDemo({ upstreams, listeners }: Pick<Settings, 'upstreams' | 'listeners'>, demo: string): boolean {
  const strict = [...listeners.values()].every(({ tls }) => tls?.clientauthMode === 'REQUIRE')
  return strict && upstreams.size === 1 && upstreams.has(demo)
}

/** Nothing is promised of a configuration that somebody else has written. */
function headings(behind: Behind, config: string, terminal: Terminal): readonly [string, string] {
  const { green, red } = styles(terminal)
  if (behind === 'unknown')
    return [`${green('with a certificate')}, let through where roles and routes in ${config} say so:`, `${red('without')}:`]
  const service = behind === 'demo' ? ', and the service behind shows what it sees:' : ' to the service behind:'
  return [`${green('let through')}${service}`, `${red('refused')}, and the answer says why:`]
}

/** Where administration is for a browser, and what it needs for it. */
export function consoleLine(folder: string, admin: string, terminal: Terminal): string {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  const { bold, cyan } = styles(terminal)
  const password = existsSync(join(folder, 'clients', 'admin.pass'))
    ? `password in ${path('clients', 'admin.pass')}`
    : 'with the password that you chose'
  return `${cyan('console')}  ${bold(consoleUrl(admin))}\n         for a browser: import ${path('clients', 'admin.pfx')}, ${password}`
}

/** Of HOST:PORT, by a name that the server certificate of `init` has. */
export function consoleUrl(address: string): string {
  const { host, port } = parseAddress(address)
  const local = host === '0.0.0.0' || host === '::' || host === '::1' || host.startsWith('127.')
  return `https://${formatAddress(local ? 'localhost' : host, port)}/console/`
}

/** For the shell, where the user stands. */
export function curlLines(folder: string, port: string, terminal: Terminal): { readonly through: string; readonly refused: string } {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  const { env } = terminal
  const proxied = [env.https_proxy, env.HTTPS_PROXY, env.all_proxy, env.ALL_PROXY].some(Boolean)
  const curl = `curl${proxied ? " --noproxy '*'" : ''} --cacert ${path('ca', 'ca.crt')}`
  const url = `https://localhost:${port}/`
  return {
    through: `${curl} --cert ${path('clients', 'admin.crt')} --key ${path('clients', 'admin.key')} ${url}`,
    refused: `${curl} ${url}`,
  }
}

function isExpired(file: string): boolean {
  return existsSync(file) && new X509Certificate(readFileSync(file)).validToDate.getTime() < Date.now()
}
