import type { AuditLine } from './api-types.ts'
import { detailText } from './audit-details.ts'
import type { Terminal } from './command.ts'
import { styles } from './style.ts'
import type { Column } from './table.ts'

/** Columns of audit entries; `target` where they are of several things. */
export function auditColumns(terminal: Terminal, target: boolean): readonly Column<AuditLine>[] {
  const { red } = styles(terminal)
  return [
    { title: '#', text: ({ sequence }) => String(sequence) },
    { title: 'time (UTC)', text: ({ at }) => new Date(at).toISOString().slice(0, 19).replace('T', ' ') },
    { title: 'who', text: whoDid, shrinksTo: 8 },
    {
      title: 'what',
      text: ({ action, outcome }) => (outcome === 'done' ? action : `${action} ${outcome}`),
      style: ({ outcome }) => (outcome === 'done' ? (text) => text : red),
      shrinksTo: 12,
    },
    ...(target ? [{ title: 'target', text: (line: AuditLine) => shortTarget(line.target), shrinksTo: 12 }] : []),
    { title: 'details', text: ({ details, target }) => detailText(details, target), wraps: true },
  ]
}

function whoDid({ actor }: AuditLine): string {
  const name = actor.name.replace(ID, '$1')
  const from = actor.os_user ?? actor.remote
  return from === null ? name : `${name} (${from})`
}

/** Of a token, its id is known by its beginning as well: one whole one would make every line as wide. */
const ID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/

/** A fingerprint is known by its beginning. */
function shortTarget(target: string | null): string {
  if (target === null) return ''
  return /^[0-9a-f]{64}$/.test(target) ? target.slice(0, 12) : target
}
