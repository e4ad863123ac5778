import type { AuditBody } from './audit-chain.ts'
import type { Json } from './canonical-json.ts'
import { foldForSearch } from './entry-row.ts'

/** Whether an entry has every word of a text somewhere in it: its number (`#12`), who, what, and all details with their names. */
export function auditMatcher(text: string): (body: AuditBody) => boolean {
  const words = foldForSearch(text)
    .split(/\s+/)
    .filter((word) => word !== '')
  return ({ sequence, actor, action, target, outcome, details }) => {
    const parts = [
      `#${sequence}`,
      actor.name,
      actor.fingerprint ?? '',
      actor.remote ?? '',
      actor.os_user ?? '',
      action,
      target ?? '',
      outcome,
    ]
    gather(details, parts)
    const all = foldForSearch(parts.join('\n'))
    return words.every((word) => all.includes(word))
  }
}

function gather(value: Json, parts: string[]): void {
  if (value === null) return
  if (typeof value !== 'object') parts.push(String(value))
  else if (Array.isArray(value)) for (const one of value) gather(one, parts)
  else
    for (const [name, one] of Object.entries(value)) {
      parts.push(name)
      gather(one as Json, parts)
    }
}
