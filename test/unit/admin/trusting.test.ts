import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../../../src/admin/types.ts'
import { administration } from '../../support/administration.ts'
import { selfSigned } from '../../support/authority.ts'

/** Neither PEM nor a certificate: it is read in a thread of its own. */
const PFX = Buffer.from([0x30, 0x80, 1, 2, 3]).toString('base64')

test('one Operator has four PFX files under way, and all together sixteen, so that nobody fills the memory with what is to be read', async (t) => {
  const gate = administration(t)
  const operators = await Promise.all(Array.from({ length: 5 }, (_, index) => gate.someone(`operator ${index}`, 'Operator')))
  const { certificate } = await selfSigned({ subject: 'CN=at once' })
  const trust = async (caller: Caller | undefined, certificate: string) => {
    const asked = { body: { certificate, name: 'x', clearance: 'ValidUser' }, ...(caller === undefined ? {} : { caller }) }
    const { status } = await gate.ask('POST /api/v1/certificates/trust', asked)
    return status
  }
  const sent = operators.flatMap((caller) => Array.from({ length: 5 }, () => trust(caller, PFX)))
  // Four of each of the first four; what is read at once waits for nobody.
  const other = await trust(operators[0], certificate)
  assert.deepEqual([other, await Promise.all(sent)], [201, [...Array(4).fill([400, 400, 400, 400, 429]), Array(5).fill(503)].flat()])
  assert.equal(await trust(operators[0], PFX), 400)
})
