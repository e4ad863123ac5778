import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type QuickFlags, settingsFromFlags } from '../../../src/config/flags.ts'
import { UsageError } from '../../../src/errors.ts'

const FLAGS: QuickFlags = {
  directory: '/here',
  listen: '0.0.0.0:8443',
  upstream: 'http://127.0.0.1:9100',
  cert: 's.crt',
  key: 's.key',
  clientCa: ['ca.crt'],
  allowCn: ['prometheus'],
  allowDn: [],
  allowOu: [],
}

describe('settingsFromFlags', () => {
  it('gives one listener, one upstream, one route and one clientcert domain', () => {
    const { settings, mapping, users } = settingsFromFlags(FLAGS)
    const main = settings.listeners.get('main')
    assert.deepEqual(main?.address, { host: '0.0.0.0', port: 8443 })
    assert.equal(main?.tls?.clientauthMode, 'REQUIRE')
    assert.deepEqual(main?.tls?.clientCa, ['/here/ca.crt'])
    assert.equal(main?.tls?.certificate.key, '/here/s.key')
    assert.equal(settings.upstreams.get('upstream')?.targets[0]?.url, 'http://127.0.0.1:9100')
    assert.deepEqual(settings.routes[0]?.allow, [{ kind: 'role', role: 'allowed' }])
    assert.deepEqual(mapping.entries[0]?.users, [{ value: 'prometheus', line: 1 }])
    const [domain] = settings.auth.domains
    assert.equal(domain?.type === 'clientcert' && domain.usernameAttribute, 'cn')
    assert.deepEqual(users, [])
    assert.deepEqual(settings.watchedFiles, ['/here/s.crt', '/here/s.key', '/here/ca.crt'])
    assert.deepEqual(structuredClone(settings), settings)
    assert.ok(Object.isFrozen(settings.routes[0]) && Object.isFrozen(mapping.entries[0]))
  })

  it('names users by DN where only DNs are allowed, and takes units as backend roles', () => {
    const { settings, mapping } = settingsFromFlags({ ...FLAGS, allowCn: [], allowDn: ['CN=a,OU=b', '*,OU=ops'], allowOu: ['dev'] })
    const [domain] = settings.auth.domains
    assert.deepEqual(domain?.type === 'clientcert' && [domain.usernameAttribute, domain.rolesAttribute], [null, 'dn:ou'])
    assert.deepEqual(mapping.entries[0]?.backendRoles, [{ value: 'dev', line: 1 }])
  })

  it('tells by which flag an unusable file was named', () => {
    const { document } = settingsFromFlags(FLAGS)
    const { file, hint } = document.problem('listeners.main.tls.client_ca[0]', 'cannot read the file')
    assert.deepEqual([file, hint], ['command line', 'it was named by --client-ca'])
    assert.equal(document.problem('listeners.main.tls.certificate.key', 'x', { hint: 'y' }).hint, 'y')
  })

  it('lets everybody under the CA in only when told so', () => {
    assert.throws(() => settingsFromFlags({ ...FLAGS, allowCn: [] }), { code: 'usage', message: 'nobody is allowed', hint: /--allow-all/ })
    const { settings } = settingsFromFlags({ ...FLAGS, allowCn: [], allowAll: true })
    assert.deepEqual(settings.routes[0]?.allow, [{ kind: 'authenticated' }])
  })

  for (const [what, flags, message] of [
    ['no --listen', { listen: undefined }, /missing --listen/],
    ['no --upstream', { upstream: undefined }, /missing --upstream/],
    ['no --cert', { cert: undefined }, /missing --cert/],
    ['no --key', { key: undefined }, /missing --key/],
    ['no --client-ca', { clientCa: [] }, /missing --client-ca/],
    ['a port alone', { listen: '8443' }, /--listen: expected an address/],
    ['a bad upstream', { upstream: 'ftp://x' }, /--upstream: .*not a target/],
    ['a PFX beside PEM', { pfx: 's.pfx' }, /--pfx goes without/],
    ['a DN as a common name', { allowCn: ['CN=x,O=y'] }, /looks like a DN/],
    ['a name as a DN', { allowDn: ['alice'] }, /is not a DN/],
    ['everybody as a DN', { allowDn: ['*'] }, /names no attribute/],
    ['a blank name', { allowCn: [' '] }, /--allow-cn needs a value/],
    ['a broken regex', { allowOu: ['/(/'] }, /--allow-ou: the regular expression/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => settingsFromFlags({ ...FLAGS, ...flags }),
        (error) => error instanceof UsageError && message.test(error.message),
      )
    })
  }
})
