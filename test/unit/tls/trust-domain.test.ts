import assert from 'node:assert/strict'
import test from 'node:test'
import { compileTrust, mayResume } from '../../../src/tls/trust-domain.ts'
import type { TrustMaterial } from '../../../src/tls/types.ts'
import { createAuthority } from '../../support/authority.ts'

const root = await createAuthority('root')
const renewed = await createAuthority('root', { key: root.key })
const middle = await root.intermediate('middle')
const other = await createAuthority('other')

function material(clientCa: readonly { certificate: string }[], crl: Partial<TrustMaterial['crl']> = {}): TrustMaterial {
  return {
    keyPair: { certificate: '', key: '' },
    clientCa: clientCa.map(({ certificate }) => certificate),
    crl: { validate: false, onUnavailable: 'deny', lists: [], ...crl },
  }
}

const domain = (...parameters: Parameters<typeof material>) => compileTrust(material(...parameters), 'REQUIRE')

test('a domain is told by its CAs, its rules and whether certificates are asked for, in 32 digits', () => {
  const { id } = domain([root, other])
  assert.match(id, /^[0-9a-f]{32}$/)
  assert.equal(domain([other, root]).id, id)
  const others = [
    domain([root]),
    domain([root, other, middle]),
    domain([root, other], { validate: true }),
    domain([root, other], { validate: true, onUnavailable: 'allow' }),
    compileTrust(material([root, other]), 'OPTIONAL'),
    compileTrust(material([root, other]), 'NONE'),
  ].map((one) => one.id)
  assert.equal(new Set([id, ...others]).size, 7)
})

test('sessions resume under one CA key and without revocation lists only', () => {
  assert.equal(mayResume(domain([root])), true)
  assert.equal(mayResume(domain([root, middle])), true)
  assert.equal(mayResume(domain([root, renewed])), true)
  assert.equal(mayResume(domain([root, other])), false)
  assert.equal(mayResume(domain([root], { validate: true })), false)
  assert.equal(mayResume(compileTrust(material([root, other]), 'NONE')), true)
})

test('how the registry counts, and the own certificates, make another domain', () => {
  const one = material([root])
  const domains = [
    one,
    { ...one, trust: 'either' as const },
    { ...one, trust: 'both' as const },
    { ...one, trust: 'registry' as const },
    { ...one, ownCertificates: ['aa'] },
  ].map((given) => compileTrust(given, 'REQUIRE'))
  assert.equal(new Set(domains.map(({ id }) => id)).size, 5)
  assert.equal(compileTrust({ ...one, trust: 'ca' }, 'REQUIRE').id, domains[0]?.id)
  assert.deepEqual(
    domains.map(({ trust }) => trust),
    ['ca', 'either', 'both', 'registry', 'ca'],
  )
  assert.equal(compileTrust({ ...one, ownCertificates: ['aa'] }, 'NONE').ownCertificates.size, 0)
})
