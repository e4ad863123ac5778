import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaseLedger } from '../../../src/control/workers/leases.ts'
import type { FromWorker } from '../../../src/ipc/messages.ts'
import { Admission, type Place } from '../../../src/worker/admission.ts'

/** Workers whose messages reach a real ledger at once, or when `deliver` is called. */
function gateway(limits: { connections: number; connectionsPerAddress: number }, workers: number, options = { held: false }) {
  const ledger = new LeaseLedger<Admission>()
  ledger.configure(limits, workers)
  const sent: FromWorker[] = []
  const queue: (() => void)[] = []
  const admissions = Array.from({ length: workers }, () => {
    const admission: Admission = new Admission((message) => {
      sent.push(message)
      queue.push(() => {
        if (message.kind === 'lease') admission.leased(message, ledger.lease(admission, message))
        if (message.kind === 'lease_return') ledger.giveBack(admission, message, message.amount)
      })
      if (!options.held) deliver()
    })
    admission.configure(limits)
    admission.setWorkers(workers)
    return admission
  })
  const deliver = () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) next()
  }
  const admit = (worker: number, address = '192.0.2.1') => {
    const outcome: { place: Place | null | undefined } = { place: undefined }
    admissions[worker]?.admit('main', address, (place) => {
      assert.equal(outcome.place, undefined, 'decided once')
      outcome.place = typeof place === 'string' ? null : place
    })
    return outcome
  }
  return { admissions, admit, deliver, sent }
}

test('a limit holds for all workers together, however the connections arrive', () => {
  for (const order of [
    [0, 0, 0, 0, 0, 0, 0],
    [0, 1, 0, 1, 0, 1, 0],
    [1, 1, 1, 1, 0, 0, 0],
  ]) {
    const { admit } = gateway({ connections: 5, connectionsPerAddress: 0 }, 2)
    const outcomes = order.map((worker) => admit(worker).place)
    assert.equal(outcomes.filter((place) => place !== null).length, 5, `arriving as ${order}`)
    assert.deepEqual(outcomes.slice(5), [null, null])
  }
})

test('a limit per address leaves other addresses alone', () => {
  const { admit } = gateway({ connections: 0, connectionsPerAddress: 2 }, 2)
  assert.ok(admit(0, '192.0.2.1').place)
  assert.ok(admit(1, '192.0.2.1').place)
  assert.equal(admit(0, '192.0.2.1').place, null)
  assert.ok(admit(0, '192.0.2.2').place)
})

test('a connection refused for its listener does not use up its address', () => {
  const { admit } = gateway({ connections: 1, connectionsPerAddress: 2 }, 1)
  const first = admit(0)
  assert.equal(admit(0).place, null)
  assert.equal(admit(0).place, null)
  first.place?.release()
  assert.ok(admit(0).place)
})

test('places that were released and tidied are free for another worker', () => {
  const { admit, admissions } = gateway({ connections: 3, connectionsPerAddress: 0 }, 2)
  const places = [admit(0), admit(0), admit(0)]
  assert.equal(admit(1).place, null)
  for (const { place } of places) place?.release()
  admissions[0]?.tidy()
  admissions[0]?.tidy()
  assert.ok(admit(1).place)
  assert.ok(admit(1).place)
})

test('connections wait for the answer and are served in order', () => {
  const { admit, deliver, sent } = gateway({ connections: 2, connectionsPerAddress: 0 }, 1, { held: true })
  const outcomes = [admit(0), admit(0), admit(0)]
  assert.deepEqual(
    outcomes.map(({ place }) => place),
    [undefined, undefined, undefined],
  )
  assert.equal(sent.length, 1, 'one question for all who wait')
  deliver()
  assert.ok(outcomes[0]?.place)
  assert.ok(outcomes[1]?.place)
  assert.equal(outcomes[2]?.place, null)
})

test('within its share a worker asks nobody, and no limit asks nobody', () => {
  const shared = gateway({ connections: 160, connectionsPerAddress: 0 }, 2)
  for (let count = 0; count < 10; count++) assert.ok(shared.admit(0).place)
  assert.equal(shared.sent.length, 0)
  const open = gateway({ connections: 0, connectionsPerAddress: 0 }, 2)
  for (let count = 0; count < 1_000; count++) assert.ok(open.admit(0).place)
  assert.equal(open.sent.length, 0)
})

test('who is refused is told which limit is reached', () => {
  const { admissions } = gateway({ connections: 2, connectionsPerAddress: 1 }, 1)
  const outcomes: unknown[] = []
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    admissions[0]?.admit('main', address, (place) => outcomes.push(typeof place === 'string' ? place : 'admitted'))
  }
  assert.deepEqual(outcomes, ['admitted', 'address', 'admitted', 'listener'])
})
