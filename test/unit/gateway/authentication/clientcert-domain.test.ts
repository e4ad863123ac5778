import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientCertDomain } from '../../../../src/gateway/authentication/clientcert-domain.ts'
import type { PeerCertificate } from '../../../../src/identity/types.ts'
import type { Peer } from '../../../../src/tls/types.ts'
import { ALICE, certificate, clientcert, NAMELESS, peer } from './fixture.ts'

const shown = (from: PeerCertificate | null, changes: Partial<Peer> = {}, adminDns: readonly string[] = []) =>
  ({ peer: peer(from, changes), adminDns: new Set(adminDns), credentials: { kind: 'absent' } }) as const

test('names the holder, says when it cannot, and skips whom it is told to', () => {
  const domain = clientCertDomain(clientcert({ skipUsers: ['*OU=robots*'] }), () => {})
  const outcome = domain.judge(shown(ALICE))
  assert.ok('kind' in outcome && outcome.kind === 'accepted')
  assert.equal(outcome.identity.name, 'alice')
  assert.equal(outcome.identity.domain, 'cert')
  assert.deepEqual(domain.judge(shown(null)), { kind: 'absent' })
  assert.deepEqual(domain.judge(shown(certificate(['OU', 'robots'], ['CN', 'r2']))), { kind: 'absent' })
  const nameless = domain.judge(shown(NAMELESS))
  assert.ok('kind' in nameless && nameless.kind === 'unusable')
  assert.match(nameless.detail, /cn/)
})

test('the same certificate gives the same identity, so that what hangs on it is made once', () => {
  const domain = clientCertDomain(clientcert(), () => {})
  assert.equal(domain.judge(shown(ALICE)), domain.judge(shown(ALICE)))
})

test('a certificate that claims a clearance is told on, once, and does not get it', () => {
  const told: unknown[] = []
  const domain = clientCertDomain(clientcert({ rolesAttribute: 'dn:ou' }), (user, roles) => told.push([user, roles]))
  const claiming = certificate(['OU', 'clearance:ClusterAdmin'], ['OU', 'ops'], ['CN', 'eve'])
  const outcome = domain.judge(shown(claiming))
  domain.judge(shown(claiming))
  domain.judge(shown(certificate(['OU', 'ops'], ['CN', 'bob'])))
  assert.ok('kind' in outcome && outcome.kind === 'accepted')
  assert.deepEqual(outcome.identity.backendRoles, ['ops'])
  assert.deepEqual(told, [['eve', ['clearance:ClusterAdmin']]])
})

test('a certificate that breaks the reader is unusable, never a crash', () => {
  const broken = { ...ALICE, subject: null as never }
  const outcome = clientCertDomain(clientcert(), () => {}).judge(shown(broken))
  assert.ok('kind' in outcome && outcome.kind === 'unusable')
})

test('rights are those of the verdict that brought the certificate, and never of another', () => {
  const domain = clientCertDomain(clientcert(), () => {})
  const rightsOf = (evidence: ReturnType<typeof shown>) => {
    const outcome = domain.judge(evidence)
    assert.ok('kind' in outcome && outcome.kind === 'accepted')
    return [outcome.identity.clearance, outcome.identity.permissions?.size]
  }
  const permissions = new Map([['movies', 'Read']] as const)
  assert.deepEqual(rightsOf(shown(ALICE, { clearance: 'ValidUser', permissions })), ['ValidUser', 1])
  assert.deepEqual(rightsOf(shown(ALICE, { clearance: 'Operator', permissions: new Map() })), ['Operator', 0])
  assert.deepEqual(rightsOf(shown(ALICE)), [undefined, undefined])
  // Its DN alone is not enough: no chain was seen to be good.
  assert.deepEqual(rightsOf(shown(ALICE, {}, [ALICE.dn])), [undefined, undefined])
  const underOurCa = { evidence: { byChain: true } } as Partial<Peer>
  assert.deepEqual(rightsOf(shown(ALICE, underOurCa, [ALICE.dn])), ['ClusterAdmin', 0])
  assert.deepEqual(rightsOf(shown(ALICE, underOurCa)), [undefined, undefined])
})

test('one verdict gives one identity, with its rights', () => {
  const domain = clientCertDomain(clientcert(), () => {})
  const evidence = shown(ALICE, { clearance: 'Operator', permissions: new Map() })
  assert.equal(domain.judge(evidence), domain.judge(evidence))
})
