import type { Reason } from '../policy/types.ts'

declare const fragment: unique symbol

/** `"listener":…,"remote":…,"sni":…` as JSON text, made once per connection by `connectionFragment`; no other string fits. */
export type ConnectionFragment = string & { readonly [fragment]: 'connection' }

/** `"user":…,"dn":…,"fingerprint":…,"roles":[…]` as JSON text, made once per identity and snapshot by `subjectFragment`. */
export type SubjectFragment = string & { readonly [fragment]: 'subject' }

/**
 * What one access-log line says; made once per request head received, refused ones included. `write` reads it before it
 * returns and keeps nothing, so one object per connection may be reused.
 */
export interface AccessRecord {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly requestId: string
  readonly connection: ConnectionFragment
  /** As received; empty where the request line could not be read. */
  readonly method: string
  readonly host: string
  /** Canonical and without query: queries carry passwords (the log cuts at `?` too, should one slip in). */
  readonly path: string
  /** `NO_SUBJECT` where nobody was identified. */
  readonly subject: SubjectFragment
  readonly route: string | null
  readonly decision: 'allow' | 'deny'
  readonly reason: Reason | null
  readonly status: number
  readonly upstream: string | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  /** Set: this request repeats the last, and everything but its numbers, its id, its reason and the upstream's target is as it was. */
  readonly repeated?: RepeatedText
}

/** What the serialiser keeps of the lines of a request that repeats; emptied by whoever owns the record once another request comes. */
export interface RepeatedText {
  /** From the listener to the verdict, which stay; '' until made. */
  middle: string
  /** All but the time and the duration, as long as the following stay too; '' until they were the same twice. */
  line: string
  requestId: string
  status: number
  upstream: string | null
  bytesIn: number
  bytesOut: number
}

/** Buffers JSON lines (64 KB or 1 s) and never blocks the event loop. */
export interface AccessLog {
  write(record: AccessRecord): void
  /** Reopens a file that was rotated away; if that fails the old one stays. */
  reopen(): void
  /** Resolves once everything written so far is with the operating system, or counted as dropped. */
  flush(): Promise<void>
  /** Flushes and closes; later records are ignored. */
  close(): Promise<void>
}

/** Counters of one listener and route, looked up once and kept: the hot path allocates nothing. */
export interface RequestMeter {
  /** Unknown methods count as `OTHER`. `durationMs` is from head received to response finished. */
  observe(method: string, status: number, durationMs: number): void
  decide(decision: 'allow' | 'deny'): void
}

export interface UpstreamMeter {
  observe(durationMs: number): void
  error(kind: 'connect' | 'timeout' | 'broken' | 'protocol'): void
  retry(): void
  /** Passive health: the last connection attempt to this target succeeded. */
  healthy(target: string, value: boolean): void
}

/** One worker's measurements; control aggregates over workers and serves them. */
export interface Metrics {
  meter(listener: string, route: string): RequestMeter
  upstream(name: string): UpstreamMeter
  connectionOpened(listener: string): void
  connectionClosed(listener: string): void
  /** Closed before its handshake. */
  connectionRefused(listener: string, reason: 'limit' | 'handshakes' | 'overload' | 'costly'): void
  /** A request was refused because its client had its share of an overloaded worker. */
  requestShed(): void
  handshake(result: 'ok' | 'resumed' | 'failed' | 'timeout', version: string): void
  /** A request was answered with this refusal. */
  refused(reason: Reason): void
  /** Those of them that are about who asked. */
  clientAuthFailure(reason: Reason): void
  /** Remaining life of a client certificate at handshake, in seconds. */
  certificateLife(seconds: number): void
  strippedHeaders(count: number): void
  /** Access-log lines given up because their sink could not keep up. */
  accessLogDropped(lines: number): void
}

/** What a load of the configuration was about. */
export interface ConfigurationDetails {
  /** Hex SHA-256 of what was taken up, without a byte order mark. */
  readonly configuration_sha256?: string
  readonly roles_mapping_sha256?: string
  /** `FILE:LINE: message` of the first that is in the way. */
  readonly problem?: string
}

/** Security-relevant events, logged at info with `audit: true` whatever the access log does. */
export type AuditEvent =
  | {
      readonly kind: 'FAILED_LOGIN'
      readonly reason: Reason
      readonly user: string | null
      readonly remote: string
      readonly detail: string
    }
  | {
      readonly kind: 'SSL_EXCEPTION'
      readonly reason: Reason
      readonly dn: string | null
      readonly remote: string
      readonly detail: string
    }
  | {
      readonly kind: 'MISSING_PRIVILEGES'
      readonly reason: Reason
      readonly user: string | null
      readonly remote: string
      readonly detail: string
    }
  | { readonly kind: 'BAD_HEADERS'; readonly reason: Reason; readonly remote: string; readonly detail: string }
  | ({
      readonly kind: 'CONFIG'
      readonly action: 'loaded' | 'rejected'
      readonly cause: string
      readonly snapshot: number
      readonly detail: string
      /** Who asked, and what they are known by. */
      readonly by: string
      readonly fingerprint?: string
      readonly os_user?: string
    } & ConfigurationDetails)
  | { readonly kind: 'RESERVED_ROLE_DROPPED'; readonly user: string; readonly detail: string }

export type Audit = (event: AuditEvent) => void
