/** What the console keeps of what it asks for, in whatever order answers come. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawWith, onceDrawn, Resource, redraw, State } from '../../../../src/admin/console/client/store.ts'

/** One whose answers come when they are told. */
function held() {
  const answers: ((value: string) => void)[] = []
  const left = new AbortController()
  const resource = new Resource<string>(left.signal, () => new Promise((resolve) => answers.push(resolve)))
  return { resource, left, answer: (at: number, value: string) => answers[at]?.(value) }
}

describe('what is fetched for a view', () => {
  it('is the last that was asked for, whichever answer comes last', async () => {
    const { resource, answer } = held()
    const loads = [resource.load(), resource.load()]
    answer(1, 'newer')
    answer(0, 'older')
    await Promise.all(loads)
    assert.deepEqual([resource.value, resource.isBusy], ['newer', false])
  })

  it('is what became known without asking, whatever was asked for before', async () => {
    const { resource, answer } = held()
    const load = resource.load()
    resource.value = 'known'
    assert.equal(resource.isBusy, false)
    answer(0, 'older')
    await load
    assert.equal(resource.value, 'known')
  })

  it('is waited for by nobody where it is only looked at again, and still where something else was asked for', async () => {
    const { resource, answer } = held()
    const again = resource.load(true)
    assert.equal(resource.isBusy, false)
    const other = resource.load()
    const after = resource.load(true)
    assert.equal(resource.isBusy, true)
    for (const at of [2, 1, 0]) answer(at, at === 2 ? 'there' : 'overtaken')
    await Promise.all([again, other, after])
    assert.deepEqual([resource.value, resource.isBusy], ['there', false])
  })

  it('is nothing once its view was left', async () => {
    const { resource, left, answer } = held()
    const load = resource.load()
    left.abort()
    answer(0, 'late')
    await load
    assert.equal(resource.value, null)
  })
})

it('what waits for the drawing comes after it, and before the next event', async () => {
  const happened: string[] = []
  drawWith(() => happened.push('drawn'))
  await Promise.resolve()
  const state = new State(0)
  setImmediate(() => happened.push('event'))
  state.value = 1
  onceDrawn(() => happened.push('focused'))
  redraw()
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  assert.deepEqual(happened, ['drawn', 'drawn', 'focused', 'event'])
})
