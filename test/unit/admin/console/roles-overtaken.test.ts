/** An edit of roles whose answer comes after something else was begun: it takes the place of nothing. */
import assert from 'node:assert/strict'
import { beforeEach, describe, it, mock } from 'node:test'
// Before there is a page, which it would take for a whole one.
import 'lit-html'
import { eventually } from '../../../support/eventually.ts'

const CLIENT = '../../../../src/admin/console/client'
/** Enough of a page for what is never drawn here. */
const element = { setAttribute() {}, append() {}, showPopover() {} }
const page = { document: { querySelector: () => element, createElement: () => element } }
const ROLE = { users: ['bob'], backend_roles: [], and_backend_roles: [], hosts: [], issuers: [], description: null, hidden: false }

/** The browser's part has types of a browser, which this program has not. */
async function client(path: string) {
  Object.assign(globalThis, page)
  return import(`${CLIENT}/${path}`)
}

describe('an edit of roles that was overtaken', () => {
  const { signal } = new AbortController()
  const headers = { ETag: '"one"', 'Content-Type': 'application/json' }
  // biome-ignore lint/suspicious/noExplicitAny: of the browser's part
  let desk: any
  /** What waits for an answer, by the role it is about. */
  let waiting: Map<string, () => void>

  beforeEach(async () => {
    const { MappingDesk } = await client('pages/roles/desk.ts')
    waiting = new Map()
    mock.reset()
    mock.method(globalThis, 'fetch', async (path: string, { method = 'GET', body }: RequestInit = {}) => {
      if (method === 'GET')
        return new Response(path.endsWith('.yml') ? 'file' : JSON.stringify({ roles: { a: ROLE, b: ROLE }, routes: [] }), { headers })
      const [about = 'a text'] = path.endsWith('/preview') ? Object.keys(JSON.parse(String(body)).roles) : []
      await new Promise<void>((resolve) => waiting.set(about, resolve))
      return new Response(JSON.stringify({ text: `without ${about}`, problems: [], affected: { about } }), { headers })
    })
    desk = new MappingDesk(signal)
    await desk.refresh()
  })

  const removal = async (name: string) => {
    const { previewed } = await client('pages/roles/form.ts')
    const ended = previewed(desk, name, null, signal)
    await eventually('the question', () => waiting.has(name))
    return { ended, answer: () => waiting.get(name)?.() }
  }

  it('leaves what was typed since', async () => {
    const { ended, answer } = await removal('a')
    desk.text = 'typed'
    answer()
    await ended
    assert.deepEqual([desk.step.value, desk.text], ['edit', 'typed'])
  })

  it('leaves a form that was opened since', async () => {
    const { ended, answer } = await removal('a')
    desk.openForm()
    answer()
    await ended
    assert.equal(desk.step.value, 'form')
  })

  it('leaves the review of another one, however late it comes', async () => {
    const first = await removal('a')
    const second = await removal('b')
    second.answer()
    await second.ended
    first.answer()
    await first.ended
    assert.deepEqual([desk.step.value, desk.text], ['review', 'without b'])
  })

  it('by Cancel or by more that is typed, opens no review', async () => {
    const { RoleForm } = await client('pages/roles/form.ts')
    for (const over of ['Cancel', 'typing'] as const) {
      const form = new RoleForm(desk, 'a', signal)
      desk.openForm()
      const { values } = form.view()
      values.find((value: unknown) => typeof value === 'function')({ preventDefault() {} })
      await eventually('the question', () => waiting.has('a'))
      if (over === 'Cancel') desk.edit()
      else desk.begin()
      waiting.get('a')?.()
      await eventually('the end of it', () => !JSON.stringify(form.view().values).includes('spinner'))
      assert.equal(desk.step.value, over === 'Cancel' ? 'edit' : 'form')
      waiting.clear()
    }
  })

  it('is judged by its own answer, not by that to a text before it', async () => {
    desk.text = 'typed'
    desk.review()
    await eventually('the question', () => waiting.has('a text'))
    desk.edit()
    desk.discard()
    const { ended, answer } = await removal('a')
    answer()
    await ended
    waiting.get('a text')?.()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([desk.text, desk.judged.value.affected], ['without a', { about: 'a' }])
  })
})
