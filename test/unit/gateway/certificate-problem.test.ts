import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateProblem } from '../../../src/gateway/certificate-problem.ts'
import { CurrentRequest } from '../../../src/gateway/current-request.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { certificateFacts } from '../../support/identities.ts'
import { listener, runtimeWith, services } from './fixture.ts'

const alice = certificateFacts('CN=alice')

/** The reason for a peer (null: no TLS), where a certificate is required or not and its registry lost or not. */
function reasonFor(peer: Partial<Peer> | null, { requiresCertificate = false, isStale = false } = {}): string | undefined {
  const runtime = runtimeWith({ listeners: new Map([['main', { ...listener, requiresCertificate }]]) })
  const whole: Peer | null = peer && { certificate: alice, refusal: null, detail: '', serverName: null, resumed: false, ...peer }
  const heard = { ...services().heard, runtime: () => runtime, isStale: () => isStale }
  return certificateProblem(new CurrentRequest(new FakeSocket().socket, 'main', whole, heard))?.reason
}

test('a good certificate is no problem, and neither is none where none is required', () => {
  assert.equal(reasonFor({}), undefined)
  assert.equal(reasonFor({ certificate: null }), undefined)
  assert.equal(reasonFor(null, { requiresCertificate: true }), undefined, 'without TLS there is none to ask for')
  assert.equal(reasonFor({ certificate: null }, { isStale: true }), undefined, 'nobody without one can have been revoked')
})

test('each problem has its reason, and a refusal comes before all others', () => {
  const expired = { ...alice, notAfter: 0 }
  assert.equal(reasonFor({ certificate: null }, { requiresCertificate: true }), 'certificate_required')
  assert.equal(reasonFor({ certificate: expired }), 'certificate_expired')
  assert.equal(reasonFor({ certificate: expired }, { isStale: true }), 'registry_lost')
  assert.equal(reasonFor({ certificate: expired, refusal: 'certificate_revoked' }, { isStale: true }), 'certificate_revoked')
})
