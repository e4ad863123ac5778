// What a distribution point gives is held for each CA apart.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { type Inquiry, readInquiry } from '../../../../src/control/revocation/finding.ts'
import { ListShelf } from '../../../../src/control/revocation/lists.ts'
import { authorityNode } from '../../../../src/tls/authority-node.ts'
import { type Authority, createAuthority } from '../../../support/authority.ts'
import { distributionPoints } from '../../../support/foreign-authority.ts'

const URL = 'http://lists.example/both.crl'

async function inquiryOf(authority: Authority, revoked: boolean): Promise<{ readonly inquiry: Inquiry; readonly list: string }> {
  const leaf = await authority.issue({ extensions: [distributionPoints(URL)] })
  const issuer = authorityNode(new X509Certificate(authority.certificate)).base64
  const inquiry = readInquiry({ source: 'crl', subject: leaf.der.toString('base64'), issuer, url: null })
  return { inquiry, list: authority.crl({ revoked: revoked ? [leaf.serial] : [] }) }
}

test('two CAs, or two keys of one, at the same distribution point are each judged by their own list', async () => {
  const old = await inquiryOf(await createAuthority('root'), false)
  const next = await inquiryOf(await createAuthority('root'), true)
  let fetches = 0
  const shelf = new ListShelf({
    cache: null,
    fetch: async () => {
      fetches++
      return Buffer.from(old.list + next.list)
    },
    timeout: () => 1_000,
    refresh: () => 3_600_000,
    maxBytes: () => 1e6,
    replaced: () => {},
    cacheFailed: assert.fail,
  })
  for (let round = 0; round < 2; round++) {
    assert.equal((await shelf.ask(old.inquiry)).finding?.status, 'good')
    assert.equal((await shelf.ask(next.inquiry)).finding?.status, 'revoked')
  }
  assert.equal(fetches, 2)
})
