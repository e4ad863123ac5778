/** The keys of the registry, the admin address and the certificate authority, as control acts on them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/errors.ts'
import { FILE, text, told, wired } from './registry-keys-fixture.ts'

describe('trust', () => {
  it('is either where nothing is written, and takes all four words, for names too', () => {
    assert.equal(wired({}).listeners.get('main')?.tls?.trust, 'either')
    for (const mode of ['ca', 'registry', 'either', 'both'] as const) {
      const tls = wired({ tls: `client_ca: ca.crt, trust: ${mode}, names: { a.example: {}, b.example: { trust: ca } }` }).listeners.get(
        'main',
      )?.tls
      assert.deepEqual([tls?.trust, tls?.names.get('a.example')?.trust, tls?.names.get('b.example')?.trust], [mode, mode, 'ca'])
    }
    assert.deepEqual(told({ tls: 'client_ca: ca.crt, trust: regstry' }), [
      'listeners.main.tls.trust: expected one of `ca`, `registry`, `either`, `both` -- did you mean `registry`?',
    ])
  })

  it('needs no client_ca where only the registry counts', () => {
    assert.deepEqual(wired({ tls: 'trust: registry' }).listeners.get('main')?.tls?.clientCa, [])
    for (const mode of ['ca', 'either', 'both']) assert.match(told({ tls: `trust: ${mode}` }).join(), /`client_ca` is missing/)
  })
})

describe('revocation by fetching', () => {
  it('is off where nothing is written', () => {
    const tls = wired({}).listeners.get('main')?.tls
    assert.deepEqual([tls?.crl.fromDistributionPoints, tls?.ocsp], [false, { validate: false, onUnavailable: 'deny' }])
  })

  it('needs no list of its own, is inherited by names, and can differ there', () => {
    const tls = wired({
      tls: `client_ca: ca.crt, crl: { validate: true, from_distribution_points: true }, ocsp: { validate: true, on_unavailable: allow },
        names: { a.example: {}, b.example: { ocsp: { validate: false }, crl: { validate: false } } }`,
    }).listeners.get('main')?.tls
    assert.deepEqual(tls?.crl, { validate: true, files: [], fromDistributionPoints: true, onUnavailable: 'deny' })
    assert.deepEqual(tls?.names.get('a.example')?.ocsp, { validate: true, onUnavailable: 'allow' })
    assert.equal(tls?.names.get('a.example')?.crl.fromDistributionPoints, true)
    assert.deepEqual(tls?.names.get('b.example')?.ocsp, { validate: false, onUnavailable: 'deny' })
    assert.equal(tls?.names.get('b.example')?.crl.fromDistributionPoints, false)
  })

  it('is not half said', () => {
    assert.deepEqual(told({ tls: 'client_ca: ca.crt, crl: { from_distribution_points: true }' }), [
      'listeners.main.tls.crl: revocation lists are named but not checked -- set validate: true',
    ])
    assert.match(told({ tls: 'client_ca: ca.crt, crl: { validate: true }' }).join(), /there is no list to validate against/)
    assert.deepEqual(told({ tls: 'client_ca: ca.crt, ocsp: { valdate: true, on_unavailable: warn }' }), [
      'listeners.main.tls.ocsp.valdate: unknown key `valdate` -- did you mean `validate`?',
      'listeners.main.tls.ocsp.on_unavailable: expected one of `deny`, `allow`',
    ])
  })
})

describe('admin', () => {
  it('takes over the first listener, and prints DNs alike', () => {
    const rest = 'admin: { address: 127.0.0.1:9443, admin_dn: ["cn=root, o=Acme", "CN=second"], server_certificate: deny }'
    assert.deepEqual(wired({ rest }).admin, {
      address: { host: '127.0.0.1', port: 9443 },
      tls: 'main',
      adminDn: ['CN=root,O=Acme', 'CN=second'],
      serverCertificate: 'deny',
      hosts: [],
      serverCertificateIsWritten: true,
      socket: '/conf/data/admin.sock',
      byDefault: false,
    })
  })

  it('has names for browsers: plain ones, in lower case', () => {
    assert.deepEqual(wired({ rest: 'admin: { hosts: [Admin.Example.com, gate.] }' }).admin?.hosts, ['admin.example.com', 'gate'])
    for (const host of ['*.example.com', 'a:9443', 'https://a', 'a b', 'ä.example', '', 'a..b'])
      assert.throws(() => wired({ rest: `admin: { hosts: [${JSON.stringify(host)}] }` }), ConfigError, host)
  })

  it('opens nothing by itself but the socket', () => {
    const bare = { address: null, tls: null, adminDn: [], serverCertificate: 'allow', hosts: [] }
    assert.deepEqual(wired({}).admin, { ...bare, socket: '/conf/data/admin.sock', byDefault: true })
    assert.deepEqual(wired({ rest: 'admin: { socket: a.sock }' }).admin, { ...bare, socket: '/conf/a.sock', byDefault: false })
  })

  it('tells everything that is wrong at once', () => {
    const rest = `admin:
  address: 9443
  tls: [main]
  admin_dn: ["", alice, "CN=*,O", 7]
  server_certificate: maybe`
    assert.deepEqual(told({ rest }), [
      'admin.address: expected an address such as `0.0.0.0:8443` -- say where to listen: `0.0.0.0:9443` for everywhere, `127.0.0.1:9443` for this machine only',
      'admin.tls: expected text, not a list',
      'admin.admin_dn[0]: a DN must not be empty',
      "admin.admin_dn[1]: not a distinguished name: 'alice' has no '=' (character 1) -- write it as `certgate dn` prints it, e.g. CN=alice,OU=ops",
      "admin.admin_dn[2]: not a distinguished name: 'O' has no '=' (character 6) -- write it as `certgate dn` prints it, e.g. CN=alice,OU=ops",
      'admin.admin_dn[3]: expected text, but `7` is read as the number 7 -- quote it: "7"',
      'admin.server_certificate: expected one of `allow`, `deny`',
    ])
  })

  it('takes no DN twice, and asks about one that is the wrong way round', () => {
    assert.deepEqual(told({ rest: 'admin: { admin_dn: ["CN=a,O=x", "cn=a, o=x", "O=x,CN=b"] }' }), [
      'admin.admin_dn[1]: `CN=a,O=x` is there twice',
      'admin.admin_dn[2]: ends in the most specific part: reversed? -- probably meant: CN=b,O=x',
    ])
  })

  it('is never without TLS', () => {
    assert.deepEqual(told({ rest: 'admin: { address: 127.0.0.1:9443, tls: plain }' }), [
      'admin.tls: the listener `plain` has no TLS to take over -- administration is never without certificates',
    ])
    assert.deepEqual(told({ rest: 'admin: { address: 127.0.0.1:9443, tls: mian }' }), [
      'admin.tls: there is no listener `mian` -- did you mean `main`?',
    ])
  })
})

describe('pki and store', () => {
  it('are off, and a file in data', () => {
    const { pki, store } = wired({})
    assert.deepEqual([pki, store], [null, { kind: 'sqlite', file: '/conf/data/certgate.db', byDefault: true, maxStale: 900_000 }])
  })

  it('take addresses and a file, which is written to and so not watched', () => {
    const settings = wired({ rest: 'pki: { http: "0.0.0.0:9080", est: "0.0.0.0:9444" }\nstore: { sqlite: reg.db }' })
    assert.deepEqual(settings.pki, {
      http: { host: '0.0.0.0', port: 9080 },
      est: { host: '0.0.0.0', port: 9444 },
      estPasswords: 'deny',
    })
    assert.deepEqual(settings.store, { kind: 'sqlite', file: '/conf/reg.db', byDefault: false, maxStale: 900_000 })
    assert.ok(!settings.watchedFiles.includes('/conf/reg.db'))
    assert.deepEqual(wired({ rest: 'pki: { est: "0.0.0.0:9444" }' }).pki?.http, null)
  })

  it('have an authority beside the configuration, whether or not anything is opened', () => {
    const authority = { source: { kind: 'folder', folder: '/conf/ca' }, url: null, crlLifetime: 7 * 86_400_000, crlFolder: '/conf/ca/crl' }
    assert.deepEqual(wired({}).authority, authority)
    assert.deepEqual(wired({ rest: 'pki: { http: 127.0.0.1:9080 }' }).authority, authority)
  })

  it('take another folder, or a CA with its key, whose files are watched', () => {
    const folder = wired({
      rest: 'pki: { http: "127.0.0.1:0", authority: { folder: other }, url: "http://pki.example/base/", crl_lifetime: 36h }',
    })
    assert.deepEqual(folder.authority, {
      source: { kind: 'folder', folder: '/conf/other' },
      url: 'http://pki.example/base',
      crlLifetime: 36 * 3_600_000,
      crlFolder: '/conf/other/crl',
    })
    const own = wired({ rest: 'pki: { authority: { cert: own.crt, key: own.key, passphrase: secret } }' })
    const certificate = { pfx: null, password: null, cert: '/conf/own.crt', key: '/conf/own.key', passphrase: 'secret' }
    assert.deepEqual(own.authority?.source, { kind: 'own', certificate })
    assert.ok(own.watchedFiles.includes('/conf/own.key'))
  })

  it('are told what does not go together in an authority', () => {
    assert.deepEqual(told({ rest: 'pki: { authority: { folder: ca, key: x.key }, url: "ftp://a/?b", crl_lifetime: 1s }' }), [
      'pki.authority.key: both a folder and files are named -- keep one',
      'pki.url: expected an address such as `http://pki.example`',
      'pki.crl_lifetime: expected 10s or more',
    ])
    assert.deepEqual(told({ rest: 'pki: { authority: { pfx: a.pfx, passphrase: x }, url: "http://a/?b" }' }), [
      "pki.authority.passphrase: `passphrase` belongs to a PEM key; a PFX file's is `password`",
      'pki.url: this address stands in every certificate: no user, query or fragment',
    ])
    assert.deepEqual(told({ rest: 'pki: { authority: {} }' }), [
      'pki.authority: no certificate is named -- write { cert: FILE, key: FILE } or { pfx: FILE, password: ... }',
    ])
  })

  it('are told what is wrong with them; a shared store stays for a later version', () => {
    assert.deepEqual(told({ rest: 'pki: {}\nstore: { sqlite: "", postgres: "postgres://x" }' }), [
      'pki: nothing is opened by an empty `pki` -- name `http`, `est` or both, or remove it',
      'store.sqlite: a file must not be empty',
      'store.postgres: `postgres` is not in this version -- remove it: it would change nothing',
    ])
  })
})

describe('enrolment', () => {
  it('takes passwords only where that is written', () => {
    assert.equal(wired({ rest: 'pki: { est: 127.0.0.1:9444, est_passwords: allow }' }).pki?.estPasswords, 'allow')
    assert.deepEqual(told({ rest: 'pki: { est: 127.0.0.1:9444, est_passwords: maybe }' }), [
      'pki.est_passwords: expected one of `allow`, `deny`',
    ])
  })

  it('needs a listener whose certificate it can take', () => {
    const plain = text({ rest: 'pki: { est: 127.0.0.1:9444 }' }).replace(/ {2}main: .*\n/, '')
    assert.throws(
      () => parseConfig(plain, FILE, { env: {}, unwired: [] }),
      ({ problems }: ConfigError) => problems.some(({ path, message }) => path === 'pki.est' && message.startsWith('no listener has TLS')),
    )
  })
})

describe('addresses', () => {
  it('open one thing each', () => {
    const rest = `telemetry: { address: 127.0.0.1:8443 }
admin: { address: 127.0.0.1:9443 }
pki: { http: 127.0.0.1:9443, est: 127.0.0.1:8080 }`
    assert.deepEqual(told({ rest }), [
      'telemetry.address: the listener `main` has this address already',
      'pki.http: `admin.address` has this address already',
      'pki.est: the listener `plain` has this address already',
    ])
    assert.deepEqual(told({ rest: 'admin: { address: 127.0.0.1:0 }\npki: { http: 127.0.0.1:0 }' }), [])
  })
})
