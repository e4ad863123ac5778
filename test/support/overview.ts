import type { Overview } from '../../src/admin/overview.ts'

/** A gateway with one of each thing. */
export function overviewWith(changes: Partial<Overview> = {}): Overview {
  return {
    at: 1_700_000_000_000,
    version: '0.1.0',
    started_at: 1_699_990_000_000,
    state: 'serving',
    config_file: '/etc/certgate/certgate.yml',
    snapshot: { number: 3, loaded_at: 1_699_999_000_000 },
    workers: [{ pid: 7, state: 'serving', started_at: 1_699_990_000_000, snapshot: 3, connections: 2, restarts: 0 }],
    last_reload: {
      outcome: 'failed',
      cause: 'file',
      at: 1_699_999_500_000,
      snapshot: 3,
      message: '1 problem; snapshot 3 stays in force',
      problems: [{ severity: 'error', message: 'unknown key', path: 'a', file: 'certgate.yml', line: 3, column: 1, snippet: '3 | a: b' }],
    },
    upstreams: [{ upstream: 'app', target: 'http://127.0.0.1:8080', healthy: true, checkedAt: 1_699_999_900_000 }],
    expiring: {
      own: [{ kind: 'server', name: 'main', subject: 'CN=gate', notAfter: 1_700_001_000_000, expired: false }],
      clients: { total: 1, first: [{ name: 'CLIENT0', fingerprint: 'ab'.repeat(32), notAfter: 1_700_002_000_000 }] },
    },
    registered: new Map([['valid', 4]]),
    samples: [
      {
        at: 1_700_000_000_000,
        seconds: 1,
        requests: 12,
        statuses: [
          { class: 2, count: 10 },
          { class: 4, count: 2 },
        ],
        refusals: [{ reason: 'role_missing', count: 2 }],
        latency: { p50: 0.001, p95: 0.004, p99: 0.02 },
        connections: 2,
        upstreamErrors: 0,
      },
    ],
    ...changes,
  }
}
