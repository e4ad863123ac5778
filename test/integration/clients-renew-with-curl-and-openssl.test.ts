import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type EnrollingGateway, startEnrolment } from '../support/enrolment.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent } from '../support/outside-program.ts'

// The promise: whoever has a certificate renews it with itself, and gets no other name, no other rights and no longer life by that; and a
// certificate that is refused brings nothing.

const skip = absent('curl', 'openssl')
const PKCS10 = ['-H', 'Content-Type: application/pkcs10', '--data-binary']

describe('renewal over EST with the current certificate', { skip }, () => {
  let gate: EnrollingGateway
  const lifetime = fileLifetime()
  before(async () => {
    gate = await startEnrolment(lifetime)
    await gate.request('web1', '/CN=web1')
  })

  const refused = (since: number) =>
    gate.store.audit
      .read({ after: since, filter: { action: 'certificate.enrol' } })
      .map(({ outcome, details }) => [outcome, details.reason])
  const registered = (name: string) => gate.store.registry.byName(name)

  const post = (name: string, csr: string, ...more: string[]) =>
    gate.curl('--cert', `${name}.crt`, '--key', `${name}.key`, ...PKCS10, `@${csr}`, ...more, `${gate.est}/simplereenroll`)
  const made = async (name: string, lifetime: number | null = null) => {
    await gate.request(name, `/CN=${name}`)
    assert.equal((await gate.enrol(name, gate.token(name, { lifetime }))).status, 200)
    return registered(name)[0]?.fingerprint ?? ''
  }

  test('gives the same name, rights and length of life, for the same key and for a new one', async () => {
    const first = await made('renewer', 5 * 86_400_000)
    gate.store.registry.edit(
      first,
      { clearance: 'Operator', permissions: new Map([['movies', 'Read']]) },
      { name: 'cli', fingerprint: null },
    )
    const same = await post('renewer', 'renewer.csr')
    assert.equal(same.status, 200, same.body)
    await gate.request('renewer-new', '/CN=renewer')
    const fresh = await post('renewer', 'renewer-new.csr')
    assert.equal(fresh.status, 200, fresh.body)
    const [, ...renewals] = registered('renewer')
    assert.equal(renewals.length, 2)
    for (const { predecessor, clearance, permissions, origin, notAfter } of renewals) {
      assert.deepEqual([predecessor, clearance, [...permissions], origin], [first, 'Operator', [['movies', 'Read']], 'renewed'])
      assert.ok(Math.abs(notAfter - Date.now() - 5 * 86_400_000) < 120_000)
    }
    assert.notEqual(renewals[0]?.pin, renewals[1]?.pin)
  })

  test('takes no other subject and no other names', async () => {
    await made('steady')
    for (const [subject, ...more] of [['/CN=admin'], ['/O=Acme/CN=steady'], ['/CN=steady', '-addext', 'subjectAltName=DNS:x.example']]) {
      await gate.request('other', subject ?? '', ...more)
      const { status, body } = await post('steady', 'other.csr')
      assert.equal(status, 400, body)
    }
    assert.equal(registered('steady').length, 1)
  })

  test('is refused without a certificate, and with one that is disabled, revoked, removed or foreign', async () => {
    const cli = { name: 'cli', fingerprint: null }
    assert.equal((await gate.curl(...PKCS10, '@web1.csr', `${gate.est}/simplereenroll`)).status, 401)
    const { sequence } = gate.store.audit.head()
    const { registry } = gate.store
    for (const [name, change] of [
      ['disabled', (fingerprint: string) => registry.disable(fingerprint, cli)],
      ['revoked', (fingerprint: string) => registry.revoke(fingerprint, 'keyCompromise', cli)],
      ['removed', (fingerprint: string) => registry.remove(fingerprint, cli)],
    ] as const) {
      change(await made(name))
      const before = registered(name).length
      assert.equal((await post(name, `${name}.csr`)).status, 403, name)
      await gate.request(`${name}-key`, `/CN=${name}`)
      assert.equal((await post(name, `${name}-key.csr`)).status, 403, name)
      assert.equal(registered(name).length, before)
    }
    await gate.openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'foreign.key',
      '-subj',
      '/CN=web1',
      '-out',
      'foreign.crt',
    )
    assert.equal((await post('foreign', 'web1.csr')).status, 403)
    assert.ok(refused(sequence).every(([outcome, reason]) => outcome === 'refused' && reason === 'certificate_refused'))
    assert.equal(refused(sequence).length, 7)
  })

  test('a certificate that is refused brings no token through either', async () => {
    await gate.request('with-foreign', '/CN=with-foreign')
    const args = ['--cert', 'foreign.crt', '--key', 'foreign.key', '-u', `token:${gate.token('with-foreign')}`]
    const answer = await gate.curl(...args, ...PKCS10, '@with-foreign.csr', `${gate.est}/simpleenroll`)
    assert.deepEqual([answer.status, registered('with-foreign').length], [403, 0])
  })
})
