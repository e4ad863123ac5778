import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainResult, Report } from '../fault/harness/report.ts'
import { readOptions, WrongUsage } from '../fault/options.ts'

const reportOf = (counts: Partial<Report['counts']>, ...bounds: readonly [string, boolean, unknown?][]) => {
  const report = new Report()
  Object.assign(report.counts, counts)
  for (const bound of bounds) report.bound(...bound)
  return report.result('some-fault', 1.234)
}

test('one line says what became of the requests, and one more what did not hold', () => {
  const held = reportOf({ sent: 1200, answered: 1198, refused: 1, lost: 1 }, ['it lives', true])
  assert.equal(plainResult(held), 'some-fault: held in 1.2 s: 1,200 sent, 1,198 answered rightly, 1 refused rightly, 1 lost\n')
  const broken = reportOf({ sent: 1, answered: 1 }, ['it lives', false, { workers: 0 }])
  assert.match(plainResult(broken), /^some-fault: broken in .*\n {2}broken: it lives: \{"workers":0\}\n$/)
})

test('a fault that checked nothing, or lost count of its requests, has not held', () => {
  assert.equal(reportOf({ sent: 1, answered: 1 }).outcome, 'broken')
  assert.equal(reportOf({ sent: 2, answered: 1 }, ['it lives', true]).outcome, 'broken')
})

test('names are checked, all of them are known as all, and minutes are a number', () => {
  const known = ['soak', 'idle']
  assert.deepEqual(readOptions(['all', '--short'], known), { names: known, short: true, minutes: null, json: false })
  assert.deepEqual(readOptions([], known).names, [])
  assert.throws(() => readOptions(['soka'], known), new WrongUsage("there is no fault 'soka': soak, idle"))
  assert.throws(() => readOptions(['soak', '--minutes', 'x'], known), WrongUsage)
  assert.throws(() => readOptions(['--shrot'], known), WrongUsage)
})
