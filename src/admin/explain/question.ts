import { isIP } from 'node:net'
import type { ListenerSettings, Settings } from '../../config/settings.ts'
import { InputError, UsageError } from '../../errors.ts'
import { canonicalise } from '../../policy/path.ts'

/** The request that is asked about, as the gateway would receive it. */
export interface Question {
  readonly method: string
  /** One character per byte, as on the wire. */
  readonly target: string
  readonly host: string
  /** What a client would send as SNI; null for an address, which is none (RFC 6066 section 3). */
  readonly serverName: string | null
  readonly listener: ListenerSettings
  readonly remoteAddress: string
  /** What was not said and had to be supposed. */
  readonly assumptions: readonly string[]
}

export interface QuestionFlags {
  readonly listener: string | undefined
  readonly host: string | undefined
  readonly address: string | undefined
}

/** Reads METHOD and URL; a whole URL gives the Host too. Throws UsageError for what could not be sent at all. */
export function readQuestion(method: string, url: string, flags: QuestionFlags, settings: Settings): Question {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(method)) throw new UsageError(`'${method}' is not a method`, 'for example GET')
  if (!/^(?:\/|\*$|https?:\/\/)/i.test(url)) throw new UsageError(`'${url}' is neither a path nor a URL`, "begin it with '/' or https://")
  if (flags.address !== undefined && isIP(flags.address) === 0)
    throw new UsageError(`'${flags.address}' is not an IP address`, 'for example 192.0.2.1 or 2001:db8::1')
  const bytes = Buffer.from(url, 'utf8').toString('latin1')
  const { authority, target } = splitUrl(bytes, url)
  const listener = findListener(flags.listener, settings)
  const assumptions: string[] = []
  if (flags.listener === undefined && settings.listeners.size > 1) assumptions.push(`listener ${listener.name}, the first one (--listener)`)
  let host = flags.host ?? authority
  if (host === null) {
    host = 'localhost'
    if (settings.routes.some(({ hosts }) => hosts.length > 0)) assumptions.push('Host localhost (--host)')
  }
  return {
    method,
    target,
    host,
    serverName: serverNameOf(authority ?? host),
    listener,
    remoteAddress: flags.address ?? '127.0.0.1',
    assumptions,
  }
}

function serverNameOf(authority: string): string | null {
  const name = authority.replace(/:\d*$/, '').toLowerCase()
  return name === '' || name.startsWith('[') || /^[\d.]+$/.test(name) ? null : name
}

/** A client sends the path of a URL, and its authority as Host. */
function splitUrl(bytes: string, url: string): { authority: string | null; target: string } {
  if (!/^https?:/i.test(bytes)) return { authority: null, target: bytes }
  const authority = /^https?:\/\/([^/?#]*)/i.exec(bytes)
  const problem = canonicalise(`${authority?.[0]}/`).problem
  if (authority === null || problem !== null)
    throw new UsageError(`'${url}' is not a URL`, 'for example https://gate.example:8443/movies/_doc/3')
  const rest = bytes.slice(authority[0].length)
  return { authority: authority[1] as string, target: rest.startsWith('/') ? rest : `/${rest}` }
}

function findListener(name: string | undefined, { listeners }: Settings): ListenerSettings {
  const [first] = listeners.values()
  const listener = name === undefined ? first : listeners.get(name)
  if (listener === undefined)
    throw new InputError(`there is no listener '${name}'`, { hint: `there is ${[...listeners.keys()].join(', ')}` })
  return listener
}
