// The server name alone chooses certificate and CAs. One that is missing, unknown or malformed is refused; however the ClientHello
// comes in, it never falls to a weaker default, and nothing in it ends the process.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import test from 'node:test'
import { connect } from 'node:tls'
import { createAuthority } from '../support/authority.ts'
import { as, dial, listen, only, prepare, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const [main, a, wild] = await Promise.all([
  servers.server(['main.test'], { subject: 'CN=main' }),
  servers.server(['a.test'], { subject: 'CN=a' }),
  servers.server(['*.a.test'], { subject: 'CN=wild' }),
])
const root = await createAuthority('clients')
const other = await createAuthority('others')
const alice = await root.issue({ subject: 'CN=alice' })
const names = { 'a.test': { server: a, clientCa: [root] }, '*.a.test': { server: wild, clientCa: [other] } }
const spec = { server: main, clientCa: [root, other], names }

for (const version of versions) {
  const limit = { ...only(version), ...as(alice) }

  test(`${version}: exact before wildcard, in any case, each with its own certificate and CAs`, async (t) => {
    const gateway = await listen(t, prepare(t, spec))
    for (const [servername, subject, refusal] of [
      ['a.test', 'CN=a', null],
      ['A.TEST', 'CN=a', null],
      ['x.a.test', 'CN=wild', 'certificate_unknown_issuer'],
      ['X.a.Test', 'CN=wild', 'certificate_unknown_issuer'],
    ] as const) {
      const answer = await dial(gateway, servers, { ...limit, servername })
      assert.deepEqual([answer.serverCertificate, answer.seen?.refusal], [subject, refusal], servername)
      assert.equal(answer.seen?.serverName, servername.toLowerCase())
    }
  })

  test(`${version}: a name that is not configured gets the alert unrecognized_name`, async (t) => {
    const gateway = await listen(t, prepare(t, { ...spec, defaultName: 'a.test' }))
    for (const servername of [
      'main.test',
      'b.test',
      'x.y.a.test',
      'a.test.',
      'xa.test',
      '*.a.test',
      '__proto__',
      `${'x'.repeat(60)}.test`,
    ]) {
      const answer = await dial(gateway, servers, { ...limit, servername })
      assert.deepEqual([answer.seen, answer.error], [null, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'], servername)
      assert.equal(gateway.failures.at(-1)?.code, 'server_name_unknown')
      assert.match(gateway.failures.at(-1)?.message ?? '', /is not configured$/)
    }
  })

  test(`${version}: no name is refused, and the operator is told`, async (t) => {
    const gateway = await listen(t, prepare(t, spec))
    const answer = await dial(gateway, servers, limit)
    assert.deepEqual([answer.seen, answer.error], [null, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'])
    assert.equal(gateway.failures[0]?.code, 'server_name_missing')
  })

  test(`${version}: no name falls under default_name where one is configured`, async (t) => {
    const gateway = await listen(t, prepare(t, { ...spec, defaultName: '*.a.test' }))
    const answer = await dial(gateway, servers, limit)
    assert.deepEqual([answer.serverCertificate, answer.seen?.serverName], ['CN=wild', null])
    assert.equal(answer.seen?.refusal, 'certificate_unknown_issuer')
  })

  test(`${version}: without configured names every name is served alike`, async (t) => {
    const gateway = await listen(t, prepare(t, { server: main, clientCa: [root] }))
    for (const servername of ['what.ever', '']) {
      const answer = await dial(gateway, servers, { ...limit, servername })
      assert.deepEqual([answer.serverCertificate, answer.seen?.dn, answer.seen?.refusal], ['CN=main', 'CN=alice', null])
    }
  })

  test(`${version}: a ClientHello in fragments, of TCP and of TLS records, falls under its name`, async (t) => {
    const gateway = await listen(t, prepare(t, spec))
    for (const split of [bySegment, byRecord]) {
      const port = await relay(t, gateway.port, split)
      const answer = await dial({ port }, servers, { ...limit, servername: 'x.a.test' })
      assert.deepEqual([answer.serverCertificate, answer.seen?.refusal], ['CN=wild', 'certificate_unknown_issuer'])
    }
  })
}

test('a malformed server name ends the handshake and nothing else', async (t) => {
  const gateway = await listen(t, prepare(t, spec))
  const hello = await captureHello('a.test')
  const at = hello.indexOf('a.test')
  for (const bytes of ['\0.test', 'a\0test', '\xff\xfe\xfd\xfc\xfb\xfa', '......', '\r\n\r\n\r\n', '"};{x"']) {
    const forged = Buffer.from(hello)
    forged.write(bytes, at, 'latin1')
    const socket = connectTcp(gateway.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(forged)
    // A reset ends it too.
    await new Promise((resolve) => socket.once('close', resolve))
  }
  const answer = await dial(gateway, servers, { ...as(alice), servername: 'a.test' })
  assert.equal(answer.seen?.dn, 'CN=alice')
  assert.equal(gateway.peers.length, 1)
})

type Split = (hello: Buffer) => Buffer[]

/** One byte a segment. */
const bySegment: Split = (hello) => [...hello].map((byte) => Buffer.from([byte]))

/** The handshake message over records of ten bytes (RFC 8446 section 5.1). */
const byRecord: Split = (hello) => {
  const records: Buffer[] = []
  for (let at = 5; at < hello.length; at += 10) {
    const part = hello.subarray(at, at + 10)
    records.push(Buffer.concat([Buffer.from([22, 3, 1, 0, part.length]), part]))
  }
  return records
}

/** A TCP relay that cuts up the first flight of its client. Returns its port. */
async function relay(t: { after(callback: () => void): void }, port: number, split: Split): Promise<number> {
  const server = createServer((client) => {
    const upstream = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.once('data', async (hello) => {
      client.pause()
      for (const part of split(Buffer.from(hello))) await new Promise((resolve) => upstream.write(part, resolve))
      client.pipe(upstream)
    })
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The first flight of a TLS client that names this server. */
async function captureHello(servername: string): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const client = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1', servername })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  const [hello] = await once(socket, 'data')
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}
