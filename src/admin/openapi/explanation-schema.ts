import type { Schema } from './types.ts'
import { byName, flag, hex64, list, object, orNull, ref, text, time, whole, words } from './words.ts'

const REVOCATION_ANSWER = object({
  source: { ...words('file', 'crl', 'ocsp'), description: 'file: the configured lists; crl: those that the certificate names' },
  status: words('good', 'revoked', 'unknown'),
  detail: orNull(text),
  said_at: orNull(time),
  ends_at: orNull(time),
  stale: { ...flag, description: 'Its time is over, and `revocation.stale_grace` lets it count' },
  asked: {
    ...words('no', 'meanwhile', 'first'),
    description: 'Whether a handshake of now asks for it: not (yet again), beside being decided, or before. Explain itself never asks',
  },
  urls: list(text),
  on_unavailable: words('allow', 'deny'),
})

const REVOCATION_CHECK = object({
  subject: text,
  serial: text,
  issuer: text,
  outcome: {
    ...words('good', 'not_checked', 'unknown', 'refused'),
    description: 'unknown: `on_unavailable: allow` lets it through; not_checked: no source has anything to say about it',
  },
  answers: list(REVOCATION_ANSWER),
})

export const REVOCATION_LINES: Schema = object({
  on: { ...flag, description: 'The listener checks revocation' },
  checks: { ...list(REVOCATION_CHECK), description: "Of the client's certificate, and of those above it" },
})

const CERTIFICATE = object({
  subject: text,
  issuer: text,
  sha256: { ...orNull(hex64), description: 'null: made up from a name' },
  not_after: orNull(time),
  trusted: flag,
  detail: { ...orNull(text), description: 'Why it is not trusted' },
  not_checked: text,
})

const IDENTITY = object({
  name: text,
  dn: orNull(text),
  domain: text,
  backend_roles: list(text),
  clearance: { ...orNull(text), description: 'From the registry, or admin_dn' },
  permissions: byName(text),
})

const ROUTE = object({ name: text, file: text, line: whole, path: text, methods: list(text), allow: list(text), captures: byName(text) })

const FORWARDED = object({ upstream: text, targets: list(text), path: text, headers: list(object({ name: text, value: text })) })

export const DECISION_STEP: Schema = object({
  step: words('request', 'chain', 'revocation', 'identity', 'roles', 'route'),
  outcome: words('passed', 'stopped', 'not_reached'),
  checked: {
    ...flag,
    description: '`passed` without it: nothing was examined, as where only a name was given or neither `crl` nor `ocsp` is on',
  },
  summary: text,
  lines: { ...list(ref('ConfigLine')), description: 'What decided it; none where that was the certificate, the registry or a default' },
})

export const EXPLANATION: Schema = {
  ...object({
    allowed: flag,
    status: orNull(whole),
    reason: orNull(text),
    told: { ...orNull(text), description: 'What the client is told in place of the reason' },
    detail: orNull(text),
    steps: { ...list(ref('DecisionStep')), description: 'The way of the decision, always all of it' },
    request: object({ method: text, path: orNull(text), host: text, listener: text, address: text }),
    certificate: orNull(CERTIFICATE),
    revocation: {
      ...orNull(ref('RevocationLines')),
      description: 'What says whether it was revoked; null: no real certificate was looked at',
    },
    identity: orNull(IDENTITY),
    roles: list(
      object({ role: text, by: words('users', 'backend_roles', 'and_backend_roles', 'hosts'), pattern: text, file: text, line: whole }),
    ),
    route: orNull(ROUTE),
    databases: list(object({ rule: text, granted: flag, detail: text })),
    forwarded: orNull(FORWARDED),
    notes: list(text),
  }),
  description: 'What `certgate explain --json` prints',
}
