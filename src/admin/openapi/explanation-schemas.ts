import type { Schema } from './types.ts'
import { flag, list, object, orNull, ref, text, time, whole, words } from './words.ts'

const texts = list(text)

/** What is told of a decision: each step, with the lines that decided it. */
export const EXPLANATION: Readonly<Record<string, Schema>> = {
  ConfigLine: object({
    file: text,
    line: whole,
    snippet: { ...orNull(text), description: 'Without secrets; null: the file was changed since it was taken up' },
  }),
  DecisionStep: object({
    step: words('request', 'chain', 'revocation', 'identity', 'roles', 'route'),
    outcome: words('passed', 'stopped', 'not_reached'),
    summary: text,
    lines: { ...list(ref('ConfigLine')), description: 'What decided it; none where that was the certificate, the registry or a default' },
  }),
  RevocationLines: object({
    on: { ...flag, description: 'The listener checks revocation' },
    checks: {
      ...list(
        object({
          subject: text,
          serial: text,
          issuer: text,
          outcome: {
            ...words('good', 'not_checked', 'unknown', 'refused'),
            description: 'unknown: `on_unavailable: allow` lets it through; not_checked: no source has anything to say about it',
          },
          answers: list(
            object({
              source: { ...words('file', 'crl', 'ocsp'), description: 'file: the configured lists; crl: those that the certificate names' },
              status: words('good', 'revoked', 'unknown'),
              detail: orNull(text),
              said_at: orNull(time),
              ends_at: orNull(time),
              stale: { ...flag, description: 'Its time is over, and `revocation.stale_grace` lets it count' },
              asked: {
                ...words('no', 'meanwhile', 'first'),
                description:
                  'Whether a handshake of now asks for it: not (yet again), beside being decided, or before. Explain itself never asks',
              },
              urls: texts,
              on_unavailable: words('allow', 'deny'),
            }),
          ),
        }),
      ),
      description: "Of the client's certificate, and of those above it",
    },
  }),
  Explanation: {
    type: 'object',
    description: 'What `certgate explain --json` prints',
    properties: {
      allowed: flag,
      status: orNull(whole),
      reason: orNull(text),
      told: { ...orNull(text), description: 'What the client is told in place of the reason' },
      detail: orNull(text),
      steps: { ...list(ref('DecisionStep')), description: 'The way of the decision, always all of it' },
      revocation: {
        ...orNull(ref('RevocationLines')),
        description: 'What says whether it was revoked; null: no real certificate was looked at',
      },
      notes: texts,
    },
    required: [
      'allowed',
      'status',
      'reason',
      'told',
      'detail',
      'steps',
      'request',
      'certificate',
      'revocation',
      'identity',
      'roles',
      'route',
      'databases',
      'forwarded',
      'notes',
    ],
  },
}
