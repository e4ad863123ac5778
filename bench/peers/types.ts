import type { PkiFiles } from '../lab/pki.ts'
import type { Tool } from '../lab/tools.ts'

export const CONTENDERS = ['nginx', 'certgate', 'haproxy', 'caddy', 'node-http-proxy'] as const
export type ContenderName = (typeof CONTENDERS)[number]

/** What a contender is set up to do. Every peer that supports a setup does the same work in it. */
export interface Setup {
  /** `two`: X-Client-CN and X-Roles. `plain`: the header set of certgate's style `plain`. */
  readonly headers: 'two' | 'plain'
  /** A JSON line per request, buffered 64 KB or a second. */
  readonly accessLog: boolean
  /** Mapped users, `client1` among them. */
  readonly users: number
  /** `/route/0000/**` onwards; the last is always `/**`. */
  readonly routes: number
  readonly workers: number
}

export const PLAIN_SETUP: Setup = { headers: 'two', accessLog: false, users: 1, routes: 1, workers: 1 }

/** Where a contender is put: a folder of its own, ports nobody uses, and what it proxies. */
export interface Site {
  readonly folder: string
  readonly port: number
  /** For metrics, where the contender has any. */
  readonly telemetryPort: number
  readonly upstreamPort: number
  readonly pki: PkiFiles
  /** Where the access log goes. */
  readonly accessLog: string
}

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Peer {
  readonly name: ContenderName
  /** As printed in reports. */
  readonly title: string
  /** What has to be installed for it. */
  readonly needs: readonly Tool[]
  supports(setup: Setup): boolean
  version(): string
  /** Writes its configuration into the site's folder and says how to start it in the foreground. */
  prepare(site: Site, setup: Setup): Command
}

/** One access-log line has exactly these fields, in this order, on either side. */
export const LOG_FIELDS = [
  'time',
  'request_id',
  'listener',
  'remote',
  'sni',
  'method',
  'host',
  'path',
  'user',
  'dn',
  'fingerprint',
  'roles',
  'route',
  'decision',
  'reason',
  'status',
  'upstream',
  'bytes_in',
  'bytes_out',
  'duration_ms',
] as const
