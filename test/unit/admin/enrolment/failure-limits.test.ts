import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureLimits } from '../../../../src/admin/enrolment/failure-limits.ts'

function limits() {
  const clock = { now: 1_000 }
  const made = new FailureLimits({ now: () => clock.now })
  const attempt = (remote: string, user: string) => {
    const begun = made.begin(remote, user)
    return 'blockedFor' in begun ? begun.blockedFor : begun
  }
  return { clock, attempt }
}

const isBlocked = (outcome: unknown) => typeof outcome === 'number'

test('ten wrong passwords of an address block it for ten minutes, whoever it says it is', () => {
  const { clock, attempt } = limits()
  for (let count = 0; count < 10; count++) assert.ok(!isBlocked(attempt('192.0.2.1', `user${count}`)), `${count}`)
  assert.equal(attempt('192.0.2.1', 'somebody else'), 600_000)
  assert.ok(!isBlocked(attempt('192.0.2.2', 'somebody else')))
  clock.now += 599_999
  assert.equal(attempt('192.0.2.1', 'x'), 1)
  clock.now += 1
  assert.ok(!isBlocked(attempt('192.0.2.1', 'x')))
})

test('ten wrong passwords for a user block that name, wherever they come from', () => {
  const { attempt } = limits()
  for (let count = 0; count < 10; count++) attempt(`192.0.2.${count}`, 'alice')
  assert.ok(isBlocked(attempt('198.51.100.1', 'alice')))
  assert.ok(!isBlocked(attempt('198.51.100.1', 'bob')))
})

test('one client has one /64 network, and one IPv4 address in either spelling', () => {
  const { attempt } = limits()
  for (let count = 0; count < 10; count++) attempt(`2001:db8::${count + 1}`, `u${count}`)
  assert.ok(isBlocked(attempt('2001:db8::ffff', 'x')))
  assert.ok(!isBlocked(attempt('2001:db8:0:1::1', 'x')))
  for (let count = 0; count < 5; count++) {
    attempt('192.0.2.1', `v${count}`)
    attempt('::ffff:192.0.2.1', `w${count}`)
  }
  assert.ok(isBlocked(attempt('192.0.2.1', 'x')))
})

test('what was right never counted, and attempts under way do', () => {
  const { attempt } = limits()
  for (let count = 0; count < 50; count++) {
    const begun = attempt('192.0.2.1', 'alice')
    assert.ok(typeof begun !== 'number')
    begun.forgive()
  }
  const under = Array.from({ length: 10 }, () => attempt('192.0.2.1', 'alice'))
  assert.ok(isBlocked(attempt('192.0.2.1', 'alice')))
  const [first] = under
  assert.ok(typeof first === 'object')
  first.forgive()
  assert.ok(!isBlocked(attempt('192.0.2.1', 'alice')))
})

test('what is longer ago than an hour counts no longer', () => {
  const { clock, attempt } = limits()
  for (let count = 0; count < 9; count++) attempt('192.0.2.1', 'alice')
  clock.now += 3_600_000
  for (let count = 0; count < 9; count++) assert.ok(!isBlocked(attempt('192.0.2.1', 'alice')))
})
