import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BenchError } from '../../../bench/lab/errors.ts'
import { parseHoldResult, parseLoadResult } from '../../../bench/load/result.ts'

const line =
  '{"requests":9880,"completed":9904,"elapsed_us":503857,"cpu_ns":664160855,"bytes":2460120,"handshakes":24,"resumed":3,' +
  '"p50_us":1070,"p99_us":2439,"max_us":46168,"errors":1,"not_200":2}\n'

test('reads every number of a line', () => {
  assert.deepEqual(parseLoadResult(line), {
    requests: 9880,
    completed: 9904,
    elapsedUs: 503857,
    cpuNs: 664160855,
    bytes: 2460120,
    handshakes: 24,
    resumed: 3,
    p50Us: 1070,
    p99Us: 2439,
    maxUs: 46168,
    errors: 1,
    not200: 2,
  })
})

test('reads a line about held connections', () => {
  assert.deepEqual(parseHoldResult('{"holding":1000,"errors":0,"not_200":4}'), { holding: 1000, errors: 0, not200: 4 })
})

const bad = (problem: RegExp) => (error: unknown) => error instanceof BenchError && problem.test(error.message)

test('a missing count of errors is not taken for none', () => {
  assert.throws(() => parseLoadResult(line.replace('"errors":1,', '')), bad(/no number errors/))
})

test('text, an empty line, null and a negative number are no results', () => {
  assert.throws(() => parseLoadResult('load: too many errors'), bad(/said "load: too many errors"/))
  assert.throws(() => parseLoadResult(''), bad(/instead of a result/))
  assert.throws(() => parseLoadResult('null'), bad(/no number requests/))
  assert.throws(() => parseLoadResult(line.replace('9880', '-1')), bad(/no number requests/))
})
