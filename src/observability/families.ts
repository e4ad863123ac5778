/** One metric family: everything that is exported is in FAMILIES, and nothing else is. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, ascending, in the unit of its name; `+Inf` is implied. */
  readonly buckets?: readonly number[]
}

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const HOUR = 3600
const DAY = 24 * HOUR
const LIFE_SECONDS = [0, HOUR, 6 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 730 * DAY]

/** The names of SEMANTICS section 6 and those of the process, as Prometheus' own client libraries call them. */
export const FAMILIES = {
  requests: {
    name: 'certgate_requests_total',
    type: 'counter',
    help: 'Requests answered, refused ones included. Unknown methods count as OTHER.',
    labels: ['listener', 'route', 'method', 'code'],
  },
  requestDuration: {
    name: 'certgate_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the request head received to the response finished.',
    labels: ['listener', 'route'],
    buckets: REQUEST_SECONDS,
  },
  decisions: {
    name: 'certgate_authz_decisions_total',
    type: 'counter',
    help: 'Decisions per route; no route: the request matched none.',
    labels: ['route', 'decision'],
  },
  upstreamDuration: {
    name: 'certgate_upstream_request_duration_seconds',
    type: 'histogram',
    help: 'Time from a request forwarded to the response of the upstream finished.',
    labels: ['upstream'],
    buckets: REQUEST_SECONDS,
  },
  upstreamErrors: {
    name: 'certgate_upstream_errors_total',
    type: 'counter',
    help: 'Upstream failures by kind: connect, timeout, broken, protocol.',
    labels: ['upstream', 'kind'],
  },
  upstreamRetries: {
    name: 'certgate_upstream_retries_total',
    type: 'counter',
    help: 'Requests sent again because a pooled upstream connection had gone stale.',
    labels: ['upstream'],
  },
  upstreamHealthy: {
    name: 'certgate_upstream_healthy',
    type: 'gauge',
    help: '1 if the last attempt of any worker to connect to this target succeeded, else 0.',
    labels: ['upstream', 'target'],
  },
  connectionsOpen: {
    name: 'certgate_connections_open',
    type: 'gauge',
    help: 'Client connections open now.',
    labels: ['listener'],
  },
  connections: {
    name: 'certgate_connections_total',
    type: 'counter',
    help: 'Client connections accepted.',
    labels: ['listener'],
  },
  connectionsRefused: {
    name: 'certgate_connections_refused_total',
    type: 'counter',
    help: 'Connections closed before their handshake, by reason: limit (on connections), handshakes (too many under way), overload, costly (made-up certificate chains).',
    labels: ['listener', 'reason'],
  },
  shedRequests: {
    name: 'certgate_shed_requests_total',
    type: 'counter',
    help: 'Requests answered 503 because their client had its share of an overloaded worker.',
    labels: [],
  },
  handshakes: {
    name: 'certgate_tls_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes by result: ok, resumed, failed, timeout. No version: none was agreed on.',
    labels: ['result', 'version'],
  },
  refusals: {
    name: 'certgate_refusals_total',
    type: 'counter',
    help: 'Requests that certgate refused or could not serve, by reason.',
    labels: ['reason'],
  },
  clientAuthFailures: {
    name: 'certgate_client_auth_failures_total',
    type: 'counter',
    help: 'Requests refused for who asked: certificate, credentials or identity, by reason.',
    labels: ['reason'],
  },
  certificateLife: {
    name: 'certgate_client_certificate_expiration_seconds',
    type: 'histogram',
    help: 'Remaining life of client certificates at handshake.',
    labels: [],
    buckets: LIFE_SECONDS,
  },
  strippedHeaders: {
    name: 'certgate_stripped_headers_total',
    type: 'counter',
    help: 'Identity headers and look-alikes that clients sent and that were removed.',
    labels: [],
  },
  accessLogDropped: {
    name: 'certgate_access_log_dropped_total',
    type: 'counter',
    help: 'Access-log lines lost because their file or reader could not keep up.',
    labels: [],
  },
  certificateNotAfter: {
    name: 'certgate_certificate_not_after_seconds',
    type: 'gauge',
    help: 'When a certificate in use expires, in seconds since the epoch; kind issued: the first of the registered ones that are good.',
    labels: ['kind', 'name'],
  },
  registeredCertificates: {
    name: 'certgate_registered_certificates',
    type: 'gauge',
    help: 'Certificates in the registry by state: valid, expiring, expired, disabled, revoked. Counted once a minute.',
    labels: ['state'],
  },
  crlNextUpdate: {
    name: 'certgate_crl_next_update_seconds',
    type: 'gauge',
    help: 'When a CRL in use has to have been replaced, in seconds since the epoch.',
    labels: ['issuer', 'file'],
  },
  revocationFailures: {
    name: 'certgate_revocation_fetch_failures_total',
    type: 'counter',
    help: 'Times that the status of a certificate could not be found out, by source: ocsp, crl.',
    labels: ['kind'],
  },
  revocationStale: {
    name: 'certgate_revocation_status_stale',
    type: 'gauge',
    help: 'Statuses used past their end now, because nothing newer can be had.',
    labels: [],
  },
  storeLost: {
    name: 'certgate_store_lost_seconds',
    type: 'gauge',
    help: 'For how long the store has been lost: it cannot be read, or its file is gone. 0: it can be used.',
    labels: [],
  },
  reloadSuccessful: {
    name: 'certgate_config_last_reload_successful',
    type: 'gauge',
    help: '1 if the last attempt to load the configuration succeeded, 0 if the one before stays in force.',
    labels: [],
  },
  reloadSuccessTime: {
    name: 'certgate_config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the configuration in force was loaded, in seconds since the epoch.',
    labels: [],
  },
  buildInfo: {
    name: 'certgate_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say what is running.',
    labels: ['version', 'node', 'openssl'],
  },
  workers: {
    name: 'certgate_workers',
    type: 'gauge',
    help: 'Workers whose measurements are part of this answer.',
    labels: [],
  },
  workerExits: {
    name: 'certgate_worker_exits_total',
    type: 'counter',
    help: 'Workers that ended, for whatever reason.',
    labels: [],
  },
  cpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time, summed over the processes of this kind.',
    labels: ['process'],
  },
  residentMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory, summed over the processes of this kind; pages they share count for each.',
    labels: ['process'],
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'JavaScript heap in use, summed over the processes of this kind.',
    labels: ['process'],
  },
  openFds: {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'Open file descriptors of the process of this kind that has most.',
    labels: ['process'],
  },
  maxFds: {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'Most file descriptors one process may open.',
    labels: ['process'],
  },
  eventLoopLag: {
    name: 'nodejs_eventloop_lag_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the event-loop delay since the last scrape, of the process of this kind where it is worst.',
    labels: ['process'],
  },
  startTime: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When control was started, in seconds since the epoch.',
    labels: ['process'],
  },
} as const satisfies Record<string, Family>
