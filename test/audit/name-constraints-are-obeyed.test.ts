/**
 * Name constraints of an intermediate authority are obeyed, whichever kind of name breaks them: a matrix in the manner of BetterTLS, with
 * certificates that openssl makes. Whoever breaks one gets 403, and the upstream hears nothing.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { temporaryFolder } from '../support/authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'
import { RawClient } from '../support/raw-client.ts'

interface Constraint {
  readonly kind: 'permitted' | 'excluded'
  /** As openssl writes it. */
  readonly name: string
  readonly passes: readonly Leaf[]
  readonly breaks: readonly Leaf[]
}

/** SANs as openssl writes them; the subject is `CN=alice` unless it says otherwise. */
type Leaf = string | { readonly subject: string; readonly san?: string }

/** What `dirName:team` means in a constraint or a SAN: a section of the extension file. */
const SECTIONS = `
[team]
C = DE
O = Acme
[within]
C = DE
O = Acme
CN = alice
[outside]
C = DE
O = Others
CN = alice
`

const CONSTRAINTS: readonly Constraint[] = [
  {
    kind: 'permitted',
    name: 'DNS:good.test',
    passes: ['DNS:good.test', 'DNS:a.good.test', 'DNS:A.GOOD.TEST', 'URI:http://bad.test/', ''],
    breaks: ['DNS:bad.test', 'DNS:notgood.test', 'DNS:good.test.bad.test', 'DNS:a.good.test,DNS:bad.test', 'DNS:*.bad.test'],
  },
  {
    kind: 'excluded',
    name: 'DNS:bad.test',
    passes: ['DNS:good.test', 'DNS:notbad.test', ''],
    breaks: ['DNS:bad.test', 'DNS:BAD.TEST', 'DNS:a.bad.test', 'DNS:*.bad.test', 'DNS:good.test,DNS:a.bad.test'],
  },
  {
    kind: 'permitted',
    name: 'IP:10.1.0.0/255.255.0.0',
    passes: ['IP:10.1.2.3', 'DNS:any.test'],
    breaks: ['IP:10.2.0.1', 'IP:::1', 'IP:10.1.0.1,IP:10.2.0.1'],
  },
  { kind: 'excluded', name: 'IP:10.1.0.0/255.255.0.0', passes: ['IP:10.2.0.1'], breaks: ['IP:10.1.255.255', 'IP:10.2.0.1,IP:10.1.0.0'] },
  {
    kind: 'permitted',
    name: 'email:good.test',
    passes: ['email:alice@good.test'],
    breaks: ['email:alice@bad.test', 'email:alice@a.good.test', { subject: '/emailAddress=alice@bad.test/CN=alice' }],
  },
  {
    kind: 'excluded',
    name: 'email:.bad.test',
    passes: ['email:alice@bad.test'],
    breaks: ['email:alice@a.bad.test', { subject: '/emailAddress=alice@a.bad.test/CN=alice' }],
  },
  {
    kind: 'permitted',
    name: 'URI:.good.test',
    passes: ['URI:https://a.good.test/x'],
    breaks: ['URI:https://bad.test/', 'URI:https://good.test/'],
  },
  {
    kind: 'excluded',
    name: 'URI:bad.test',
    passes: ['URI:https://a.bad.test/'],
    breaks: ['URI:https://bad.test/', 'URI:https://bad.test:8443/x'],
  },
  {
    kind: 'permitted',
    name: 'dirName:team',
    passes: [{ subject: '/C=DE/O=Acme/CN=alice' }, { subject: '/C=DE/O=Acme/CN=alice', san: 'dirName:within' }],
    breaks: [
      '',
      { subject: '/C=DE/O=Others/CN=alice' },
      { subject: '/O=Acme/C=DE/CN=alice' },
      { subject: '/C=DE/O=Acme/CN=alice', san: 'dirName:outside' },
    ],
  },
  {
    kind: 'excluded',
    name: 'dirName:team',
    passes: ['', { subject: '/C=DE/O=Others/CN=alice' }],
    breaks: [{ subject: '/C=DE/O=Acme/CN=alice' }, { subject: '/C=DE/O=ACME/CN=alice' }, { subject: '/CN=alice', san: 'dirName:within' }],
  },
]

const told = (leaf: Leaf): string => (typeof leaf === 'string' ? leaf || 'CN=alice alone' : `${leaf.subject} ${leaf.san ?? ''}`.trim())

const lifetime = fileLifetime()
const { path: folder, write } = temporaryFolder(lifetime)
let gateway: Gateway
let root = { certificate: '' }

describe('name constraints', { skip: absent('openssl') }, () => {
  before(async () => {
    root = { certificate: await makeRoot() }
    gateway = await startGateway(lifetime, { tls: 'clientauth_mode: REQUIRE', alsoTrusted: [root] })
  })
  beforeEach(() => gateway.upstream.reset())

  for (const { kind, name, passes, breaks } of CONSTRAINTS) {
    describe(`${kind} ${name}`, () => {
      let number = 0
      before(() => makeIntermediate(`${kind};${name}`))
      for (const leaf of passes) test(`${told(leaf)} passes`, async () => assert.equal(await ask(leaf, ++number), 200))
      for (const leaf of breaks) {
        test(`${told(leaf)} is refused`, async () => {
          assert.equal(await ask(leaf, ++number), 403)
          assert.equal(gateway.upstream.receivedText, '')
        })
      }
    })
  }
})

async function openssl(...args: string[]): Promise<string> {
  const { code, text, stderr } = await run('openssl', args, { cwd: folder })
  if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  return text
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
const sign = (name: string, ca: string) => [
  'x509',
  '-req',
  '-in',
  `${name}.csr`,
  '-CA',
  `${ca}.crt`,
  '-CAkey',
  `${ca}.key`,
  '-days',
  '2',
  '-extfile',
  `${name}.ext`,
]

function makeRoot(): Promise<string> {
  return openssl('req', '-x509', ...NEW_KEY, '-keyout', 'root.key', '-subj', '/CN=constrained root', '-days', '2').then((certificate) => {
    write('root.crt', certificate)
    return certificate
  })
}

async function makeIntermediate(constraint: string): Promise<void> {
  await openssl('req', '-new', ...NEW_KEY, '-keyout', 'middle.key', '-subj', '/CN=middle', '-out', 'middle.csr')
  const rules = `basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\nnameConstraints = critical,${constraint}\n`
  write('middle.ext', `${rules}${SECTIONS}`)
  await openssl(...sign('middle', 'root'), '-out', 'middle.crt')
}

/** The status that a client of the intermediate gets. */
async function ask(leaf: Leaf, number: number): Promise<number> {
  const { subject, san = '' } = typeof leaf === 'string' ? { subject: '/CN=alice', san: leaf } : leaf
  await openssl('req', '-new', ...NEW_KEY, '-keyout', 'leaf.key', '-subj', subject, '-out', 'leaf.csr')
  const names = san === '' ? '' : `subjectAltName = ${san}\n`
  write('leaf.ext', `basicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth\nkeyUsage = digitalSignature\n${names}${SECTIONS}`)
  const certificate = await openssl(...sign('leaf', 'middle'), '-set_serial', `${number}`)
  const tls = { cert: certificate + (await openssl('x509', '-in', 'middle.crt')), key: await openssl('pkey', '-in', 'leaf.key') }
  const client = await RawClient.connect({ port: gateway.port, ca: gateway.authority.certificate, client: null, tls })
  try {
    return (await client.ask(get('/x', 'Connection: close\r\n'))).status
  } finally {
    client.close()
  }
}
