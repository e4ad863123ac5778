import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { MaterialError } from '../../../src/errors.ts'
import { loadUpstreamMaterial } from '../../../src/tls/material.ts'
import { encryptKey, selfSigned } from '../../support/authority.ts'
import { clients, deep, files, load, middle, noPfx, past, problem, root, server, subjects } from './material-fixture.ts'

test('good files make material: a chain, normal PEM, fresh ticket keys', (t) => {
  const { listener } = files(t)
  const { material, problems } = load(listener())
  assert.deepEqual(problems, [])
  assert.ok(material)
  assert.deepEqual(subjects(material.keyPair.certificate), ['CN=server', 'CN=root'])
  assert.match(material.keyPair.key, /^-----BEGIN PRIVATE KEY-----/)
  assert.deepEqual(material.clientCa, [clients.certificate])
  assert.equal(material.ticketKeys.length, 48)
  assert.notDeepEqual(load(listener()).material?.ticketKeys, material.ticketKeys)
})

test('the chain is put in order, completed from other files, and ends below the root unless that is the only issuer', (t) => {
  const { listener, source, write } = files(t)
  const chain = (cert: string, clientCa = clients.certificate) =>
    subjects(
      load(listener({ certificate: source({ cert: write(cert), key: write(deep.key) }), clientCa: [write(clientCa)] })).material?.keyPair
        .certificate ?? '',
    )
  const whole = ['CN=server', 'CN=middle']
  assert.deepEqual(chain(deep.certificate + middle.certificate), whole)
  assert.deepEqual(chain(root.certificate + middle.certificate + clients.certificate + deep.certificate), whole)
  assert.deepEqual(chain(deep.certificate, root.certificate + middle.certificate), whole)
})

test('certificate and key may be DER, share a file, or be encrypted in either way', (t) => {
  const { listener, source, write } = files(t)
  const legacy = server.keyObject.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' }).toString()
  assert.match(legacy, /DEK-Info/)
  const both = write(server.key + server.certificate)
  for (const certificate of [
    source({ cert: write(server.der), key: write(server.keyObject.export({ type: 'pkcs8', format: 'der' })) }),
    source({ cert: write(server.der), key: write(server.keyObject.export({ type: 'sec1', format: 'der' })) }),
    source({ cert: both, key: both }),
    source({ cert: both }),
    source({ cert: write(server.certificate), key: write(encryptKey(server, 'secret')), passphrase: 'secret' }),
    source({ cert: write(server.certificate), key: write(legacy), passphrase: 'secret' }),
  ]) {
    const { material, problems } = load(listener({ certificate, clientCa: [write(root.certificate)] }))
    assert.deepEqual(problems, [])
    assert.equal(new X509Certificate(material?.keyPair.certificate ?? '').subject, 'CN=server')
  }
})

test('a PFX file goes through the reader with its password, and what it throws is reported', (t) => {
  const { listener, source, write } = files(t)
  const certificate = source({ pfx: write('pfx bytes', 'server.pfx'), password: 'secret' })
  const asked: unknown[] = []
  const { material } = load(listener({ certificate }), (bytes, password) => {
    asked.push(bytes.toString(), password)
    return { certificate: deep.certificate + middle.certificate, key: deep.key }
  })
  assert.deepEqual(asked, ['pfx bytes', 'secret'])
  assert.deepEqual(subjects(material?.keyPair.certificate ?? ''), ['CN=server', 'CN=middle'])
  const wrong = problem(listener({ certificate }), (_bytes, _password, file) => {
    throw new MaterialError(file, 'the password does not open the PFX file')
  })
  assert.equal(wrong, 'error listeners.main.tls.certificate.pfx the password does not open the PFX file')
})

test('each fault of certificate and key has its own words, and never tells a secret', async (t) => {
  const { listener, source, write, folder } = files(t)
  const cert = write(server.certificate + root.certificate, 'server.crt')
  const encrypted = write(encryptKey(server, 'secret'), 'encrypted.key')
  const weak = await root.server(['a.test'], { keyType: 'rsa1024' })
  for (const [certificate, message] of [
    [source({ cert, key: write(deep.key, 'other.key') }), /the private key .*other\.key does not fit the certificate .*server\.crt$/],
    [source({ cert, key: encrypted }), /the private key .*encrypted\.key is encrypted, and no passphrase is given$/],
    [source({ cert, key: encrypted, passphrase: 'wrong!' }), /the passphrase does not open the private key .*encrypted\.key$/],
    [source({ cert, key: cert }), /server\.crt holds no private key$/],
    [source({ cert, key: write(server.key + deep.key, 'two.key') }), /two\.key holds 2 private keys$/],
    [
      source({ cert, key: write('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'bad.key') }),
      /bad\.key cannot be read as a private key$/,
    ],
    [source({ cert: `${folder.path}/none.crt`, key: encrypted }), /cannot read .*none\.crt: no such file$/],
    [source({ cert: write('', 'empty.crt'), key: encrypted }), /empty\.crt is empty$/],
    [source({ cert: write('hello', 'text.crt'), key: encrypted }), /text\.crt holds no certificate$/],
    [
      source({ cert: write(weak.certificate, 'weak.crt'), key: write(weak.key) }),
      /weak\.crt has an RSA key of 1024 bits, which is too weak$/,
    ],
    [source({}), /no certificate is named$/],
  ] as const) {
    const found = problem(listener({ certificate }))
    assert.match(found, /^error listeners\.main\.tls\.certificate(\.cert|\.key)? /)
    assert.match(found, message)
    assert.doesNotMatch(found, /secret|wrong!/)
  }
})

test('a server certificate that clients will refuse is a warning', async (t) => {
  const { listener, source, write } = files(t)
  const problemOf = async (options: Parameters<typeof root.server>[1], suffix = root.certificate) => {
    const issued = await root.server(['a.test'], options)
    return problem(listener({ certificate: source({ cert: write(issued.certificate + suffix, 'server.crt'), key: write(issued.key) }) }))
  }
  assert.match(
    await problemOf({ notAfter: past(1) }),
    /^warning .*tls\.certificate the certificate CN=server in .* expired 20.*: clients will refuse it$/,
  )
  assert.match(await problemOf({ notBefore: past(-1) }), /is not valid before 20/)
  assert.match(await problemOf({ eku: ['clientAuth'] }), /is not for servers/)
  assert.match(await problemOf({ hash: 'sha1' }), /server\.crt has a signature with SHA-1: clients will refuse it$/)
  assert.match(await problemOf({}, ''), /the issuer of the certificate .*server\.crt is nowhere to be found/)
})

test('a self-signed server certificate needs no issuer', async (t) => {
  const { listener, source, write } = files(t)
  const own = await selfSigned({ subject: 'CN=own', eku: ['serverAuth'] })
  assert.deepEqual(load(listener({ certificate: source({ cert: write(own.certificate), key: write(own.key) }) })).problems, [])
})

test('all problems come at once, those of inherited files once and at the listener', (t) => {
  const { listener, trust, source, write } = files(t)
  const bad = write('garbage', 'bad.pem')
  const own = listener({ clientCa: [bad], certificate: source({ cert: bad, key: bad }) })
  const inherited = trust({ clientCa: own.clientCa, certificate: own.certificate })
  const { material, problems } = load({
    ...own,
    names: new Map([
      ['db.example', inherited],
      ['*.x', trust({ clientCa: [write('')] })],
    ]),
  })
  assert.equal(material, null)
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['listeners.main.tls.certificate.cert', 'listeners.main.tls.client_ca[0]', 'listeners.main.tls.names["*.x"].client_ca[0]'],
  )
})

test('every SNI name gets its own material', (t) => {
  const { listener, trust, write } = files(t)
  const { material } = load(listener({ names: new Map([['a.test', trust({ clientCa: [write(root.certificate)] })]]) }))
  assert.deepEqual([material?.clientCa, material?.names.get('a.test')?.clientCa], [[clients.certificate], [root.certificate]])
})

test('upstreams: CAs, a client certificate, or the system roots where no CA is named', (t) => {
  const { source, write } = files(t)
  const certificate = source({ cert: write(deep.chain), key: write(deep.key) })
  const own = loadUpstreamMaterial({ ca: [write(root.certificate)], certificate, serverName: 'a.test' }, 'upstreams.x.tls', noPfx)
  assert.deepEqual(own.problems, [])
  assert.deepEqual([own.material?.ca, own.material?.serverName], [[root.certificate], 'a.test'])
  assert.deepEqual(subjects(own.material?.keyPair?.certificate ?? ''), ['CN=server', 'CN=middle'])
  const system = loadUpstreamMaterial({ ca: null, certificate: null, serverName: null }, 'upstreams.x.tls', noPfx)
  assert.deepEqual(system, { material: { ca: null, keyPair: null, serverName: null }, problems: [] })
  const garbage = loadUpstreamMaterial({ ca: [write('garbage')], certificate: null, serverName: null }, 'upstreams.x.tls', noPfx)
  assert.deepEqual([garbage.material, garbage.problems[0]?.path], [null, 'upstreams.x.tls.ca[0]'])
  const empty = loadUpstreamMaterial({ ca: [], certificate: null, serverName: null }, 'upstreams.x.tls', noPfx)
  assert.deepEqual([empty.material, empty.problems[0]?.path], [null, 'upstreams.x.tls.ca'])
})
