/** What the Audit page does where newer entries cannot be read, or what was asked for is overtaken. */
import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
// Before there is a page, which it would take for a whole one.
import 'lit-html'
import { eventually } from '../../../support/eventually.ts'

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

/** A log whose questions are answered by hand, in whatever order. */
async function asking(t: TestContext) {
  Object.assign(globalThis, { requestAnimationFrame() {} })
  const { Log } = await import(LOG)
  const { ANY } = await import('../../../../src/admin/console/client/pages/audit/filters.ts')
  /** Those without an answer yet. */
  const open: { readonly path: string; answer(sequences: readonly number[], head: number): void }[] = []
  t.mock.method(globalThis, 'fetch', (path: string) => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    const answer = (sequences: readonly number[], head: number): void => {
      const entries = sequences.map((sequence) => ({ sequence }))
      open.splice(open.indexOf(question), 1)
      resolve(new Response(JSON.stringify({ entries, next: entries.at(-1)?.sequence ?? null, head: { sequence: head } })))
    }
    const question = { path, answer }
    open.push(question)
    return promise
  })
  const next = async (words: RegExp) => eventually(`a question like ${words}`, () => open.find(({ path }) => words.test(path)) ?? null)
  return { log: new Log(new AbortController().signal, ANY, null), ANY, next }
}

it('shows what was asked for last, whatever an answer about newer ones says then', async (t) => {
  const { log, ANY, next } = await asking(t)
  const mine = { ...ANY, actor: 'olga' }
  void log.show(ANY, 8)
  ;(await next(/before=8/)).answer([7, 6], 20)
  ;(await next(/after=20/)).answer([], 20)
  const newer = log.newer()
  const late = await next(/after=7/)
  const shown = log.show(mine, null)
  ;(await next(/actor=olga&limit/)).answer([3], 20)
  ;(await next(/actor=olga&after/)).answer([], 20)
  await shown
  late.answer([9, 8], 20)
  await newer
  assert.deepEqual([log.filters, log.before], [mine, null])
})

it('lets what is written while an older page comes wait as new', async (t) => {
  const { log, ANY, next } = await asking(t)
  const first = log.show(ANY, null)
  ;(await next(/\?limit/)).answer([9, 8], 9)
  ;(await next(/after=9/)).answer([], 9)
  await first
  const older = log.show(ANY, 8)
  const page = await next(/before=8/)
  // Entry 10 is written meanwhile, and the head tells of it.
  page.answer([7, 6], 10)
  ;(await next(/after=9/)).answer([10], 10)
  await older
  assert.deepEqual(log.waiting.value, [{ sequence: 10 }])
})
