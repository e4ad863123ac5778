/** The matrix of access where something happens all the time: it is looked for anew nevertheless, and so is what somebody typed. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
// Before there is a page, which it would take for a whole one.
import 'lit-html'

const CLIENT = '../../../../src/admin/console/client'
/** Enough of a page for what is never drawn here. */
const element = { setAttribute() {}, append() {}, showPopover() {} }

it('is looked for anew while one event comes after the other', async (t) => {
  const streams: EventTarget[] = []
  class EventSource extends EventTarget {
    constructor() {
      super()
      streams.push(this)
    }
  }
  const document = { querySelector: () => element, createElement: () => element, addEventListener() {}, visibilityState: 'visible' }
  Object.assign(globalThis, { document, EventSource })
  const { live } = await import(`${CLIENT}/live.ts`)
  const { who } = await import(`${CLIENT}/session.ts`)
  const { open } = await import(`${CLIENT}/pages/matrix.ts`)
  who.value = { kind: 'ready', value: { name: 'alice', clearance: 'Operator' } }
  let asked = 0
  t.mock.method(globalThis, 'fetch', () => {
    asked++
    return new Promise(() => {})
  })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  live.start()
  const left = new AbortController()
  open({ signal: left.signal, parameters: new Map(), query: new URLSearchParams(), keepQuery() {} })
  assert.equal(asked, 1)
  for (let count = 0; count < 10; count++) {
    streams[0]?.dispatchEvent(Object.assign(new Event('certificate'), { data: '{}' }))
    t.mock.timers.tick(300)
  }
  // Three seconds of them: once a second.
  assert.equal(asked, 3)
  left.abort()
})
