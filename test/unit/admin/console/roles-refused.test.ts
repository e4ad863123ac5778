/** What the Roles page does where the gateway says that the file is another one, and it is not. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
// Before there is a page, which it would take for a whole one.
import 'lit-html'
import { eventually } from '../../../support/eventually.ts'

const CLIENT = '../../../../src/admin/console/client'
/** Enough of a page for what is never drawn here. */
const element = { setAttribute() {}, append() {}, showPopover() {} }
const page = { document: { querySelector: () => element, createElement: () => element }, requestAnimationFrame() {} }

/** A gateway that refuses every change with 412; `asked`: how often it was. Beyond ten times it fails in another way, which ends a loop. */
function refusing(t: TestContext) {
  const asked: string[] = []
  t.mock.method(globalThis, 'fetch', async (path: string, { method = 'GET' }: RequestInit = {}) => {
    const headers = { ETag: '"same"', 'Content-Type': 'application/json' }
    if (method === 'GET') return new Response(path.endsWith('.yml') ? 'a: {}\n' : '{"roles":{},"routes":[]}', { headers })
    asked.push(method)
    const status = asked.length > 10 ? 500 : 412
    return new Response(JSON.stringify({ status, code: 'precondition_failed', detail: 'it was changed since' }), { status, headers })
  })
  return asked
}

/** The browser's part has types of a browser, which this program has not. */
async function client(path: string) {
  Object.assign(globalThis, page)
  return import(`${CLIENT}/${path}`)
}

it('an edit is not tried again and again for a version that is the same', async (t) => {
  const { RoleForm } = await client('pages/roles/form.ts')
  const { MappingDesk } = await client('pages/roles/desk.ts')
  const asked = refusing(t)
  const { signal } = new AbortController()
  const desk = new MappingDesk(signal)
  await desk.refresh()
  const form = new RoleForm(desk, null, signal)
  const idle = Promise.withResolvers<void>()
  t.mock.method(desk, 'refresh', async () => {
    setImmediate(() => setImmediate(idle.resolve))
  })
  const submit = form.view().values.find((value: unknown) => typeof value === 'function')
  submit({ preventDefault() {} })
  await idle.promise
  assert.equal(asked.length, 1)
  assert.match(JSON.stringify(form.view().values), /It was changed since/)
})

it('a refused save says so', async (t) => {
  const { MappingDesk } = await client('pages/roles/desk.ts')
  const asked = refusing(t)
  const desk = new MappingDesk(new AbortController().signal)
  await desk.refresh()
  desk.text = 'b: {}\n'
  await desk.save()
  assert.equal(asked.length, 1)
  assert.equal(desk.failed?.status, 412)
})

describe('an edit of roles waits for the version that is on its way', () => {
  /** A gateway, and a desk that has heard of another version of its role and does not have it yet. */
  async function behind(t: TestContext, change: { users?: string[] }) {
    const { MappingDesk } = await client('pages/roles/desk.ts')
    const { RoleForm } = await client('pages/roles/form.ts')
    const now = { tag: '"before"', users: ['bob'] }
    const conditions: unknown[] = []
    t.mock.method(globalThis, 'fetch', async (path: string, { method = 'GET', headers: sent = {} }: RequestInit = {}) => {
      const headers = { ETag: now.tag, 'Content-Type': 'application/json' }
      const role = { users: now.users, backend_roles: [], and_backend_roles: [], hosts: [], issuers: [], description: null, hidden: false }
      if (method === 'GET')
        return new Response(path.endsWith('.yml') ? `# ${now.tag}` : JSON.stringify({ roles: { a: role }, routes: [] }), { headers })
      conditions.push(new Headers(sent).get('if-match'))
      return new Response('{"text":"","changes":[],"problems":[]}', { headers })
    })
    const { signal } = new AbortController()
    const desk = new MappingDesk(signal)
    await desk.refresh()
    const form = new RoleForm(desk, 'a', signal)
    const drawn = () => JSON.stringify(form.view().values)
    const submit = () => form.view().values.find((value: unknown) => typeof value === 'function')({ preventDefault() {} })
    Object.assign(now, { tag: '"after"' }, change)
    // As after a save: its own answer is there, the roles of it are not yet.
    void desk.refresh()
    return { desk, drawn, submit, conditions }
  }

  it('and is made of that', async (t) => {
    const { desk, submit, conditions } = await behind(t, {})
    submit()
    await eventually('the review', () => desk.step.value === 'review')
    assert.deepEqual(conditions, ['"after"'])
  })

  it('and tells of a change of the same role before it takes that back', async (t) => {
    const { desk, drawn, submit, conditions } = await behind(t, { users: ['bob', 'carol'] })
    submit()
    await eventually('the warning', () => /The role was changed meanwhile/.test(drawn()))
    assert.deepEqual(conditions, [])
    submit()
    await eventually('the review', () => desk.step.value === 'review')
    assert.deepEqual(conditions, ['"after"'])
  })
})
