import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Overload } from '../../../src/worker/overload.ts'

const WINDOW = 250

function measured(limit = 100) {
  let now = 0
  let delay = 0
  const overload = new Overload(now, () => delay)
  overload.configure(limit)
  const share = overload.requests.join('client')
  return {
    overload,
    /** One window in which so many connections came and so many requests were asked for, at this delay. */
    window(milliseconds: number, connections: number, requests: number): { readonly connections: number; readonly requests: number } {
      delay = milliseconds
      let admitted = 0
      let taken = 0
      for (let i = 0; i < connections; i++) if (overload.connections.admits(`10.0.${i >> 8}.${i & 255}`)) admitted++
      for (let i = 0; i < requests; i++) if (++share.asked <= share.most) taken++
      now += WINDOW
      overload.turn(now)
      return { connections: admitted, requests: taken }
    },
  }
}

test('one stall sheds nothing', () => {
  const { overload, window } = measured()
  window(900, 100, 100)
  assert.equal(overload.shedding, false)
  window(1, 100, 100)
  window(900, 100, 100)
  assert.equal(overload.shedding, false)
})

test('a limit of 0 means that nothing is ever shed', () => {
  const { overload, window } = measured(0)
  for (let i = 0; i < 10; i++) window(5_000, 100, 100)
  assert.equal(overload.shedding, false)
})

test('new connections are shed before any request is', () => {
  const { window } = measured()
  window(200, 1_000, 2_000)
  window(200, 1_000, 2_000)
  const first = window(200, 1_000, 2_000)
  assert.ok(first.connections < 1_000, `${first.connections} connections let in`)
  assert.equal(first.requests, 2_000)
})

test('requests are shed where that does not help, and neither below what one core can surely do', () => {
  const { window } = measured()
  let last = { connections: 0, requests: 0 }
  for (let i = 0; i < 60; i++) last = window(200, 1_000, 2_000)
  assert.ok(last.connections >= 25 && last.connections < 1_000, `${last.connections} connections`)
  assert.equal(last.requests, 50)
})

test('requests are shed at once where hardly anybody connects', () => {
  const { overload, window } = measured()
  window(200, 0, 2_000)
  window(200, 0, 2_000)
  assert.equal(window(200, 0, 2_000).requests, 1_600)
  assert.equal(overload.shedding, true)
})

test('a loop that turns more seldom than it is looked at is held up all the time', async () => {
  const overload = new Overload(performance.now())
  overload.configure(250)
  const share = overload.requests.join('client')
  // As the sweep does it: by a timer that is as late as the loop.
  const delays: number[] = []
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      share.asked += 100
      delays.push(overload.turn(performance.now()))
      if (delays.length === 4) {
        clearInterval(timer)
        resolve()
        return
      }
      const until = performance.now() + 300
      while (performance.now() < until);
    }, 1)
  })
  assert.ok(
    delays.slice(1).every((delay) => delay > 250),
    `${delays}`,
  )
  assert.equal(overload.shedding, true)
})

test('a loop that turns is not held up', async () => {
  const overload = new Overload(performance.now(), undefined)
  const turns: number[] = []
  // Warm: what compiles and collects belongs to the first.
  for (let window = 0; window < 3; window++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    turns.push(overload.turn(performance.now()))
  }
  assert.ok(Math.min(...turns) < 200, `${turns}`)
})
