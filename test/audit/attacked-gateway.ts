import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { type Program, startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

/** Where a hostile client can connect: a listener for each policy, one whose own key is RSA, and the admin address. */
export type Place = 'require' | 'optional' | 'none' | 'strict' | 'rsa' | 'admin'

/** The real program with one worker, and certificates of every kind of key that TLS clients sign with. */
export interface AttackedGateway {
  readonly program: Program
  readonly upstream: RecordingUpstream
  /** Path of the file that tells `programs/` where to connect and as whom. */
  readonly description: string
  /** The status that alice gets, whose certificate is in order. */
  serve(place: Place): Promise<number>
}

/** Who has a certificate: the key, and what it signs with. All but mallory have the role that every route wants. */
const KEYS = {
  alice: ['ecdsa_secp256r1_sha256', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
  mallory: ['ecdsa_secp256r1_sha256', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
  p384: ['ecdsa_secp384r1_sha384', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' })],
  p521: ['ecdsa_secp521r1_sha512', () => generateKeyPairSync('ec', { namedCurve: 'secp521r1' })],
  brainpool256: ['ecdsa_brainpoolP256r1tls13_sha256', () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })],
  brainpool384: ['ecdsa_brainpoolP384r1tls13_sha384', () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' })],
  brainpool512: ['ecdsa_brainpoolP512r1tls13_sha512', () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP512r1' })],
  rsa: ['rsa_pss_rsae_sha256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  pss: ['rsa_pss_pss_sha256', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
  dsa: ['dsa_sha256', () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })],
  ed25519: ['ed25519', () => generateKeyPairSync('ed25519')],
  ed448: ['ed448', () => generateKeyPairSync('ed448')],
} as const

export async function startAttackedGateway(t: Lifetime): Promise<AttackedGateway> {
  const { path: folder, write } = temporaryFolder(t)
  const read = (name: string) => readFileSync(join(folder, name))
  const upstream = await RecordingUpstream.start(t)
  // Far enough away that nothing is logged about it.
  const notAfter = new Date(Date.now() + 1_000 * 86_400_000)
  const authority = await createAuthority('CN=test root', { notAfter })
  const server = await authority.server(undefined, { notAfter })
  const rsaServer = await authority.server(undefined, { notAfter, keyType: 'rsa' })
  write('ca.crt', authority.certificate)
  write('root.crt', authority.certificate)
  write('server.crt', server.chain)
  write('server.key', server.key)
  write('rsa-server.crt', rsaServer.chain)
  write('rsa-server.key', rsaServer.key)
  write('roles_mapping.yml', `reader:\n  users: [${Object.keys(KEYS).filter((name) => name !== 'mallory')}]\n`)
  for (const [name, [, makeKey]] of Object.entries(KEYS)) {
    const key = makeKey().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const one = await authority.issue({ subject: `CN=${name}`, key })
    write(`${name}.crt`, one.chain)
    write(`${name}.key`, one.key)
  }
  const program = await startProgram(
    { config: write('certgate.yml', configText(upstream.url)), listeners: 5 },
    t as { after(callback: () => Promise<unknown>): void },
  )
  const [, admin] = await program.line(/https:\/\/127\.0\.0\.1:(\d+) is open for administration/)
  const [require, optional, none, strict, rsa] = program.urls.map(({ port }) => Number(port))
  const ports = { require, optional, none, strict, rsa, admin: Number(admin) }
  // Made once, as there are so many connections.
  const secureContext = createSecureContext({ ca: authority.certificate, cert: read('alice.crt'), key: read('alice.key') })
  const identities = Object.fromEntries(Object.entries(KEYS).map(([name, [scheme]]) => [name, scheme]))
  return {
    program,
    upstream,
    description: write('gateway.json', JSON.stringify({ ports, identities })),
    async serve(place) {
      const client = await RawClient.connect({ port: ports[place] ?? 0, ca: authority.certificate, tls: { secureContext } })
      const path = place === 'admin' ? '/api/v1/whoami' : '/app/x'
      try {
        return (await client.ask(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).status
      } finally {
        client.close()
      }
    },
  }
}

function configText(upstream: string): string {
  const listener = (name: string, tls: string, server = 'server') => `  ${name}:
    address: 127.0.0.1:0
    tls: { certificate: { cert: ${server}.crt, key: ${server}.key }, ${tls} }`
  return `listeners:
${listener('require', 'client_ca: [ca.crt], clientauth_mode: REQUIRE')}
${listener('optional', 'client_ca: [ca.crt], clientauth_mode: OPTIONAL')}
${listener('none', 'clientauth_mode: NONE')}
${listener('strict', 'client_ca: [ca.crt], clientauth_mode: REQUIRE, min_version: TLSv1.3')}
${listener('rsa', 'client_ca: [ca.crt], clientauth_mode: REQUIRE', 'rsa-server')}
roles_mapping: roles_mapping.yml
upstreams:
  recorder: { targets: ["${upstream}"] }
routes:
  - { name: public, path: /public/**, allow: [anonymous, reader], upstream: recorder }
  - { name: all, path: /app/**, allow: [reader], upstream: recorder }
identity_headers: { styles: [plain] }
workers: 1
limits: { handshake: 2m }
store: { sqlite: certgate.db }
admin: { address: "127.0.0.1:0", socket: admin.sock, admin_dn: ["CN=alice"] }
telemetry: { address: 127.0.0.1:0, access_log: on, log: { level: debug, format: json } }
`
}
