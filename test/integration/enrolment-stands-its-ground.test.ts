import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { createAuthority } from '../../src/certificates/authority.ts'
import { issueServer } from '../../src/certificates/issue.ts'
import { hashArgon2id } from '../../src/cli/users-hash.ts'
import { askReload } from '../../src/control/administration/admin-client.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../support/authority.ts'
import { type EnrollingGateway, startEnrolment } from '../support/enrolment.ts'
import { eventually } from '../support/eventually.ts'
import { absent, freePorts, run } from '../support/outside-program.ts'

// The promise: the address that strangers may talk to gives nothing to who guesses, holds nothing for who waits, and follows the configuration.

const skip = absent('curl', 'openssl')
const PKCS10 = ['-H', 'Content-Type: application/pkcs10', '--data-binary']

describe('passwords', { skip }, () => {
  test('give a certificate of exactly the own name where they are allowed, and few guesses', async (t) => {
    const hash = await hashArgon2id('right')
    const users = ['alice', 'bob'].map((name) => `${name}: { hash: "${hash}" }\n`).join('')
    const gate = await startEnrolment(t, { pki: 'est_passwords: allow', users, mapping: 'reader:\n  users: [alice]\n' })
    const give = (user: string, csr: string) => gate.curl('-u', user, ...PKCS10, `@${csr}`, `${gate.est}/simpleenroll`)
    await gate.request('alice', '/CN=alice')
    await gate.request('admin', '/CN=admin')
    assert.equal((await give('alice:right', 'admin.csr')).status, 403)
    assert.equal((await give('alice:right', 'alice.csr')).status, 200)
    const [entry] = gate.store.registry.byName('alice')
    assert.deepEqual([entry?.clearance, entry?.permissions.size, entry?.createdBy], ['ValidUser', 0, 'user alice'])
    const guesses = []
    for (let count = 0; count < 11; count++) guesses.push((await give('bob:wrong', 'alice.csr')).status)
    assert.deepEqual(guesses, [...Array<number>(10).fill(401), 429])
    const blocked = await give('bob:right', 'alice.csr')
    assert.equal(blocked.status, 429)
    assert.match(blocked.headers, /retry-after: \d+\r\n/)
    const refused = gate.store.audit.read({ filter: { action: 'certificate.enrol' } })
    assert.ok(refused.length >= 13 && refused.every(({ outcome }) => outcome === 'refused'))
    assert.ok(!gate.program.lines.some((line) => /right|wrong(?! user)/.test(line)))
  })
})

describe('the address of enrolment', { skip }, () => {
  test('says that nothing can be issued, and when to ask again, where there is no authority', async (t) => {
    const gate = await startEnrolment(t, { withoutKey: true })
    await gate.request('web1', '/CN=web1')
    const token = gate.token('web1')
    const answer = await gate.enrol('web1', token)
    assert.deepEqual([answer.status, answer.body], [503, 'nothing can be issued here\n'])
    assert.match(answer.headers, /retry-after: 300\r\n/)
    assert.equal(gate.store.tokens.check(token).used, null)
    await gate.program.line(/enrolment failed.*issuing\.key|issuing\.key.*enrolment failed/)
  })

  test('cuts off who says nothing, who is slow, and who holds many connections, and answers others meanwhile', async (t) => {
    const gate = await startEnrolment(t)
    const silent = await tcp(t, gate.estPort)
    const half = await tls(t, gate)
    half.write('POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\n')
    const began = Date.now()
    const held = await Promise.all(Array.from({ length: 40 }, () => tcp(t, gate.estPort)))
    await eventually('more than a few being closed', () => held.filter(({ closed }) => closed).length >= 26)
    for (const socket of held) socket.destroy()
    assert.equal(
      await eventually('an answer', async () => {
        const { status } = await gate.curl(`${gate.est}/cacerts`)
        return status === 0 ? null : status
      }),
      200,
    )
    await Promise.all([closed(silent, 20_000), closed(half, 20_000)])
    assert.ok(Date.now() - began >= 9_000)
  })

  test('answers others while many addresses hold as many requests as there are places, and send no body', async (t) => {
    const gate = await startEnrolment(t)
    const head = 'POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n'
    const addresses = Array.from({ length: 16 }, (_, index) => `127.0.5.${index + 1}`)
    const held: TLSSocket[] = []
    for (const localAddress of addresses) held.push(...(await Promise.all(Array.from({ length: 16 }, () => tls(t, gate, localAddress)))))
    await Promise.all(
      held.map((socket) => {
        const told = Promise.withResolvers<void>()
        socket.write(`${head}Content-Type: application/pkcs10\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n\r\n`)
        // It says that it has read the head, and waits for the body.
        socket.on('data', (chunk: Buffer) => (/^HTTP\/1\.1 100 /.test(chunk.toString('latin1')) ? told.resolve() : {}))
        return told.promise
      }),
    )
    assert.equal((await gate.curl(`${gate.est}/cacerts`)).status, 200)
  })

  test('reads no head and no body of any size, and nothing odd ends it', async (t) => {
    const gate = await startEnrolment(t)
    const answers = [
      [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
      ['garbage\r\n\r\n', /^HTTP\/1\.1 400 /],
      [
        'POST /.well-known/est/simplereenroll HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n',
        /^HTTP\/1\.1 400 /,
      ],
      ['GET /.well-known/est/csrattrs HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n', /^HTTP\/1\.1 204 /],
      ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /^$/],
    ] as const
    for (const [text, expected] of answers) {
      const socket = await tls(t, gate)
      socket.write(text)
      let answer = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        answer += chunk
      })
      await closed(socket, 10_000)
      assert.match(answer, expected, text.slice(0, 40))
    }
    assert.equal((await gate.curl(`${gate.est}/cacerts`)).status, 200)
  })

  test('serves no other certificate than a reload brought, moves with its address, and goes with it', async (t) => {
    const gate = await startEnrolment(t)
    const config = readFileSync(gate.configFile, 'utf8')
    const reload = async (text: string) => {
      writeFileSync(gate.configFile, text)
      return (await askReload(`${gate.folder}/admin.sock`, false)).message
    }
    const other = await createAuthority({ days: 30 })
    const server = await issueServer(other.issuer, { commonName: 'localhost', names: ['localhost'], days: 20 })
    gate.write('other.crt', server.certificate)
    gate.write('other.key', server.key)
    gate.write('other-ca.crt', other.rootCertificate)
    const certificate = '{ cert: server.crt, key: server.key }'
    await reload(config.replace(certificate, '{ cert: other.crt, key: other.key }'))
    assert.equal((await gate.curl(`${gate.est}/cacerts`)).status, 0)
    assert.equal((await gate.curl('--cacert', 'other-ca.crt', `${gate.est}/cacerts`)).status, 200)
    const [port = 0] = await freePorts(1)
    const moved = config.replace('est: 127.0.0.1:0', `est: 127.0.0.1:${port}`)
    await reload(moved)
    assert.equal((await gate.curl(`https://localhost:${port}/.well-known/est/cacerts`)).status, 200)
    assert.equal((await gate.curl(`${gate.est}/cacerts`)).status, 0)
    const taken = await reload(moved.replace(`est: 127.0.0.1:${port}`, `est: 127.0.0.1:${gate.program.port}`))
    assert.match(taken, /another program already listens there/)
    assert.equal((await gate.curl(`https://localhost:${port}/.well-known/est/cacerts`)).status, 200)
    await reload(config.replace(/^pki:\n.*\n.*\n/m, ''))
    assert.equal((await gate.curl(`https://localhost:${port}/.well-known/est/cacerts`)).status, 0)
    assert.deepEqual(await gate.program.stop(), { code: 0, signal: null })
  })

  test('is found to be in use before anything is announced', async (t) => {
    const gate = await startEnrolment(t)
    // Of a store of its own: from one that is served from it would not get so far.
    const { path: folder } = temporaryFolder(t)
    cpSync(gate.folder, folder, { recursive: true, filter: (path) => !/\/data$|\.sock$/.test(path) })
    openStore(join(folder, 'data/certgate.db')).close()
    const second = join(folder, 'certgate.yml')
    writeFileSync(second, readFileSync(second, 'utf8').replace('est: 127.0.0.1:0', `est: 127.0.0.1:${gate.estPort}`))
    const { code, text: out, stderr } = await run(new URL('../../bin/certgate', import.meta.url).pathname, ['serve', '--config', second])
    assert.deepEqual([code, out], [1, ''])
    assert.match(stderr, /cannot listen on 127\.0\.0\.1:\d+: another program already listens there/)
  })
})

function tcp(t: TestContext, port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1').on('error', () => {})
  t.after(() => socket.destroy())
  socket.resume()
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)))
}

function tls(t: TestContext, { estPort, authority }: EnrollingGateway, localAddress = '127.0.0.1'): Promise<TLSSocket> {
  const underneath = connectTcp({ port: estPort, host: '127.0.0.1', localAddress })
  t.after(() => underneath.destroy())
  const socket = connect({ socket: underneath, servername: 'localhost', ca: authority.rootCertificate })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return new Promise((resolve) => socket.once('secureConnect', () => resolve(socket)))
}

async function closed(socket: Socket, timeout: number): Promise<void> {
  socket.resume()
  await eventually('the connection being closed', () => socket.closed || socket.readableEnded, timeout)
}
