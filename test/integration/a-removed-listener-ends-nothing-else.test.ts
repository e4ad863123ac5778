/** The promise: a listener that a reload removes while somebody is shaking hands on it takes that one connection along and no other. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { get, startGateway } from '../support/gateway.ts'
import { holdingProxy } from '../support/holding-proxy.ts'

const SECOND = `
  second:
    address: 127.0.0.1:0
    tls:
      certificate: { cert: server.crt, key: server.key }
      client_ca: [ca.crt]`

test('a handshake that ends after its listener is gone is served by nobody', async (t) => {
  const gateway = await startGateway(t, { tls: `clientauth_mode: OPTIONAL${SECOND}`, limits: '{ head: 1s }' })
  const admin = join(gateway.folder, 'admin.sock')
  const { listeners } = await askStatus(admin)
  const second = Number(
    listeners
      .find(({ name }) => name === 'second')
      ?.address.split(':')
      .pop(),
  )
  const witness = await gateway.connect()
  assert.equal((await witness.ask(get('/before'))).status, 200)

  const proxy = await holdingProxy(t, second)
  const client = await gateway.connect(gateway.alice, {
    port: proxy.port,
    // The server's first flight says that the worker has the connection; the client's Finished is kept.
    tls: { checkServerIdentity: () => void proxy.hold() },
  })
  const text = readFileSync(gateway.configFile, 'utf8')
  writeFileSync(gateway.configFile, text.replace(SECOND, ''))
  assert.notEqual((await askReload(admin, false)).outcome, 'failed')
  assert.equal((await askStatus(admin)).listeners.length, 1)
  client.send(get('/through'))
  // Half a head: its deadline used to strike a connection that nobody had made.
  client.send('GET /x HTTP/1.1\r\nHost: lo')
  proxy.release()
  await client.end()

  assert.equal(client.text, '')
  assert.equal((await witness.ask(get('/after'))).status, 200)
  assert.deepEqual(
    gateway.upstream.requests.map(({ target }) => target),
    ['/before', '/after'],
  )
  assert.doesNotMatch(gateway.program.lines.join('\n'), /TypeError|unexpected fault|worker \d+ (died|ended)/)
})
