import type { Schema } from './types.ts'
import { byName, flag, hex64, list, object, orNull, ref, text, time, whole, words } from './words.ts'

const number: Schema = { type: 'number', minimum: 0 }

const SAMPLE = object({
  at: { ...time, description: 'Its end' },
  seconds: { ...number, description: 'How long it lasted; counts are of that time' },
  requests: whole,
  statuses: list(object({ class: { ...whole, description: 'First digit of the status' }, count: whole })),
  refusals: list(object({ reason: text, count: whole })),
  latency: {
    ...orNull(object({ p50: number, p95: number, p99: number })),
    description: 'Seconds, from histogram buckets; null: nothing was answered',
  },
  connections: { ...whole, description: 'Open at its end' },
  upstream_errors: whole,
})

const WORKER = object({
  pid: whole,
  state: words('starting', 'serving', 'leaving'),
  started_at: time,
  snapshot: { ...whole, description: 'Of the configuration that it serves by' },
  connections: orNull(whole),
  restarts: whole,
})

const EXPIRING = object({
  own: list(object({ kind: words('server', 'ca', 'crl'), name: text, subject: text, not_after: time, expired: flag })),
  clients: object({ total: whole, first: list(object({ name: text, fingerprint: hex64, not_after: time })) }),
})

export const OVERVIEW: Schema = object({
  at: time,
  version: text,
  started_at: time,
  state: words('starting', 'serving', 'draining'),
  config_file: orNull(text),
  snapshot: object({ number: whole, loaded_at: time }),
  workers: list(WORKER),
  last_reload: orNull(
    object({
      outcome: words('loaded', 'unchanged', 'failed'),
      cause: words('signal', 'file', 'command'),
      at: time,
      snapshot: whole,
      message: text,
      problems: { ...list(ref('FileProblem')), description: 'The first of them' },
    }),
  ),
  upstreams: list(object({ upstream: text, target: text, healthy: orNull(flag), checked_at: orNull(time) })),
  expiring: EXPIRING,
  registered: { ...byName(whole), description: 'Registered certificates by state' },
  samples: { ...list(SAMPLE), description: 'The oldest first' },
})
