import assert from 'node:assert/strict'
import { hash, X509Certificate } from 'node:crypto'
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { issueServer } from '../../src/certificates/issue.ts'
import { issuerKeyId } from '../../src/certificates/issuer.ts'
import { createAuthority } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Initialized, initialized } from '../support/initialized.ts'
import type { Lifetime } from '../support/lifetime.ts'

// The promise: a server certificate of our own authority is replaced in time, recorded first, and nobody notices; others are left alone.

const DAY = 86_400_000

/** The certificate that the listener shows to a client that trusts this. */
async function shown(t: Lifetime, port: number, ca: string): Promise<X509Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate>()
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca }, () => {
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) reject(new Error('no certificate'))
    else resolve(certificate)
    socket.end()
  })
  socket.once('error', reject)
  t.after(() => socket.destroy())
  return promise
}

/** Puts a certificate of 30 days there that has so many days left. */
async function ageing(gate: Initialized, left: number): Promise<X509Certificate> {
  const names = ['localhost', '127.0.0.1', '*.gate.example']
  const now = Date.now() - (30 - left) * DAY
  const issuer = gate.issuer()
  // The authority has to have been there already.
  const since = { ...issuer, facts: { ...issuer.facts, notBefore: now - DAY } }
  const issued = await issueServer(since, { commonName: 'gate', names, days: 30, now, keyType: 'rsa' })
  gate.write('server.crt', issued.certificate)
  gate.write('server.key', issued.key)
  return new X509Certificate(issued.der)
}

test('at two thirds of its life: same names, same kind of key, another key, recorded and audited', async (t) => {
  const gate = await initialized(t)
  const old = await ageing(gate, 9)
  chmodSync(join(gate.folder, 'server.key'), 0o640)
  const { program, client } = await gate.start()
  const early = client()
  assert.equal((await early.ask('/before')).status, 200)
  const fresh = await eventually('the new certificate', async () => {
    const certificate = await shown(t, program.port, gate.read('ca/ca.crt'))
    return certificate.fingerprint256 !== old.fingerprint256 && certificate
  })
  assert.equal(fresh.subject, old.subject)
  assert.equal(fresh.subjectAltName, old.subjectAltName)
  assert.deepEqual(
    [fresh.publicKey.asymmetricKeyType, fresh.publicKey.asymmetricKeyDetails?.modulusLength],
    ['rsa', old.publicKey.asymmetricKeyDetails?.modulusLength],
  )
  assert.ok(!fresh.publicKey.equals(old.publicKey))
  assert.ok(Math.abs(fresh.validToDate.getTime() - Date.now() - 30 * DAY) < DAY / 2)
  assert.equal((await early.ask('/after')).status, 200)

  const store = gate.store()
  const fingerprint = hash('sha256', fresh.raw, 'hex')
  const [audited] = store.audit.read({ filter: { action: 'server.renew' } })
  assert.deepEqual([audited?.target, audited?.actor.name, audited?.details.replaces], [fingerprint, 'certgate', old.serialNumber])
  assert.ok(store.issuance.byFingerprint(fingerprint) !== null)
  // It was issued before there was a record of it.
  assert.ok(store.issuance.find(issuerKeyId(gate.issuer()), old.serialNumber) !== null)
  assert.equal(statSync(join(gate.folder, 'server.key')).mode & 0o777, 0o640)
  await eventually('the old one gone from the file', () => gate.read('server.crt').split('BEGIN').length - 1 === 2)
  assert.equal(store.audit.read({ filter: { action: 'server.renew' } }).length, 1)
})

test('at once where it was issued while the clock was ahead', async (t) => {
  const gate = await initialized(t)
  const early = await ageing(gate, 50)
  assert.ok(early.validFromDate.getTime() > Date.now() + DAY)
  const { program } = await gate.start()
  await program.line(/the server certificate is not valid yet: was the clock set back\?/)
  const fresh = await eventually('one that is valid', () => shown(t, program.port, gate.read('ca/ca.crt')).catch(() => null))
  assert.ok(fresh.validFromDate.getTime() <= Date.now())
})

test('not before that', async (t) => {
  const gate = await initialized(t)
  const old = await ageing(gate, 11)
  const { program } = await gate.start()
  // The first look at it has been, and is recorded.
  await eventually('it being recorded', () => gate.store().issuance.find(issuerKeyId(gate.issuer()), old.serialNumber) !== null)
  assert.equal((await shown(t, program.port, gate.read('ca/ca.crt'))).fingerprint256, old.fingerprint256)
})

test('never one of another authority, which is only warned of', async (t) => {
  const gate = await initialized(t)
  const foreign = await createAuthority('CN=foreign root')
  const server = await foreign.server(['localhost'])
  gate.write('server.crt', server.chain)
  gate.write('server.key', server.key)
  const { program } = await gate.start()
  await program.line(/the server certificate ends in \d+ (h|days)/)
  assert.equal(gate.store().audit.read({ filter: { action: 'server.renew' } }).length, 0)
  assert.equal((await shown(t, program.port, foreign.certificate)).fingerprint256, new X509Certificate(server.certificate).fingerprint256)
})

/** As the configuration has it: `names` under the certificate of the listener. */
function name(gate: Initialized, names: readonly string[] | null): void {
  const text = gate.read('certgate.yml').replace(/^ {8}names: .*\n/m, '')
  const line = names === null ? '' : `        names: ${JSON.stringify(names)}\n`
  gate.write(
    'certgate.yml',
    text.replace(/^ {8}key: server\.key\n/m, (key) => key + line),
  )
}

test('for the names of the configuration as soon as they are others, and only then', async (t) => {
  const gate = await initialized(t)
  const { program, client } = await gate.start()
  const early = client()
  assert.equal((await early.ask('/before')).status, 200)
  const before = await shown(t, program.port, gate.read('ca/ca.crt'))
  const names = ['localhost', 'Db.example', '*.gate.example', '2001:DB8::0001', '10.0.0.7', 'a_b']
  name(gate, names)
  const fresh = await eventually('the new names', async () => {
    const certificate = await shown(t, program.port, gate.read('ca/ca.crt'))
    return certificate.fingerprint256 !== before.fingerprint256 && certificate
  })
  assert.equal(
    fresh.subjectAltName,
    'DNS:localhost, DNS:db.example, DNS:*.gate.example, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:10.0.0.7, DNS:a_b',
  )
  assert.equal((await early.ask('/after')).status, 200)
  const renewals = () => gate.store().audit.read({ filter: { action: 'server.renew' } })
  assert.deepEqual(
    renewals().map(({ details }) => details.why),
    ['the configuration names it otherwise'],
  )
  // In another order and spelling they are the same, and without the key it stays as it is: both are looked at, and nothing comes of it.
  for (const same of [[...names, '2001:db8::1'].reverse().map((one) => one.toLowerCase()), null]) {
    name(gate, same)
    await program.line(/"snapshot":\d+.*taken up|configuration/)
  }
  name(gate, ['localhost'])
  await eventually('one name', async () => (await shown(t, program.port, gate.read('ca/ca.crt'))).subjectAltName === 'DNS:localhost')
  assert.equal(renewals().length, 2)
})

test('names of a certificate that is not ours change nothing, and the log says so', async (t) => {
  const gate = await initialized(t)
  const foreign = await createAuthority('CN=foreign root')
  const server = await foreign.server(['localhost'])
  gate.write('server.crt', server.chain)
  gate.write('server.key', server.key)
  name(gate, ['localhost', 'db.example'])
  const { program } = await gate.start()
  await program.line(/the `names` of .*server\.crt change nothing: it is not of this authority/)
  assert.equal((await shown(t, program.port, foreign.certificate)).fingerprint256, new X509Certificate(server.certificate).fingerprint256)
})
