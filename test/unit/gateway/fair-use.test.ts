import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairUse, fairLevel, type Share } from '../../../src/gateway/fair-use.ts'

const WINDOW = 250
const ask = (share: Share, times: number): number => {
  let admitted = 0
  for (let i = 0; i < times; i++) if (++share.asked <= share.most) admitted++
  return admitted
}

test('the level gives small demands whole and the rest in equal parts', () => {
  assert.equal(fairLevel([], 10), Number.POSITIVE_INFINITY)
  assert.equal(fairLevel([3, 4], 7), Number.POSITIVE_INFINITY)
  assert.equal(fairLevel([100, 100], 50), 25)
  assert.equal(fairLevel([1_000, 5, 10], 100), 85)
})

test('lets everything in as long as nothing is strained', () => {
  const use = new FairUse(10)
  const share = use.join('a')
  for (let window = 0; window < 5; window++) {
    assert.equal(ask(share, 100_000), 100_000)
    use.turn(false, WINDOW)
  }
  assert.equal(use.limited, false)
})

test('turns away the one who asks for most, and nobody who asks for little', () => {
  const use = new FairUse(10)
  const noisy = use.join('noisy')
  const quiet = use.join('quiet')
  ask(noisy, 5_000)
  ask(quiet, 20)
  use.turn(true, WINDOW)
  for (let window = 0; window < 8; window++) {
    const admitted = ask(noisy, 5_000)
    assert.ok(admitted < 5_000 && admitted > 0, `${admitted} admitted`)
    assert.equal(ask(quiet, 20), 20)
    use.turn(true, WINDOW)
  }
})

test('where there is less than one for each, all have their turn', () => {
  const use = new FairUse(10)
  const shares = Array.from({ length: 100 }, (_, index) => use.join(`client ${index}`))
  const served = shares.map(() => 0)
  for (let window = 0; window < 400; window++) {
    const admitted = shares.map((share) => ask(share, 1))
    use.turn(true, WINDOW)
    if (!use.exhausted) continue
    const all = admitted.reduce((sum, one) => sum + one, 0)
    assert.ok(all <= 13, `${all} admitted`)
    for (const [index, one] of admitted.entries()) served[index] = (served[index] ?? 0) + one
  }
  assert.ok(
    served.every((times) => times > 0),
    'somebody never had a turn',
  )
})

test('a newcomer gets the same as the others at most', () => {
  const use = new FairUse(10)
  ask(use.join('noisy'), 1_000)
  use.turn(true, WINDOW)
  assert.equal(ask(use.join('new'), 5_000), 800)
})

test('closing and opening connections makes no new share within a window', () => {
  const use = new FairUse(10)
  ask(use.join('noisy'), 1_000)
  use.turn(true, WINDOW)
  assert.equal(ask(use.join('other'), 800), 800)
  use.leave('other')
  assert.equal(ask(use.join('other'), 800), 0)
})

test('a window that lasted longer gives no larger budget', () => {
  const use = new FairUse(10)
  const share = use.join('a')
  ask(share, 4_000)
  use.turn(true, 4 * WINDOW)
  assert.equal(ask(share, 4_000), 800)
})

test('lets everything in again once all of it has fitted for a while', () => {
  const use = new FairUse(10)
  const share = use.join('a')
  ask(share, 1_000)
  use.turn(true, WINDOW)
  assert.equal(use.limited, true)
  let windows = 0
  while (use.limited && windows < 100) {
    ask(share, 1_000)
    use.turn(false, WINDOW)
    windows++
  }
  assert.ok(windows >= 8 && windows < 30, `${windows} windows`)
  assert.equal(ask(share, 100_000), 100_000)
})

test('keeps nothing of clients that are gone', () => {
  const use = new FairUse(2)
  for (let i = 0; i < 1_000; i++) assert.equal(use.admits(`10.0.0.${i}`), true)
  use.turn(true, WINDOW)
  // Under the limit that was found, a share of somebody who came back would still be counted in.
  assert.equal(use.limited, true)
  const share = use.join('10.0.0.1')
  assert.equal(share.asked, 0)
  assert.equal(share.holders, 1)
})
