import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { mock, test } from 'node:test'
import { HandshakeCosts } from '../../../src/tls/handshake-costs.ts'

// The promise: who makes a turn of the event loop long with what nobody trusts is turned away, and nobody else is.

class Connection extends EventEmitter {
  static #ports = 1_000
  readonly remotePort: number
  readonly remoteAddress: string
  readonly localAddress: string
  bytesRead = 0
  destroyed = false
  begun = false

  constructor(remoteAddress: string, remotePort = Connection.#ports++, localAddress = 'ours') {
    super()
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.localAddress = localAddress
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

function underTest() {
  const time = { now: 0, spent: 0 }
  const told: string[] = []
  const costs = new HandshakeCosts((network) => told.push(network), { now: () => time.now, spent: () => time.spent })
  const admit = (address: string, port?: number, to?: string) => {
    const connection = new Connection(address, port, to)
    costs.admit('main', connection as unknown as Socket, address, () => {
      connection.begun = true
    })
    return connection
  }
  /** A turn of the event loop in which so much processor time was spent. */
  const turn = (spent: number, lasted = spent) => {
    time.now += lasted
    time.spent += spent
    return new Promise((resolve) => setImmediate(resolve))
  }
  return { costs, admit, turn, time, told }
}

test('what costs more than is tolerated is refused until that is forgiven', async () => {
  const { costs, admit, turn, time, told } = underTest()
  const one = admit('bad')
  one.bytesRead = 90_000
  await turn(600)
  assert.ok(costs.refuses('bad') && one.destroyed)
  assert.deepEqual(told, ['bad'])
  time.now += 1_900
  assert.ok(costs.refuses('bad'))
  time.now += 200
  assert.ok(!costs.refuses('bad'))
})

test('nobody is kept out for more than a minute', async () => {
  const { costs, admit, turn, time } = underTest()
  admit('bad').bytesRead = 90_000
  await turn(100_000)
  time.now += 60_001
  assert.ok(!costs.refuses('bad'))
})

test('a connection that was there before and ends takes nothing of what is owed with it, and gives nobody another turn', async () => {
  const { costs, admit, turn } = underTest()
  const [before, also] = [admit('bad'), admit('bad')]
  for (const one of [before, also]) costs.judged('main', one, false)
  const costly = admit('bad')
  costly.bytesRead = 90_000
  await turn(600)
  before.destroy()
  assert.ok(costs.refuses('bad'))
  const all = Array.from({ length: 9 }, () => admit('bad'))
  also.destroy()
  all.push(admit('bad'))
  assert.equal(all.filter((one) => one.begun).length, 8)
})

test('another connection from the same port, to another address of ours, hides nothing', async () => {
  const { costs, admit, turn } = underTest()
  const [costly, cheap] = [admit('bad', 5_000, 'one'), admit('bad', 5_000, 'two')]
  costs.judged('main', cheap, false)
  costly.bytesRead = 90_000
  await turn(600)
  assert.ok(costs.refuses('bad'))
})

test('who has sent little, and who waits while something else is slow, owes nothing', async () => {
  const { costs, admit, turn } = underTest()
  admit('bad').bytesRead = 90_000
  const quiet = admit('quiet')
  quiet.bytesRead = 2_000
  await turn(600)
  assert.deepEqual([costs.refuses('bad'), costs.refuses('quiet'), quiet.destroyed], [true, false, false])
  quiet.bytesRead = 4_500
  // The machine was busy with others: time went by, and none of it was ours.
  await turn(5, 5_000)
  assert.ok(!costs.refuses('quiet'))
})

test('turns that are short are not charged, however many', async () => {
  const { costs, admit, turn } = underTest()
  for (let i = 0; i < 100; i++) {
    const one = admit('quick')
    one.bytesRead = 5_000
    await turn(20)
    costs.judged('main', one, false)
  }
  assert.ok(!costs.refuses('quick'))
})

test('what was charged to one who turns out to be trusted is given back', async () => {
  const { costs, admit, turn } = underTest()
  const one = admit('good')
  one.bytesRead = 20_000
  await turn(400)
  costs.judged('main', one, true)
  const two = admit('good')
  two.bytesRead = 20_000
  await turn(400)
  assert.ok(!costs.refuses('good'))
})

test('one that is judged and not trusted is charged before the next in the same turn', async () => {
  const { costs, admit, turn, time } = underTest()
  const [one, two] = [admit('bad'), admit('bad')]
  await turn(1)
  one.bytesRead = 90_000
  time.now += 600
  time.spent += 600
  costs.judged('main', one, false)
  assert.ok(two.destroyed)
})

test('a network that nobody trusted has come from has eight handshakes at once, and the rest in turn', async () => {
  const { costs, admit } = underTest()
  const all = Array.from({ length: 10 }, () => admit('new'))
  const begun = () => all.filter((one) => one.begun).length
  assert.equal(begun(), 8)
  costs.secured('main', all[0] as Connection)
  assert.equal(begun(), 9)
  all[1]?.destroy()
  assert.equal(begun(), 10)
  const elsewhere = admit('elsewhere')
  assert.ok(elsewhere.begun)
  costs.judged('main', elsewhere, true)
  assert.equal(Array.from({ length: 20 }, () => admit('elsewhere')).filter((one) => one.begun).length, 20)
})

test('who has had its turn makes room for those who wait, and nobody waits for ever', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const { admit, time } = underTest()
    const slow = Array.from({ length: 8 }, () => admit('new'))
    for (const one of slow) one.bytesRead = 300
    const waiting = [admit('new'), admit('new')]
    time.now += 2_000
    mock.timers.tick(2_000)
    assert.ok(waiting.every((one) => one.begun))
    assert.deepEqual(
      slow.map((one) => one.destroyed),
      [false, true, true, ...Array(5).fill(false)],
    )
    for (const one of waiting) one.bytesRead = 300
    const late = admit('new')
    assert.ok(!late.begun)
    time.now += 10_000
    mock.timers.tick(2_000)
    assert.ok(late.destroyed)
  } finally {
    mock.timers.reset()
  }
})

test('where all are slow one of them is left the time that it takes, but not for ever', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const { admit, time } = underTest()
    const slow: Connection[] = []
    const pass = (milliseconds: number) => {
      for (let at = 0; at < milliseconds; at += 250) {
        // More come than can have a turn.
        slow.push(admit('new'), admit('new'))
        for (const one of slow) if (one.begun) one.bytesRead = 300
        time.now += 250
        mock.timers.tick(250)
      }
    }
    pass(9_750)
    assert.deepEqual(
      slow.slice(0, 8).map((one) => one.destroyed),
      [false, ...Array(7).fill(true)],
    )
    pass(750)
    assert.ok(slow[0]?.destroyed)
  } finally {
    mock.timers.reset()
  }
})

test('who only connects holds its turn for half a second, and the newest of those who wait is next', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const { admit, time } = underTest()
    const silent = Array.from({ length: 300 }, () => admit('new'))
    const honest = admit('new')
    time.now += 499
    mock.timers.tick(499)
    assert.ok(!honest.begun && !silent.some((one) => one.destroyed))
    time.now += 1
    mock.timers.tick(1)
    assert.ok(honest.begun)
    assert.ok(silent.slice(0, 8).every((one) => one.destroyed))
    assert.deepEqual([silent[299]?.begun, silent[8]?.begun], [true, false])
  } finally {
    mock.timers.reset()
  }
})
