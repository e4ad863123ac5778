import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminEvent } from '../../../../src/admin/context.ts'
import { AuditTail } from '../../../../src/control/administration/audit-tail.ts'
import { CLI, START, temporaryStore } from '../../../support/registry-store.ts'

test('live views are told each entry once, as the API shows it, and nothing from while nobody listened', (t) => {
  const { store } = temporaryStore(t)
  const told: AdminEvent[] = []
  let wanted = false
  const tail = new AuditTail({
    audit: store.audit,
    isWanted: () => wanted,
    publish: (event) => void told.push(event),
    failed: assert.fail,
  })
  t.after(() => tail.close())
  const append = (action: string) => store.audit.append({ action, target: null, details: {} }, CLI)
  append('a.before')
  tail.look()
  wanted = true
  tail.look()
  append('a.first')
  append('a.second')
  tail.look()
  tail.look()
  wanted = false
  tail.look()
  append('a.unheard')
  tail.look()
  wanted = true
  tail.look()
  append('a.third')
  tail.look()
  wanted = false
  tail.look()
  append('a.just.before')
  wanted = true
  tail.look()
  const shown = told.map(({ kind, data }) => [kind, (data as Record<string, unknown>).action, (data as Record<string, unknown>).at])
  const at = new Date(START).toISOString()
  assert.deepEqual(shown, [
    ['audit', 'a.first', at],
    ['audit', 'a.second', at],
    ['audit', 'a.third', at],
    ['audit', 'a.just.before', at],
  ])
})
