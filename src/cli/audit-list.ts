import { nearest } from '../config/suggest.ts'
import { UsageError } from '../errors.ts'
import { AUDIT_ACTIONS, actionsLike } from '../store/audit-actions.ts'
import type { AuditFilter } from '../store/audit-log.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE } from './administration.ts'
import type { AuditLine } from './api-types.ts'
import { auditColumns } from './audit-text.ts'
import { type Command, parseArguments } from './command.ts'
import { readCount, readPast } from './lifetime-flags.ts'
import { askOrRead, STORE_FLAG, STORE_USAGE } from './stopped-store.ts'
import { table } from './table.ts'

const DEFAULT_LIMIT = '50'
const MOST = 1000

export const auditListCommand: Command = {
  name: 'audit list',
  summary: 'show what was done by whom: the newest entries of the audit log',
  usage: `usage: certgate audit list [--since WHEN] [--until WHEN] [--action ACTION] [--actor NAME] [--target T] [--limit N]

The newest entries, in the order in which they happened.

      --since WHEN        a date (UTC), today, yesterday, or how long ago, e.g. 24h or 7d
      --until WHEN        likewise
      --action ACTION     e.g. certificate.revoke, or all that begin so: 'certificate.*'
      --actor NAME        who did it, e.g. cli
      --target T          what it was done to, e.g. the SHA-256 of a certificate, or its first 8 digits or more
      --limit N           at most so many, up to ${MOST}; default: ${DEFAULT_LIMIT}
${STORE_USAGE}
${ADMINISTRATION_USAGE}

examples:
  certgate audit list --since 24h
  certgate audit list --action 'certificate.*' --limit 200
`,
  async run(args, terminal) {
    const text = { type: 'string' } as const
    const spec = { ...ADMINISTRATION_FLAGS, ...STORE_FLAG, since: text, until: text, action: text, actor: text, target: text, limit: text }
    const { flags } = parseArguments('audit list', args, spec)
    const now = Date.now()
    const limit = readCount(flags.limit ?? DEFAULT_LIMIT, '--limit', MOST)
    const filter: AuditFilter = {
      ...(flags.since !== undefined && { since: readPast(flags.since, '--since', now) }),
      ...(flags.until !== undefined && { until: readPast(flags.until, '--until', now) }),
      ...(flags.action !== undefined && { action: readAction(flags.action) }),
      ...(flags.actor !== undefined && { actor: flags.actor }),
      ...(flags.target !== undefined && { target: flags.target }),
    }
    const newestFirst = await askOrRead<readonly AuditLine[]>(
      flags,
      terminal,
      async (administration) =>
        (await administration.get<{ entries: readonly AuditLine[] }>(`/api/v1/audit?${queryOf(filter, limit)}`)).entries,
      async (audit) => audit.read({ before: Number.MAX_SAFE_INTEGER, limit, filter }),
    )
    const entries = newestFirst.toSorted((a, b) => a.sequence - b.sequence)
    if (flags.json) terminal.out(`${JSON.stringify({ entries }, null, 2)}\n`)
    else
      terminal.out(
        entries.length === 0
          ? `no entry is like that${targetHint(flags.target)}\n`
          : table<AuditLine>(auditColumns(terminal, true), entries, terminal),
      )
    return 0
  },
}

/** Names change, and several may have one: the log goes by digests. */
const targetHint = (target: string | undefined): string =>
  target === undefined || /^[0-9a-f]{8,64}$/i.test(target) ? '' : `; a certificate is meant by its SHA-256: certgate cert show ${target}`

/** Throws UsageError for what no entry can ever be: an empty list would say that it never happened. */
function readAction(text: string): string {
  if (actionsLike(text).length > 0) return text
  const family = `${text}.*`
  const near = actionsLike(family).length > 0 ? family : nearest(text, AUDIT_ACTIONS)
  const hint = near === undefined ? `there is ${AUDIT_ACTIONS.join(', ')}` : `did you mean '${near}'?`
  throw new UsageError(`--action: there is no '${text}'`, hint)
}

function queryOf({ since, until, ...rest }: AuditFilter, limit: number): URLSearchParams {
  return new URLSearchParams({
    ...rest,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    before: String(Number.MAX_SAFE_INTEGER),
    limit: String(limit),
  })
}
