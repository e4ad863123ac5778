/** What the Audit page does where newer entries cannot be read. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
// Before there is a page, which it would take for a whole one.
import 'lit-html'

const LOG = '../../../../src/admin/console/client/pages/audit/log.ts'

it('says why there is no newer page, and keeps the one that is shown', async (t) => {
  Object.assign(globalThis, { requestAnimationFrame() {} })
  const { Log } = await import(LOG)
  const { ANY } = await import('../../../../src/admin/console/client/pages/audit/filters.ts')
  const page = { entries: [{ sequence: 7 }], next: 6, head: { sequence: 9 } }
  t.mock.method(globalThis, 'fetch', async (path: string) => {
    if (path.includes('before=')) return new Response(JSON.stringify(page))
    const problem = { status: 503, code: 'busy', detail: 'not now' }
    return new Response(JSON.stringify(problem), { status: 503, headers: { 'Content-Type': 'application/problem+json' } })
  })
  const log = new Log(new AbortController().signal, ANY, 8)
  await log.show(ANY, 8)
  log.trouble.value = null
  await log.newer()
  assert.equal(log.trouble.value?.status, 503)
  assert.deepEqual([log.before, log.page.value?.entries.length], [8, 1])
})
