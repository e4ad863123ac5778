import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import type { PublishedCrl } from '../../../../src/certificates/crl-publisher.ts'
import { answerPki, type PkiSources } from '../../../../src/control/pki/answers.ts'

const KEY = 'ab'.repeat(32)

/** Bytes that are hashed from now on. */
function hashed(t: TestContext): { bytes: number } {
  const count = { bytes: 0 }
  const { hash } = crypto
  crypto.hash = ((algorithm: string, data: Uint8Array, encoding: 'hex') => {
    count.bytes += data.length
    return hash(algorithm, data, encoding)
  }) as typeof hash
  syncBuiltinESMExports()
  t.after(() => {
    crypto.hash = hash
    syncBuiltinESMExports()
  })
  return count
}

/** One list of that size, asked for again and again; `sign` puts another in its place. */
function publishing(size: number) {
  const now = Date.UTC(2030, 0, 1)
  const signed = (byte: number) => ({ der: Buffer.alloc(size, byte), nextUpdate: now + 3_600_000, thisUpdate: now }) as PublishedCrl
  let list = signed(1)
  const service = { authority: () => ({ issuing: null, problem: '', issuers: [], roots: [] }), crlOf: () => list }
  const sources = { service, now: () => now, failed: assert.fail } as unknown as PkiSources
  const ask = (ifNoneMatch: string | null = null) =>
    answerPki({ method: 'GET', path: `/crl/${KEY}.crl`, body: Buffer.alloc(0), ifNoneMatch }, sources)
  return {
    ask,
    sign: (byte: number) => {
      list = signed(byte)
    },
  }
}

test('a list is hashed once, however often anybody asks for it, and another one has another tag', async (t) => {
  const { ask, sign } = publishing(100_000)
  const count = hashed(t)
  const { headers } = await ask()
  for (let asked = 0; asked < 50; asked++) assert.equal((await ask()).headers.ETag, headers.ETag)
  assert.equal((await ask(headers.ETag)).status, 304)
  assert.equal(count.bytes, 100_000)
  sign(2)
  assert.equal((await ask(headers.ETag)).status, 200)
  assert.equal(count.bytes, 200_000)
})
