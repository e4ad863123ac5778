import { compileAdminDns } from '../gateway/authentication/admin-dns.ts'
import { createAuthenticator } from '../gateway/authentication/authenticator.ts'
import { fold } from '../gateway/headers/fold.ts'
import { compileIdentityHeaders } from '../gateway/headers/identity-headers.ts'
import type { IdentityHeaders } from '../gateway/headers/types.ts'
import type { ListenerRuntime, RouteRuntime, Runtime } from '../gateway/runtime.ts'
import type { ConnectionRules } from '../http1/connection-rules.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../http1/header-table.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { Audit, Metrics } from '../observability/types.ts'
import { compilePolicy } from '../policy/policy.ts'
import type { Route } from '../policy/types.ts'
import { findName } from '../tls/server-names.ts'
import { Upstream } from '../upstream/upstream.ts'

/** Meter name of requests that matched no route. */
const NO_ROUTE = ''

export interface CompileServices {
  readonly metrics: Metrics
  readonly audit: Audit
  /** The one that is replaced: upstreams that did not change keep their connections, and an unchanged policy is not compiled anew. */
  readonly previous: CompiledSnapshot | null
  /** Kept for as long as the snapshot is: it must not lead to the one before. */
  readonly draining: () => boolean
}

/** A snapshot ready to serve, with what has to be let go when it is replaced. */
export interface CompiledSnapshot {
  readonly snapshot: Snapshot
  readonly runtime: Runtime
  readonly upstreams: ReadonlyMap<string, KeptUpstream>
}

interface KeptUpstream {
  readonly upstream: Upstream
  /** What it was made from; equal text means it may be kept. */
  readonly source: string
}

/** Compiles a snapshot beside the one in force. Throws, with nothing changed, where any part of it cannot be used. */
export function compileSnapshot(snapshot: Snapshot, services: CompileServices): CompiledSnapshot {
  const { settings } = snapshot
  const policy = compilePolicy(settings, snapshot.mapping, snapshot.listeners.values(), services.previous?.runtime.policy)
  const headers = compileIdentityHeaders(settings.identityHeaders)
  const upstreams = compileUpstreams(snapshot, services)
  const listeners = new Map([...settings.listeners.keys()].map((name) => [name, compileListener(snapshot, name, services.metrics)]))
  const runtime: Runtime = {
    number: snapshot.number,
    policy,
    authenticator: createAuthenticator(settings.auth, snapshot.users, { audit: services.audit }),
    headers,
    rules: connectionRules(snapshot, headers, services.draining),
    listeners,
    routes: policy.routes.map((route) => compileRoute(route, snapshot, upstreams, services.metrics)),
    errors: settings.errors,
    hideRoutes: settings.hideRoutes,
    contact: settings.contact,
    upstreamConnect: settings.limits.upstreamConnect,
    upstreamFirstByte: settings.limits.upstreamFirstByte,
    upstreamIdle: settings.limits.upstreamIdle,
  }
  return { snapshot, runtime, upstreams }
}

function connectionRules(snapshot: Snapshot, headers: IdentityHeaders, draining: () => boolean): ConnectionRules {
  const { limits } = snapshot.settings
  return {
    table: compileHeaderTable(REQUEST_NAMES, headers.strip),
    limits: { ...limits },
    get draining() {
      return draining()
    },
  }
}

function compileListener(snapshot: Snapshot, name: string, metrics: Metrics): ListenerRuntime {
  const tls = snapshot.settings.listeners.get(name)?.tls ?? null
  const names = tls === null ? null : tls.names
  return {
    name,
    scheme: tls === null ? 'http' : 'https',
    requiresCertificate: tls?.clientauthMode === 'REQUIRE',
    nameFor: names === null || names.size === 0 ? null : (host) => (host === null ? (tls?.defaultName ?? null) : findName(names, host)),
    adminDns: compileAdminDns(snapshot.settings.admin, snapshot.settings.listeners.get(name), snapshot.listeners.get(name)),
    missMeter: metrics.meter(name, NO_ROUTE),
  }
}

function compileUpstreams(snapshot: Snapshot, services: CompileServices): Map<string, KeptUpstream> {
  const kept = new Map<string, KeptUpstream>()
  for (const [name, settings] of snapshot.settings.upstreams) {
    const material = snapshot.upstreams.get(name)
    const source = JSON.stringify([settings.targets, material ?? null])
    const before = services.previous?.upstreams.get(name)
    if (before?.source === source) {
      kept.set(name, before)
      continue
    }
    const meter = services.metrics.upstream(name)
    const tls = material === undefined ? null : { ca: material.ca, certificate: material.keyPair, serverName: material.serverName }
    kept.set(name, { upstream: new Upstream(name, settings.targets, tls, meter), source })
  }
  return kept
}

function compileRoute(route: Route, snapshot: Snapshot, upstreams: ReadonlyMap<string, KeptUpstream>, metrics: Metrics): RouteRuntime {
  const { settings } = route
  const kept = upstreams.get(settings.upstream)
  if (kept === undefined) throw new TypeError(`route '${settings.name}' names the unknown upstream '${settings.upstream}'`)
  const strip = new Set([...settings.strip, ...(snapshot.settings.upstreams.get(settings.upstream)?.strip ?? [])].map(fold))
  return {
    route,
    upstream: kept.upstream,
    upstreamMeter: metrics.upstream(settings.upstream),
    meters: new Map([...snapshot.settings.listeners.keys()].map((listener) => [listener, metrics.meter(listener, settings.name)])),
    strips: strip.size === 0 ? null : (name) => strip.has(fold(name)),
  }
}
