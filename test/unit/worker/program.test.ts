import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { bind } from '../../../src/control/listening/sockets.ts'
import type { FromWorker, Snapshot } from '../../../src/ipc/messages.ts'
import type { ListenerMaterial } from '../../../src/tls/types.ts'
import { WorkerProgram } from '../../../src/worker/program.ts'
import { createAuthority, type Issued } from '../../support/authority.ts'
import { listenerSettings, settingsWith } from '../../support/settings.ts'

const authority = await createAuthority('CN=test root')

function plainSnapshot(number: number, given: Partial<Snapshot['settings']> = {}): Snapshot {
  return {
    number,
    settings: settingsWith(given),
    mapping: { file: '', entries: [] },
    users: [],
    listeners: new Map(),
    upstreams: new Map(),
  }
}

function tlsSnapshot(number: number, server: Issued, ticketKeys = new Uint8Array(48).fill(number)): Snapshot {
  const certificate = { pfx: null, password: null, cert: '', key: '', passphrase: null }
  const crl = { validate: false, files: [], onUnavailable: 'deny' } as const
  const trust = { certificate, clientCa: [], trust: 'ca', crl } as const
  const tls = { ...trust, clientauthMode: 'NONE', minVersion: 'TLSv1.2', names: new Map(), defaultName: null } as const
  const material: ListenerMaterial = {
    keyPair: { certificate: server.chain, key: server.key },
    clientCa: [],
    crl: { validate: false, onUnavailable: 'deny', lists: [] },
    names: new Map(),
    ticketKeys,
  }
  return {
    ...plainSnapshot(number, { listeners: new Map([['main', listenerSettings('main', { tls })]]) }),
    listeners: new Map([['main', material]]),
  }
}

function program(t: { after(callback: () => unknown): void }) {
  const sent: FromWorker[] = []
  const waiting = new Set<() => void>()
  const made = new WorkerProgram(1, (message) => {
    sent.push(message)
    for (const check of [...waiting]) check()
  })
  t.after(() => made.drain(1))
  const answered = (kind: FromWorker['kind'], count = 1) =>
    new Promise<FromWorker>((resolve) => {
      const check = () => {
        const found = sent.filter((message) => message.kind === kind)
        const last = found[count - 1]
        if (last === undefined) return
        waiting.delete(check)
        resolve(last)
      }
      waiting.add(check)
      check()
    })
  const openings = (opening = '1') => new Map([['main', opening]])
  const apply = (snapshot: Snapshot, opening = '1') => {
    made.receive({ kind: 'prepare', snapshot, openings: openings(opening) }, undefined)
    made.receive({ kind: 'commit', snapshot: snapshot.number }, undefined)
  }
  const listen = async (opening = '1', count = 1) => {
    const socket = await bind('127.0.0.1', 0)
    t.after(() => socket.close())
    made.receive({ kind: 'listen', listener: 'main', opening }, socket.handle)
    await answered('listening', count)
    return socket.port
  }
  return { made, sent, answered, apply, listen, openings }
}

/** The status line of the answer to one request; empty where the connection ended without one. */
async function ask(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
  return text.split('\r\n')[0] ?? ''
}

test('a snapshot is built, put in force, and served on the socket that control hands over', async (t) => {
  const { sent, apply, listen } = program(t)
  apply(plainSnapshot(1))
  assert.deepEqual(sent, [
    { kind: 'prepared', snapshot: 1 },
    { kind: 'applied', snapshot: 1 },
  ])
  assert.match(await ask(await listen()), /^HTTP\/1\.1 40[14] /)
})

test('what cannot be built is refused, and what was in force goes on', async (t) => {
  const { made, sent, apply, listen, openings } = program(t)
  apply(plainSnapshot(1))
  const port = await listen()
  const route = { name: 'all', path: '/**', upstream: 'nowhere', listeners: [], hosts: [], methods: [], allow: [] } as never
  made.receive({ kind: 'prepare', snapshot: plainSnapshot(2, { routes: [route] }), openings: openings() }, undefined)
  const last = sent.at(-1)
  assert.ok(last?.kind === 'rejected' && last.snapshot === 2 && last.message !== '')
  made.receive({ kind: 'commit', snapshot: 2 }, undefined)
  assert.deepEqual(sent.at(-1), { kind: 'rejected', snapshot: 2, message: 'snapshot 2 was not prepared here' })
  assert.match(await ask(port), /^HTTP\/1\.1 40[14] /)
})

test('what control left out is taken from the snapshot in force, and refused where there is none', async (t) => {
  const { made, sent, apply, openings } = program(t)
  const update = (number: number) => ({ ...plainSnapshot(number), mapping: null, users: null })
  made.receive({ kind: 'prepare', snapshot: update(1), openings: openings() }, undefined)
  assert.deepEqual(sent.at(-1), { kind: 'rejected', snapshot: 1, message: 'control left out what this worker never had' })
  apply(plainSnapshot(1))
  made.receive({ kind: 'prepare', snapshot: update(2), openings: openings() }, undefined)
  assert.deepEqual(sent.at(-1), { kind: 'prepared', snapshot: 2 })
})

test('a listener on another socket takes over when it accepts; one that is not wanted any more is closed', async (t) => {
  const { made, apply, listen } = program(t)
  apply(plainSnapshot(1))
  const first = await listen()
  apply(plainSnapshot(2), '2')
  assert.notEqual(await ask(first), '', 'the old one serves until the new one accepts')
  const second = await listen('2', 2)
  assert.notEqual(await ask(second), '')
  made.receive({ kind: 'prepare', snapshot: plainSnapshot(3, { listeners: new Map() }), openings: new Map() }, undefined)
  made.receive({ kind: 'commit', snapshot: 3 }, undefined)
  assert.equal(await ask(second), '')
})

test('a socket for an opening that is out of date is not accepted on', async (t) => {
  const { apply, listen, made, sent } = program(t)
  apply(plainSnapshot(1), '2')
  await listen('1')
  made.receive({ kind: 'status', id: 7 }, undefined)
  assert.deepEqual(sent.at(-1), { kind: 'status', id: 7, open: 0 })
})

test('certificates change for the next handshake, and new ticket keys mean a full one', async (t) => {
  const [one, two] = await Promise.all([
    authority.server(['localhost'], { subject: 'CN=one' }),
    authority.server(['localhost'], { subject: 'CN=two' }),
  ])
  const { made, apply, listen } = program(t)
  apply(tlsSnapshot(1, one))
  const port = await listen()
  const handshake = async (session?: Buffer) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate, ...(session && { session }) })
    socket.resume()
    const ticket = once(socket, 'session') as Promise<[Buffer]>
    await once(socket, 'secureConnect')
    const resumed = socket.isSessionReused()
    const subject = socket.getPeerX509Certificate()?.subject
    // A resumed session is not given a ticket of its own.
    const given = resumed ? session : (await ticket)[0]
    socket.destroy()
    return { subject, resumed, session: given }
  }
  const first = await handshake()
  assert.equal(first.subject, 'CN=one')
  const second = await handshake(first.session)
  assert.equal(second.resumed, true)
  apply(tlsSnapshot(2, two, new Uint8Array(48).fill(1)))
  assert.equal((await handshake()).subject, 'CN=two')
  made.receive({ kind: 'ticket_keys', keys: new Map([['main', new Uint8Array(48).fill(9)]]) }, undefined)
  assert.equal((await handshake(second.session)).resumed, false)
})

test('a drain takes no new connections and ends when the last one is gone', async (t) => {
  const { made, apply, listen, sent } = program(t)
  apply(plainSnapshot(1))
  const port = await listen()
  const open = connect(port, '127.0.0.1')
  await once(open, 'connect')
  open.on('error', () => {})
  const drained = made.drain(200)
  open.destroy()
  await drained
  assert.deepEqual(sent.at(-1)?.kind, 'metrics')
})

test('a drain cuts off what runs longer than its deadline', async (t) => {
  const { made, apply, listen } = program(t)
  apply(plainSnapshot(1))
  const port = await listen()
  const open = connect(port, '127.0.0.1')
  await once(open, 'connect')
  open.resume()
  open.write('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n')
  const closed = once(open, 'close')
  await made.drain(100)
  await closed
})
