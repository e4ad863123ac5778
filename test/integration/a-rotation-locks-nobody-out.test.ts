import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { issueClient } from '../../src/certificates/issue.ts'
import { issuerKeyId } from '../../src/certificates/issuer.ts'
import { askApi } from '../../src/control/administration/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { askPlain } from '../support/https-client.ts'
import { initialized } from '../support/initialized.ts'
import { absent, run } from '../support/outside-program.ts'

// The promise: during the overlap old and new certificates pass, and who trusts only the old root still reaches the gateway; afterwards only
// the new ones and the new root count. The running gateway takes all of it up by itself.

const skip = absent('openssl')
const DAY = 86_400_000
/** Long enough for what is asked during it. */
const OVERLAP = 15_000

test('old and new during the overlap, only the new afterwards', { skip }, async (t) => {
  // Only the chain counts here: the registry would go on accepting what it has.
  const gate = await initialized(t)
  const text = gate.read('certgate.yml')
  gate.write('certgate.yml', text.replace('clientauth_mode: REQUIRE', 'clientauth_mode: REQUIRE\n      trust: ca'))
  const oldRoot = gate.read('ca/ca.crt')
  const oldIssuer = gate.issuer()
  const { program, pki, client } = await gate.start()
  const admin = { cert: gate.read('clients/admin.crt'), key: gate.read('clients/admin.key') }
  assert.equal((await client(admin, oldRoot).ask('/')).status, 200)

  const body = JSON.stringify({ overlap_days: OVERLAP / DAY })
  const rotated = await askApi(join(gate.folder, 'admin.sock'), { method: 'POST', path: '/api/v1/ca/rotate', body })
  const answer = JSON.parse(Buffer.concat(await Array.fromAsync(rotated.body)).toString())
  assert.equal(rotated.status, 201, JSON.stringify(answer))
  const overlapUntil = Date.parse(answer.rotation.overlap_until)
  const newIssuer = gate.issuer()
  assert.ok(!newIssuer.certificate.publicKey.equals(oldIssuer.certificate.publicKey))
  const newRoot = gate.read('ca/ca.crt').replace(oldRoot, '')
  const issued = await issueClient(newIssuer, { commonName: 'admin', days: 1 })
  const young = { cert: issued.certificate, key: issued.key }
  await eventually('the new one being accepted', async () => (await client(young, gate.read('ca/ca.crt')).ask('/')).status === 200)
  assert.equal((await client(admin, oldRoot).ask('/')).status, 200)

  // The server certificate is the new authority's now, and verifies for who knows the old root alone.
  const serial = await eventually('the new server certificate', () => {
    const certificate = new X509Certificate(gate.read('server.crt'))
    return certificate.checkIssued(newIssuer.certificate) && certificate.serialNumber
  })
  gate.write('old.crt', oldRoot)
  gate.write('new.crt', newRoot)
  const sClient = async (root: string) => {
    const args = [
      's_client',
      '-connect',
      `127.0.0.1:${program.port}`,
      '-servername',
      'localhost',
      '-CAfile',
      root,
      '-verify_return_error',
      '-verify_hostname',
      'localhost',
    ]
    const { text: out, stderr } = await run('openssl', args, { cwd: gate.folder, input: '' })
    return out + stderr
  }
  const underOld = await eventually('it being shown', async () => {
    const out = await sClient('old.crt')
    return out.includes('Verify return code: 0 (ok)') && out
  })
  assert.equal(new X509Certificate(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/.exec(underOld)?.[0] ?? '').serialNumber, serial)
  assert.match(await sClient('ca/ca.crt'), /Verify return code: 0 \(ok\)/)
  for (const issuer of [oldIssuer, newIssuer])
    await eventually('its list', async () => (await askPlain(`${pki}/crl/${issuerKeyId(issuer)}.crl`)).status === 200)
  assert.equal(Date.now() < overlapUntil, true, 'the machine was too slow for this test')

  await eventually('the end of the overlap', () => gate.read('ca/ca.crt') === newRoot, 60_000)
  await eventually('the old one being refused', async () => {
    const { status, text: body } = await client(admin, newRoot).ask('/')
    return status === 403 && body.includes('certificate_unknown_issuer')
  })
  assert.equal((await client(young, newRoot).ask('/')).status, 200)
  await eventually('the chain without the old root', async () => (await sClient('new.crt')).includes('Verify return code: 0 (ok)'))
  // Nothing of it is over for those who ask about what the old one issued.
  assert.equal((await askPlain(`${pki}/crl/${issuerKeyId(oldIssuer)}.crl`)).status, 200)
})
