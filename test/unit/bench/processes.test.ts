import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxOpenFiles } from '../../../bench/lab/limits.ts'
import { parseCpuList } from '../../../bench/lab/machine.ts'
import { parentOf, parseSmapsRollup, ticksOf } from '../../../bench/lab/processes.ts'

const stat = '4242 (odd) name (x) S 17 4242 4242 0 -1 4194560 1094 0 0 0 150 75 3 4 20 0 1 0 12345 10000000 500'

test('the parent and the times are found behind a name with spaces and parentheses', () => {
  assert.equal(parentOf(stat), 17)
  assert.equal(ticksOf(stat), 225)
})

test('a process that is gone has neither', () => {
  assert.equal(parentOf(''), null)
  assert.equal(ticksOf(''), null)
})

test('memory is read in bytes, and only whole names count', () => {
  const text = [
    '55d0c4a00000-7ffd12345000 ---p 00000000 00:00 0    [rollup]',
    'Rss:                9000 kB',
    'Pss:                5000 kB',
    'Pss_Dirty:          4000 kB',
    'Private_Clean:       100 kB',
    'Private_Dirty:       900 kB',
    'Swap:                  0 kB',
  ].join('\n')
  assert.deepEqual(parseSmapsRollup(text), { private: 1_024_000, pss: 5_120_000, rss: 9_216_000 })
  assert.deepEqual(parseSmapsRollup(''), { private: 0, pss: 0, rss: 0 })
})

test('a list of processors is read with its ranges', () => {
  assert.deepEqual(parseCpuList('0-2,5'), [0, 1, 2, 5])
  assert.deepEqual(parseCpuList('3'), [3])
  assert.deepEqual(parseCpuList(''), [])
})

test('the hard limit of open files counts, not the soft one', () => {
  assert.equal(
    maxOpenFiles('Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 20000                files\n'),
    20_000,
  )
  assert.equal(maxOpenFiles('Max open files            1024                 unlimited            files\n'), Number.POSITIVE_INFINITY)
})
