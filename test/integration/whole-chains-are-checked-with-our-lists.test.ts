import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { issuerKeyId } from '../../src/certificates/issuer.ts'
import { authorityNode } from '../../src/tls/authority-node.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { eventually } from '../support/eventually.ts'
import { askPlain, HttpsClient } from '../support/https-client.ts'
import { type Initialized, initialized } from '../support/initialized.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { absent, freePorts, run, startOutside } from '../support/outside-program.ts'

// The promise: with our lists alone OpenSSL and nginx check the whole chain of a certificate, and refuse what is under a CA that was ended.

const skip = absent('openssl')

const certgate = async (gate: Initialized, ...args: string[]) => {
  const { code, text, stderr } = await run(join(CHECKOUT, 'bin/certgate'), args, { cwd: gate.folder })
  assert.equal(code, 0, `certgate ${args.join(' ')}\n${text}${stderr}`)
  return text
}

const keyOfRoot = (gate: Initialized, pem = gate.read('ca/ca.crt')) => authorityNode(new X509Certificate(pem)).key

async function verified(gate: Initialized, certificate: string, root = 'ca/ca.crt', issuing = 'ca/issuing.crt'): Promise<string> {
  const chain = ['-CAfile', root, '-untrusted', issuing, certificate]
  const { text, stderr } = await run('openssl', ['verify', '-x509_strict', '-crl_check_all', '-CRLfile', 'lists.pem', ...chain], {
    cwd: gate.folder,
  })
  return text + stderr
}

const listsOf = async (gate: Initialized) => gate.write('lists.pem', await certgate(gate, 'ca', 'crl'))

/** nginx that trusts this root, and checks with these lists. */
async function nginx(t: Lifetime, gate: Initialized): Promise<HttpsClient> {
  const [port = 0] = await freePorts(1)
  mkdirSync(join(gate.folder, 'nginx'), { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path nginx;`).join(' ')
  gate.write(
    'nginx.conf',
    `daemon off; master_process off; pid nginx/pid; error_log stderr info; events {} http { access_log off; ${temporary}
server { listen 127.0.0.1:${port} ssl; ssl_certificate server.crt; ssl_certificate_key server.key;
ssl_client_certificate ca/ca.crt; ssl_verify_client on; ssl_verify_depth 2; ssl_crl lists.pem; location / { return 204; } } }`,
  )
  const own = new HttpsClient(`https://localhost:${port}`, gate.read('ca/ca.crt'), {
    cert: gate.read('alice/alice.crt'),
    key: gate.read('alice/alice.key'),
  })
  t.after(() => own.close())
  const ready = () =>
    own.ask('/').then(
      () => true,
      () => false,
    )
  await startOutside(t, 'nginx', ['-p', gate.folder, '-c', 'nginx.conf', '-e', 'stderr'], { cwd: gate.folder, ready })
  return own
}

test('the lists of a new authority, printed and served, are enough for the whole chain', { skip }, async (t) => {
  const gate = await initialized(t)
  const keyId = keyOfRoot(gate)
  // Taken away before anything ran.
  renameSync(join(gate.folder, 'ca/ca.key'), join(gate.folder, 'away.key'))
  assert.ok(existsSync(join(gate.folder, `ca/crl/${keyId}.crl`)))
  const { pki } = await gate.start()
  await listsOf(gate)
  assert.match(await verified(gate, 'clients/admin.crt'), /^clients\/admin\.crt: OK$/m)
  const served = await askPlain(`${pki}/crl/${keyId}.crl`)
  assert.deepEqual([served.status, served.headers['content-type']], [200, 'application/pkix-crl'])
  const shown = await run('openssl', ['crl', '-inform', 'der', '-noout', '-issuer', '-nextupdate', '-dateopt', 'iso_8601'], {
    input: served.head,
  })
  const root = new X509Certificate(gate.read('ca/ca.crt'))
  assert.match(shown.text, new RegExp(`nextUpdate=${root.validToDate.toISOString().slice(0, 10)}`))
  await certgate(gate, 'cert', 'generate', 'alice', '--no-password')
  assert.match(await verified(gate, 'alice/alice.crt'), /: OK$/m)
  await certgate(gate, 'cert', 'revoke', 'alice', '--yes')
  await listsOf(gate)
  assert.match(await verified(gate, 'alice/alice.crt'), /certificate revoked/)
})

test('nginx lets in who is good by these lists, and refuses who was revoked', { skip: absent('openssl', 'nginx') }, async (t) => {
  const gate = await initialized(t)
  await certgate(gate, 'cert', 'generate', 'alice', '--no-password')
  await listsOf(gate)
  assert.equal((await (await nginx(t, gate)).ask('/')).status, 204)
  await certgate(gate, 'cert', 'revoke', 'alice', '--yes')
  await listsOf(gate)
  assert.equal((await (await nginx(t, gate)).ask('/')).status, 400)
})

test('a folder made before has the list of its root once the key of the root is there', { skip }, async (t) => {
  const gate = await initialized(t)
  const [key, away] = [join(gate.folder, 'ca/ca.key'), join(gate.folder, 'away.key')]
  rmSync(join(gate.folder, 'ca/crl'), { recursive: true })
  renameSync(key, away)
  const { pki } = await gate.start()
  const issuer = issuerKeyId(gate.issuer())
  await eventually('the list of who signs', async () => (await askPlain(`${pki}/crl/${issuer}.crl`)).status === 200)
  const url = `${pki}/crl/${keyOfRoot(gate)}.crl`
  assert.equal((await askPlain(url)).status, 404)
  assert.equal((await certgate(gate, 'ca', 'crl')).match(/BEGIN X509 CRL/g)?.length, 1)
  renameSync(away, key)
  // Whoever asks for lists has what is wanting signed.
  await listsOf(gate)
  await eventually('the list of the root', async () => (await askPlain(url)).status === 200, 60_000)
  await listsOf(gate)
  assert.match(await verified(gate, 'clients/admin.crt'), /: OK$/m)
})

test('a rotation publishes the lists of both roots; without an overlap that of the old one revokes its issuing CA', { skip }, async (t) => {
  const gate = await initialized(t, { pki: '{ http: "127.0.0.1:0", url: "http://pki.example" }' })
  for (const name of ['ca/ca.crt', 'ca/issuing.crt']) gate.write(name.replace('ca/', 'old-'), gate.read(name))
  gate.write('admin.crt', gate.read('clients/admin.crt'))
  await certgate(gate, 'ca', 'rotate', '--yes')
  await listsOf(gate)
  await certgate(gate, 'cert', 'generate', 'young', '--no-password')
  const generation = readdirSync(join(gate.folder, 'ca')).find((name) => /^[0-9a-f]{16}$/.test(name)) ?? assert.fail('nothing was rotated')
  const issuing = gate.read(`ca/${generation}/issuing.crt`)
  const point = `http://pki.example/crl/${keyOfRoot(gate, gate.read(`ca/${generation}/ca.crt`))}.crl`
  gate.write('issuing.crt', issuing)
  const shown = await run('openssl', ['x509', '-in', 'issuing.crt', '-noout', '-ext', 'crlDistributionPoints'], { cwd: gate.folder })
  assert.ok(shown.text.includes(point), shown.text)
  assert.match(await verified(gate, 'young/young.crt', 'ca/ca.crt', `ca/${generation}/issuing.crt`), /: OK$/m)
  assert.match(await verified(gate, 'admin.crt', 'old-ca.crt', 'old-issuing.crt'), /: OK$/m)
  // Who knows the old root alone follows the cross certificate.
  assert.match(await verified(gate, 'young/young.crt', 'old-ca.crt', `ca/${generation}/cross.crt`), /: OK$/m)

  await certgate(gate, 'ca', 'rotate', '--overlap', '0', '--yes')
  await listsOf(gate)
  for (const [certificate, root, above] of [
    ['admin.crt', 'old-ca.crt', 'old-issuing.crt'],
    ['young/young.crt', `ca/${generation}/ca.crt`, `ca/${generation}/issuing.crt`],
    ['young/young.crt', 'old-ca.crt', `ca/${generation}/cross.crt`],
  ] as const)
    assert.match(await verified(gate, certificate, root, above), /error 23 at 1 depth lookup: certificate revoked/, root)
})
