import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaseLedger } from '../../../../src/control/workers/leases.ts'

const listener = { listener: 'main', address: null }
const address = { listener: 'main', address: '192.0.2.1' }

test('a small limit is granted one by one and never beyond it', () => {
  const ledger = new LeaseLedger<string>()
  ledger.configure({ connections: 3, connectionsPerAddress: 0 }, 2)
  assert.deepEqual(
    ['a', 'b', 'a', 'b'].map((worker) => ledger.lease(worker, listener)),
    [1, 1, 1, 0],
  )
  ledger.giveBack('a', listener, 1)
  assert.equal(ledger.lease('b', listener), 1)
})

test('a large limit is granted in blocks, and shares and leases together reach exactly the limit', () => {
  const ledger = new LeaseLedger<string>()
  ledger.configure({ connections: 1_000, connectionsPerAddress: 0 }, 2)
  let leased = 0
  for (;;) {
    const granted = ledger.lease('a', listener)
    if (granted === 0) break
    leased += granted
  }
  assert.equal(leased, 1_000 - 2 * 62)
})

test('what a dead worker held is free again, and addresses and listeners are counted apart', () => {
  const ledger = new LeaseLedger<string>()
  ledger.configure({ connections: 2, connectionsPerAddress: 1 }, 1)
  assert.equal(ledger.lease('a', address), 1)
  assert.equal(ledger.lease('b', address), 0)
  assert.equal(ledger.lease('b', { listener: 'other', address: '192.0.2.1' }), 1)
  assert.equal(ledger.lease('b', listener), 1)
  ledger.forget('a')
  assert.equal(ledger.lease('b', address), 1)
})

test('after a limit was lowered nothing is granted until enough was given back', () => {
  const ledger = new LeaseLedger<string>()
  ledger.configure({ connections: 4, connectionsPerAddress: 0 }, 1)
  for (let held = 0; held < 4; held++) ledger.lease('a', listener)
  ledger.configure({ connections: 2, connectionsPerAddress: 0 }, 1)
  ledger.giveBack('a', listener, 2)
  assert.equal(ledger.lease('b', listener), 0)
  ledger.giveBack('a', listener, 1)
  assert.equal(ledger.lease('b', listener), 1)
})
