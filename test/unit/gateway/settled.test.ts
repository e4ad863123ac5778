import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForwardRequest } from '../../../src/gateway/forward-request.ts'
import { Settled } from '../../../src/gateway/settled.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'
import type { Permit } from '../../../src/policy/decide.ts'

const permit = { allowed: true } as Permit
const request = { method: 'GET' } as ForwardRequest

function headOf(memo: number): RequestHead {
  const head = new RequestHead()
  head.memo = memo
  return head
}

test('only the very head that was kept is known, and none that was read anew', () => {
  const settled = new Settled()
  assert.equal(settled.knows(headOf(0)), false)
  settled.keep(headOf(3), permit, request, 'text', 'id')
  assert.deepEqual(
    [0, 2, 3, 4].map((memo) => settled.knows(headOf(memo))),
    [false, false, true, false],
  )
  assert.deepEqual([settled.permit, settled.request, settled.text, settled.requestId], [permit, request, 'text', 'id'])
})

test('a head that cannot be known again is not known after all', () => {
  const settled = new Settled()
  settled.keep(headOf(0), permit, request, 'text', null)
  assert.equal(settled.knows(headOf(0)), false)
})

test('the last one kept counts, with all that belongs to it', () => {
  const settled = new Settled()
  settled.keep(headOf(1), permit, request, 'first', 'id')
  const other = { method: 'PUT' } as ForwardRequest
  settled.keep(headOf(2), permit, other, 'second', null)
  assert.deepEqual([settled.knows(headOf(1)), settled.knows(headOf(2))], [false, true])
  assert.deepEqual([settled.request, settled.text, settled.requestId], [other, 'second', null])
})

test('forgotten, there is nothing left that could be forwarded', () => {
  const settled = new Settled()
  settled.keep(headOf(1), permit, request, 'text', 'id')
  settled.forget()
  assert.equal(settled.knows(headOf(1)), false)
  assert.deepEqual([settled.permit, settled.request, settled.text], [null, null, ''])
})
