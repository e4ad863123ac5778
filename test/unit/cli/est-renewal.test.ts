import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { certify, issueClient } from '../../../src/certificates/issue.ts'
import { EstError } from '../../../src/cli/est-client.ts'
import { renewPair } from '../../../src/cli/est-renewal.ts'
import { temporaryFolder } from '../../support/authority.ts'

const authority = await createAuthority({ days: 30 })
const issuing = new X509Certificate(authority.issuingCertificate)
const client = await issueClient(authority.issuer, { commonName: 'web1', days: 10 })

/** A pair of files, and enrolment that certifies its key; `known`: what it tells of authorities. */
function renewing(t: Parameters<typeof temporaryFolder>[0], known: () => Promise<Buffer[]>) {
  const { path: folder } = temporaryFolder(t)
  const files = { cert: join(folder, 'web1.crt'), key: join(folder, 'web1.key') }
  writeFileSync(files.cert, client.certificate)
  writeFileSync(files.key, client.key)
  const asked: string[] = []
  const est = {
    async renew() {
      asked.push('renew')
      return certify(authority.issuer, 'client', { commonName: 'web1', days: 20 }, createPublicKey(client.key)).der
    },
    authorities() {
      asked.push('authorities')
      return known()
    },
  }
  const certificates = () => readFileSync(files.cert, 'utf8').match(/-----BEGIN CERTIFICATE-----/g)?.length
  return { renew: () => renewPair(est, { files, newKey: false }), asked, files, certificates }
}

test('what is renewed has the authorities above it', async (t) => {
  const { renew, files, certificates } = renewing(t, async () => [issuing.raw])
  await renew()
  assert.notEqual(readFileSync(files.cert, 'utf8'), client.certificate)
  assert.equal(certificates(), 2)
})

test('nothing is renewed where those cannot be told: without them nobody could verify it', async (t) => {
  const { renew, asked, files } = renewing(t, async () => {
    throw new EstError('no answer')
  })
  await assert.rejects(renew(), { message: 'no answer' })
  assert.deepEqual(asked, ['authorities'])
  assert.equal(readFileSync(files.cert, 'utf8'), client.certificate)
})
