import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProcessUsage } from '../../../src/observability/process-usage.ts'

test('what cannot be measured for want of a descriptor is told as it was before', (t) => {
  const usage = new ProcessUsage()
  t.after(() => usage.stop())
  const { residentBytes, heapBytes } = usage.snapshot(false)
  assert.ok(residentBytes > heapBytes && heapBytes > 0)
  t.mock.method(process, 'memoryUsage', () => {
    throw Object.assign(new Error('EMFILE: too many open files, uv_resident_set_memory'), { code: 'EMFILE' })
  })
  assert.equal(usage.snapshot(false).residentBytes, residentBytes)
})
