import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../../../src/admin/types.ts'
import { administration } from '../../support/administration.ts'

const ROOT = '/api/v1/certificates'

test('one Operator has four RSA keys under way, made or for renewals, and nobody waits for them who asks for another key', async (t) => {
  const gate = administration(t)
  const [operator, other] = [await gate.someone('operator', 'Operator'), await gate.someone('other', 'Operator')]
  const finished: string[] = []
  const make = async (caller: Caller, name: string, type: string) => {
    const { status } = await gate.ask(`POST ${ROOT}`, { caller, body: { name, clearance: 'ValidUser', format: 'json', key_type: type } })
    finished.push(name)
    return status
  }
  const renew = async (caller: Caller) =>
    (await gate.ask(`POST ${ROOT}/other/renew`, { caller, body: { format: 'json', key_type: 'rsa4096' } })).status
  const slow = Array.from({ length: 4 }, (_, index) => make(operator, `slow ${index}`, 'rsa'))
  const more = [make(operator, 'fifth', 'rsa'), renew(operator), make(operator, 'quick', 'ec'), make(other, "another's", 'ec')]
  assert.deepEqual(await Promise.all(more), [429, 429, 201, 201])
  assert.ok(!finished.includes('slow 3'), finished.join())
  assert.deepEqual(await Promise.all(slow), [201, 201, 201, 201])
  assert.equal(await make(operator, 'fifth', 'rsa'), 201)
})

test('however many are asked for at a time, each is recorded for itself, and everybody else is heard between two of them', async (t) => {
  const gate = administration(t)
  let turn = 0
  let isOver = false
  const count = () => {
    turn++
    if (!isOver) setImmediate(count)
  }
  count()
  const recorded: number[] = []
  const { published } = gate.context
  Object.assign(gate.context, {
    published: () => {
      recorded.push(turn)
      return published()
    },
  })
  const make = (_: unknown, index: number) =>
    gate.json(201, `POST ${ROOT}`, { body: { name: `n${index}`, clearance: 'ValidUser', format: 'json' } })
  await Promise.all(Array.from({ length: 30 }, make))
  isOver = true
  assert.equal(new Set(recorded).size, 30, recorded.join())
})
