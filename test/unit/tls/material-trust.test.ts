import assert from 'node:assert/strict'
import test from 'node:test'
import { createAuthority, selfSigned } from '../../support/authority.ts'
import { clients, files, load, middle, past, problem, root, server } from './material-fixture.ts'

test('client CAs: missing, empty, garbage, cut off or no CA is an error; the system roots never stand in', async (t) => {
  const { listener, write, folder } = files(t)
  const leaf = await clients.issue({ subject: 'CN=alice' })
  const v1 = await selfSigned({ subject: 'CN=old', bare: true })
  const mute = await createAuthority('mute', { keyUsage: ['cRLSign'] })
  for (const [file, message] of [
    [write('', 'empty.pem'), /empty\.pem is empty$/],
    [write('garbage', 'garbage.pem'), /garbage\.pem holds no certificate$/],
    [write(server.key, 'key.pem'), /key\.pem holds no certificate$/],
    [write(clients.certificate + clients.certificate.slice(0, 200), 'cut.pem'), /block 2 \(CERTIFICATE\) of .*cut\.pem does not end/],
    [
      write(`${clients.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, 'half.pem'),
      /certificate 2 of .*half\.pem cannot be read/,
    ],
    [write(leaf.certificate, 'leaf.pem'), /CN=alice in .*leaf\.pem is not a CA certificate$/],
    [write(v1.certificate, 'v1.pem'), /CN=old in .*v1\.pem is not a CA certificate$/],
    [write(mute.certificate, 'mute.pem'), /CN=mute in .*mute\.pem is not a CA certificate$/],
    [write((await createAuthority([])).certificate, 'nameless.pem'), / a CA in .*nameless\.pem has no name$/],
    [`${folder.path}/none.pem`, /cannot read .*none\.pem: no such file$/],
  ] as const) {
    const found = problem(listener({ clientCa: [file] }))
    assert.match(found, /^error listeners\.main\.tls\.client_ca\[0\] /)
    assert.match(found, message)
  }
  assert.match(
    problem(listener({ clientCa: [] })),
    /^error listeners\.main\.tls\.client_ca client certificates are asked for, but no CA is named/,
  )
  assert.deepEqual(load(listener({ clientCa: [], clientauthMode: 'NONE' })).problems, [])
  const registered = load(listener({ clientCa: [], trust: 'registry' }))
  assert.deepEqual([registered.problems, registered.material?.trust], [[], 'registry'])
})

test('client CAs that trust nobody are warned of', async (t) => {
  const { listener, write } = files(t)
  const problemOf = (pem: string) => problem(listener({ clientCa: [write(pem)] }))
  assert.match(
    problemOf((await createAuthority('old', { notAfter: past(1) })).certificate),
    /^warning .*client_ca\[0\] the CA CN=old in .* expired 20/,
  )
  assert.match(problemOf((await createAuthority('next', { notBefore: past(-1) })).certificate), /is not valid before 20/)
  assert.match(
    problemOf((await createAuthority('weak', { keyType: 'rsa1024' })).certificate),
    /the CA CN=weak in .* has an RSA key of 1024 bits/,
  )
  assert.match(
    problemOf(middle.certificate),
    /^warning .*client_ca the CA CN=middle is an intermediate, and CN=root, which issued it, is not named/,
  )
})

test('a bundle is read whole, duplicates once, DER too', (t) => {
  const { listener, write } = files(t)
  const bundle = write(`our CAs\n${clients.certificate}\n${root.certificate}${clients.certificate}`)
  const { material, problems } = load(listener({ clientCa: [bundle, write(root.der)] }))
  assert.deepEqual(problems, [])
  assert.deepEqual(material?.clientCa, [clients.certificate, root.certificate])
})

test('lists are verified by the configured CA, or kept for the CA that a client sends', async (t) => {
  const { listener, write } = files(t)
  const lower = await clients.intermediate('lower')
  const crl = (pem: string[]) => ({ validate: true, files: pem.map((one) => write(one)), onUnavailable: 'deny' as const })
  const { material, problems } = load(listener({ crl: crl([clients.crl({ revoked: ['01'] }), lower.crl()]) }))
  assert.deepEqual(problems, [])
  const [known, later] = material?.crl.lists ?? []
  assert.deepEqual([known?.signed, known?.signerKey?.length], [null, 64])
  assert.deepEqual([later?.signerKey, typeof later?.signed?.content], [null, 'string'])
  assert.deepEqual(load(listener({ crl: { ...crl([clients.crl()]), validate: false } })).material?.crl.lists, [])
})

test('lists: unreadable ones are errors, useless ones warnings', async (t) => {
  const { listener, write, folder } = files(t)
  const listed = (...names: string[]) => listener({ crl: { validate: true, files: names, onUnavailable: 'deny' } })
  const list = (options: Parameters<typeof clients.crl>[0]) => listed(write(clients.crl(options)))
  assert.match(problem(listed(`${folder.path}/none.crl`)), /^error listeners\.main\.tls\.crl\.files\[0\] cannot read .*none\.crl/)
  assert.match(problem(listed(write('garbage'))), /^error .*holds no certificate revocation list$/)
  assert.match(problem(list({ nextUpdate: past(1) })), /^warning .*crl\.files\[0\] the revocation list .* of CN=clients expired 20/)
  assert.match(problem(list({ thisUpdate: past(-5) })), /is not valid before 20/)
  assert.match(problem(list({ nextUpdate: null })), /cannot be used: it does not say when the next list is due$/)
  assert.match(problem(list({ signer: root })), /is not signed by the CA of that name$/)
  assert.match(
    problem(listed()),
    /^warning listeners\.main\.tls\.crl revocation lists are to be checked, but none is named: every client certificate is refused$/,
  )
})
