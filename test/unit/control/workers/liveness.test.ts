import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Liveness } from '../../../../src/control/workers/liveness.ts'
import type { WorkerProcess } from '../../../../src/control/workers/process.ts'

/** A worker that answers only while it turns. */
function worker(state: WorkerProcess['state'] = 'serving') {
  const held: (() => void)[] = []
  const made = {
    state,
    turns: true,
    killed: [] as string[],
    connections: () => {
      const { promise, resolve } = Promise.withResolvers<number>()
      if (made.turns) resolve(1)
      else held.push(() => resolve(1))
      return promise
    },
    kill: (why: string) => made.killed.push(why),
    goOn: () => {
      made.turns = true
      for (const answer of held.splice(0)) answer()
    },
  }
  return made
}

function watching(t: TestContext, ...workers: ReturnType<typeof worker>[]) {
  const state = { at: 0, busy: 0 }
  const liveness = new Liveness({
    workers: () => workers as unknown as WorkerProcess[],
    busyFor: () => state.busy,
    now: () => state.at,
    every: 1_000,
  })
  t.after(() => liveness.close())
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      state.at += 1_000
      liveness.look()
      await setImmediate()
    }
  }
  return { liveness, state, seconds }
}

test('a worker that answers nothing for ten seconds is killed, and the other stays', async (t) => {
  const [hung, well] = [worker(), worker()]
  const { liveness, seconds } = watching(t, hung, well)
  await seconds(2)
  assert.equal(liveness.answering, 2)
  hung.turns = false
  await seconds(5)
  assert.equal(liveness.answering, 1, 'nothing is to be sent to it')
  await seconds(5)
  assert.deepEqual(hung.killed, [])
  await seconds(2)
  assert.match(hung.killed[0] ?? '', /not answered for 1\d s/)
  assert.deepEqual(well.killed, [])
})

test('a worker that is late, and one that starts, are left alone', async (t) => {
  const [late, starting] = [worker(), worker('starting')]
  const { liveness, state, seconds } = watching(t, late, starting)
  starting.turns = false
  for (let round = 0; round < 3; round++) {
    late.turns = false
    await seconds(9)
    late.goOn()
    await seconds(1)
  }
  state.busy = 20_000
  late.turns = false
  await seconds(22)
  assert.deepEqual([late.killed, starting.killed], [[], []])
  assert.equal(liveness.answering, 1)
})

test('time in which control did not turn counts for nothing', async (t) => {
  const one = worker()
  const { state, seconds } = watching(t, one)
  one.turns = false
  await seconds(3)
  // The machine is suspended for an hour, with a question open.
  state.at += 3_600_000
  await seconds(5)
  assert.deepEqual(one.killed, [])
  one.goOn()
  await seconds(20)
  assert.deepEqual(one.killed, [])
})
