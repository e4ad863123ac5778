import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duelRow } from '../../../bench/duel.ts'
import { judge } from '../../../bench/outcome.ts'
import { duel, loadResult, memory, duelRow as row } from './results.ts'

test('a row compares CPU per request within each round', () => {
  const own = [loadResult({ cpuNs: 20_000_000 }), loadResult({ cpuNs: 90_000_000, requests: 3_000 })]
  const nginx = [loadResult({ cpuNs: 40_000_000 }), loadResult({ cpuNs: 30_000_000 })]
  const found = duelRow('certgate', own, nginx, 1)
  assert.deepEqual(found.ratio, { median: 0.75, lowest: 0.5, highest: 1 })
  assert.equal(found.cpuUs, 25)
})

test('a row adds up what failed, and answers per second of real time', () => {
  const runs = [loadResult({ errors: 1 }), loadResult({ not200: 2, elapsedUs: 500_000 })]
  const found = duelRow('x', runs, runs, 1)
  assert.deepEqual([found.errors, found.not200, found.requests, found.requestsPerSecond], [1, 2, 2_000, 1_500])
})

test('a limit is met up to its value and missed beyond it', () => {
  const rows = (ratio: number) => [row('nginx', 1), row('certgate', ratio)]
  assert.deepEqual(judge(duel('100', rows(1.05), 1.05)), { verdict: 'met', figure: 1.05 })
  assert.deepEqual(judge(duel('100', rows(1.06), 1.05)), { verdict: 'missed', figure: 1.06 })
  assert.equal(judge(memory(76_800, 76_800)).verdict, 'met')
  assert.equal(judge(memory(76_801, 76_800)).verdict, 'missed')
})

test('without certgate, or without a limit, nothing was measured against it', () => {
  assert.deepEqual(judge(duel('100', [row('nginx', 1), row('HAProxy', 1)], 1.05)), { verdict: 'not measured', figure: null })
  assert.deepEqual(judge(duel('post1k', [row('nginx', 1), row('certgate', 1)])), { verdict: 'not measured', figure: null })
  assert.deepEqual(judge(duel('100', [], 1.05)), { verdict: 'not measured', figure: null })
})
