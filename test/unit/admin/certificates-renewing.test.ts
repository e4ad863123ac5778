import assert from 'node:assert/strict'
import { test } from 'node:test'
import { administration, partner } from '../../support/administration.ts'
import { createAuthority } from '../../support/authority.ts'

const ROOT = '/api/v1/certificates'
const make = (name: string, clearance = 'ValidUser', more: object = {}) => ({ body: { name, clearance, format: 'json', ...more } })
const code = (answer: Record<string, unknown>) => answer.code

test('a renewal has the names and rights of what it renews, and says so', async (t) => {
  const gate = administration(t)
  await gate.json(201, `POST ${ROOT}`, make('alice', 'ValidUser', { permissions: { Movies: 'ReadWrite' }, names: ['dns:a.example'] }))
  const before = gate.entry('alice')
  const made = await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json', password: 'secret' } })
  const after = made.certificate as Record<string, unknown>
  assert.deepEqual(
    [after.name, after.subject, after.sans, after.permissions],
    ['alice', 'CN=alice', ['dNSName:a.example'], { Movies: 'ReadWrite' }],
  )
  assert.deepEqual([after.predecessor, after.origin], [before.fingerprint, 'renewed'])
  assert.match(made.key as string, /ENCRYPTED PRIVATE KEY/)
  assert.deepEqual((await gate.json(200, `GET ${ROOT}/${before.fingerprint}`)).renewals, [after.fingerprint])
  await gate.json(200, `POST ${ROOT}/${before.fingerprint}/revoke`)
  assert.equal(code(await gate.json(409, `POST ${ROOT}/${before.fingerprint}/renew`)), 'entry_refused')
  const foreign = await partner.issue({ subject: 'CN=f,OU=units' })
  await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: foreign.certificate, name: 'f', clearance: 'ValidUser' } })
  assert.equal(code(await gate.json(409, `POST ${ROOT}/f/renew`)), 'not_renewable')
})

test('a renewal is recognised by the key of the CA that signed, never by the name of one', async (t) => {
  const gate = administration(t)
  const trust = async (certificate: string, name: string) => {
    await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate, name, clearance: 'ValidUser' } })
    return gate.entry(name).issuerKey
  }
  assert.notEqual(await trust((await partner.issue({ subject: 'CN=real' })).certificate, 'real'), null)
  const namesake = await createAuthority('CN=partner')
  const posing = await namesake.issue({ subject: 'CN=posing', authorityKeyId: null })
  assert.equal(await trust(posing.certificate, 'posing'), null)
})

test('a renewal lasts as long as what it renews was made for, unless told otherwise', async (t) => {
  const gate = administration(t)
  const days = ({ certificate }: Record<string, unknown>) => {
    const { not_after, created_at } = certificate as Record<string, string>
    return Math.round((Date.parse(not_after ?? '') - Date.parse(created_at ?? '')) / 86_400_000)
  }
  await gate.json(201, `POST ${ROOT}`, make('alice', 'ValidUser', { days: 30 }))
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json' } })), 30)
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json', days: 90 } })), 90)
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json' } })), 90)
})

test('what ends with the authority before the time that was asked for says so', async (t) => {
  const gate = administration(t)
  const made = await gate.ask(`POST ${ROOT}`, make('alice', 'ValidUser', { days: 100_000 }))
  const { warnings, certificate } = JSON.parse(String(made.body))
  const told = `it ends with the authority, ${certificate.not_after.slice(0, 10)}: before the time that was asked for`
  assert.deepEqual([made.status, made.headers.Warning, warnings], [201, `299 certgate "${told}"`, [told]])
  const zip = await gate.ask(`POST ${ROOT}`, { body: { name: 'zip', clearance: 'ValidUser', days: 100_000 } })
  assert.equal(zip.headers.Warning, `299 certgate "${told}"`)
  const short = await gate.ask(`POST ${ROOT}`, make('bob', 'ValidUser', { days: 10 }))
  assert.deepEqual([short.headers.Warning, JSON.parse(String(short.body)).warnings], [undefined, []])
})

test('a name of a kind that we never certify is not left out of a renewal in silence', async (t) => {
  const gate = administration(t)
  for (const san of ['upn:boss@corp.example', 'dirName:CN=boss', 'rid:1.2.3.4']) {
    const name = `with ${san.slice(0, 3)}`
    const foreign = await partner.issue({ subject: 'CN=f', san: ['dns:f.example', san] })
    await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: foreign.certificate, name, clearance: 'ValidUser' } })
    assert.equal(code(await gate.json(409, `POST ${ROOT}/${encodeURIComponent(name)}/renew`)), 'not_renewable', san)
    assert.equal(gate.store.registry.byName(name).length, 1)
  }
})
