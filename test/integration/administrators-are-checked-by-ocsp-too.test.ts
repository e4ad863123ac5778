// The promise: the admin address judges by what responders say, as every listener does: nothing is answered before that is known.
import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { issuerOf } from '../../src/certificates/issuer.ts'
import { answerOcsp, type CertificateStatus } from '../../src/certificates/ocsp-respond.ts'
import { startAdministeredGateway } from '../support/administered-gateway.ts'
import { sendOcsp, startSite } from '../support/foreign-authority.ts'

test('an administrator whose responder says revoked is one no longer, and one whose responder is silent is none yet', async (t) => {
  let folder = ''
  const revoked = new Set<string>()
  const site = await startSite(t, (_request, response, body) => {
    const ca = (name: string) => readFileSync(join(folder, 'ca', name), 'utf8')
    const issuer = issuerOf(new X509Certificate(ca('issuing.crt')), createPrivateKey(ca('issuing.key')), '')
    const statusOf = (serial: string): CertificateStatus =>
      revoked.has(serial) ? { kind: 'revoked', at: Date.now(), reason: 'keyCompromise' } : { kind: 'good' }
    const now = Date.now()
    const times = { thisUpdate: now, nextUpdate: now + 3_600_000 }
    sendOcsp(
      response,
      answerOcsp(body, [{ issuer, delegate: null }], (_issuer, serial) => statusOf(serial), times),
    )
  })
  const gateway = await startAdministeredGateway(t, [
    [/^( +)client_ca:/m, `$1ocsp: { validate: true, url: "${site.url('/')}" }\n$1client_ca:`],
    [/$/, '\nrevocation: { timeout: 1s, refresh: 1s }\n'],
  ])
  folder = gateway.folder
  const ask = async (client: object) => {
    const { status, body } = await gateway.ask('GET /api/v1/whoami', { client })
    const { code, clearance } = JSON.parse(body.toString())
    return [status, code ?? clearance]
  }
  const [root, other, late] = await Promise.all(['root', 'other', 'late'].map((name) => gateway.make(name, 'ClusterAdmin')))
  assert.ok(root?.cert !== undefined && other?.cert !== undefined && late !== undefined)
  assert.deepEqual(await ask(root), [200, 'ClusterAdmin'])
  revoked.add(new X509Certificate(other.cert).serialNumber)
  assert.deepEqual(await ask(other), [403, 'certificate_revoked'])
  await site.close()
  assert.deepEqual(await ask(late), [403, 'certificate_status_unknown'])
  assert.deepEqual(await ask(root), [200, 'ClusterAdmin'])
})
