import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import { routeTable } from '../../../../src/admin/route-table.ts'
import type { Caller } from '../../../../src/admin/types.ts'
import { eventRoutes } from '../../../../src/admin/v1/events.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { AT_SOCKET, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'

async function opened(t: TestContext) {
  const files = await administeredFiles(t)
  const hub = new EventHub()
  const ask = asking(gatewayApi(files.context, hub))
  /** Reads one as a transport does; null: refused. */
  const listen = async (caller: Caller) => {
    const { status, body, json } = await ask('GET /api/v1/events', { caller })
    if (status !== 200) return { status, json: json as { code: string; hint: string }, reader: null }
    const reader = (body as AsyncIterable<string>)[Symbol.asyncIterator]()
    await reader.next()
    return { status, json: null, reader }
  }
  t.after(() => hub.close())
  return { files, hub, ask, listen }
}

it('one certificate has eight streams, and leaves the others theirs', async (t) => {
  const { files, listen, ask } = await opened(t)
  const [one, other] = [callerWith(files, 'Operator'), callerWith(files, 'Operator')]
  assert.notEqual(one.actor.fingerprint, other.actor.fingerprint)
  for (let count = 0; count < 20; count++) await ask('HEAD /api/v1/events', { caller: one })
  const streams = []
  for (let count = 0; count < 8; count++) streams.push(await listen(one))
  assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]))
  const { status, json } = await listen(one)
  assert.deepEqual([status, json?.code], [503, 'too_many_listeners'])
  assert.match(json?.hint ?? '', /close some/)
  assert.equal((await listen(other)).status, 200)
  for (let count = 0; count < 10; count++) assert.equal((await listen(AT_SOCKET)).status, 200)
})

it('a stream counts no more once its reader goes, even while it waits for an event', async (t) => {
  const { files, listen } = await opened(t)
  const caller = callerWith(files, 'Operator')
  const streams = []
  for (let count = 0; count < 8; count++) streams.push(await listen(caller))
  const [first] = streams
  const waiting = first?.reader?.next()
  const left = first?.reader?.return?.()
  assert.equal((await listen(caller)).status, 200)
  assert.equal((await listen(caller)).status, 503)
  void Promise.allSettled([waiting, left])
})

it('streams that end by themselves count no more', async (t) => {
  const { files, hub } = await opened(t)
  const ask = asking([routeTable(eventRoutes(files.context, hub, () => false))])
  const caller = callerWith(files, 'Operator')
  for (let round = 0; round < 10; round++) {
    const { status, body } = await ask('GET /api/v1/events', { caller })
    assert.equal(status, 200)
    const reader = (body as AsyncIterable<string>)[Symbol.asyncIterator]()
    await reader.next()
    const ended = reader.next()
    hub.publish({ kind: 'audit', data: {} })
    assert.equal((await ended).done, true)
  }
})

it('an administrator listens also where Operators have taken all that they get', async (t) => {
  const { files, listen } = await opened(t)
  let operator = callerWith(files, 'Operator')
  for (let count = 0; count < 160; count++) {
    if (count % 8 === 0) operator = callerWith(files, 'Operator')
    assert.equal((await listen(operator)).status, 200, String(count))
  }
  const { status, json } = await listen(callerWith(files, 'Operator'))
  assert.deepEqual([status, json?.code], [503, 'too_many_listeners'])
  const admin = callerWith(files, 'ClusterAdmin')
  for (let count = 0; count < 8; count++) assert.equal((await listen(admin)).status, 200)
})
