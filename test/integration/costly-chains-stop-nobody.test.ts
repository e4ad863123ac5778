/** The promise: whoever makes OpenSSL work long on a chain that nobody issued is turned away for a while, on every address, and the others are served. */
import assert from 'node:assert/strict'
import { generateKeyPair } from 'node:crypto'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startAdministeredGateway } from '../support/administered-gateway.ts'
import { createAuthority } from '../support/authority.ts'
import { costlyChain, isAnswered } from '../support/costly-chain.ts'
import { startEnrolment } from '../support/enrolment.ts'
import { get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { RawClient } from '../support/raw-client.ts'

const generate = promisify(generateKeyPair)
const lifetime = fileLifetime()
const ATTACKER = '127.0.0.2'
const chain = costlyChain()
/** What may be needed at most until it has cost too much, on a machine that is faster than ours. */
const MOST = 60

async function largeKey(): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 4_096 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Shakes hands until the address does not take the attacker any more; how often it did. */
async function untilRefused(port: number): Promise<number> {
  const attack = { port, localAddress: ATTACKER, ...(await chain) }
  for (let i = 0; i < MOST; i++) if (!(await isAnswered(attack))) return i
  throw new Error(`${MOST} costly handshakes were taken`)
}

test('on a listener: the attacker is refused before the next handshake, is named in the log, and others get in', async () => {
  const gateway = await startGateway(lifetime, { workers: 1 })
  const { port, program } = gateway
  await untilRefused(port)
  assert.equal(await isAnswered({ port, localAddress: ATTACKER }), false, 'it is refused whatever it would send')
  assert.equal((await gateway.ask(get('/'))).status, 200)
  const [line] = await program.line(/^.*handshakes with made-up certificate chains.*$/)
  const { network, cost_ms, refused_ms } = JSON.parse(line) as { network: string; cost_ms: number; refused_ms: number }
  assert.equal(network, ATTACKER)
  assert.ok(cost_ms >= 30 && refused_ms > 0 && refused_ms <= 60_000, line)
  const [telemetry] = await program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  const metrics = await (await fetch(`${telemetry}/metrics`)).text()
  assert.match(metrics, /certgate_connections_refused_total\{listener="main",reason="costly"\} [1-9]/)
})

test('a client of a long chain with large keys that are trusted gets in, as often as it likes', async () => {
  let above = await createAuthority('CN=large root', { key: await largeKey() })
  const trusted = above
  for (let i = 0; i < 6; i++) above = await above.intermediate(`CN=large ${i}`, { key: await largeKey() })
  const gateway = await startGateway(lifetime, { workers: 1, alsoTrusted: [trusted] })
  const client = await above.issue({ subject: 'CN=alice', key: await largeKey() })
  for (let i = 0; i < 30; i++) assert.equal((await gateway.ask(get('/'), { ...client, certificate: client.chain })).status, 200)
})

test('on the admin address', async () => {
  const gateway = await startAdministeredGateway(lifetime)
  const admin = await gateway.make('root', 'ClusterAdmin')
  await untilRefused(gateway.adminPort)
  assert.equal((await gateway.ask('GET /admin/certificates', { client: admin })).status, 200)
})

test('on the address of enrolment', async () => {
  const { estPort, est, curl } = await startEnrolment(lifetime)
  await untilRefused(estPort)
  assert.equal((await curl(`${est}/cacerts`)).status, 200)
})

test('strangers that say nothing, however many, leave room for others behind their address', async () => {
  const gateway = await startGateway(lifetime, { workers: 1 })
  const silent = []
  for (let i = 0; i < 300; i++) {
    silent.push(await RawClient.connect({ port: gateway.port, ca: null }, lifetime))
  }
  assert.equal((await gateway.ask(get('/'))).status, 200)
})
