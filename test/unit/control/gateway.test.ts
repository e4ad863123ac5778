import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminSocket } from '../../../src/control/administration/socket.ts'
import { Gateway } from '../../../src/control/gateway.ts'
import { InheritedSockets } from '../../../src/control/listening/inherited-sockets.ts'
import type { LoadResult } from '../../../src/control/loading/load.ts'
import type { WorkerPool } from '../../../src/control/workers/pool.ts'
import { type Serving, WorkerGoneError, WorkerRefusedError } from '../../../src/control/workers/process.ts'
import { CertgateError } from '../../../src/errors.ts'
import type { Snapshot, ToWorker } from '../../../src/ipc/messages.ts'
import type { ListenerMaterial } from '../../../src/tls/types.ts'
import { createAuthority } from '../../support/authority.ts'
import { listenerSettings, settingsWith } from '../../support/settings.ts'

const ca = (await createAuthority('CN=one')).certificate
const unusable = 'nothing that any listener could use'
const otherCa = (await createAuthority('CN=two')).certificate

const material = (clientCa: string): ListenerMaterial => ({
  keyPair: { certificate: '', key: '' },
  clientCa: [clientCa],
  crl: { validate: false, onUnavailable: 'deny', lists: [] },
  names: new Map(),
  ticketKeys: new Uint8Array(48),
})

function snapshot(
  number: number,
  given: { listeners?: string[]; clientCa?: string; workers?: number; admin?: string; unwritten?: boolean } = {},
): Snapshot {
  const names = given.listeners ?? ['main']
  return {
    number,
    settings: settingsWith({
      listeners: new Map(names.map((name) => [name, listenerSettings(name)])),
      workers: given.workers ?? 1,
      admin:
        given.admin === undefined
          ? null
          : {
              address: null,
              tls: null,
              adminDn: [],
              serverCertificate: 'allow',
              hosts: [],
              socket: given.admin,
              byDefault: given.unwritten ?? false,
            },
    }),
    mapping: { file: '', entries: [] },
    users: [],
    listeners: new Map(names.map((name) => [name, material(given.clientCa ?? ca)])),
    upstreams: new Map(),
  }
}

const NONE = { configuration: null, rolesMapping: null }
const changed = (next: Snapshot): LoadResult => ({ ok: true, snapshot: next, changed: true, warnings: [], digests: NONE })

/** A pool that notes what it is told, and fails where `failure` is set. */
class FakePool {
  readonly events: string[] = []
  readonly served: Serving[] = []
  failure: Error | null = null

  async start(count: number, serving: Serving) {
    this.events.push(`start ${count}`)
    this.#take(serving)
  }

  async apply(serving: Serving, trustChanged: boolean) {
    this.events.push(`apply ${serving.snapshot.number} trust ${trustChanged}`)
    this.#take(serving)
  }

  async resize(count: number) {
    this.events.push(`resize ${count}`)
  }

  async stop() {
    this.events.push('stop')
  }

  kill() {
    this.events.push('kill')
  }

  renew(serving: Serving) {
    this.events.push('renew')
    this.served.push(serving)
  }

  tellAll(message: ToWorker) {
    this.events.push(message.kind)
  }

  #take(serving: Serving) {
    if (this.failure !== null) throw this.failure
    this.served.push(serving)
  }
}

function gateway(t: { after(callback: () => unknown): void }) {
  const pool = new FakePool()
  const announced: string[] = []
  const admin: string[] = []
  const registry = { kept: true }
  const plain = { address: { address: '127.0.0.1', family: 'IPv4', port: 1 }, close: async () => {} }
  const made = new Gateway({
    pool: pool as unknown as WorkerPool,
    inherited: new InheritedSockets(),
    keepsRegistry: () => registry.kept,
    announce: (line) => announced.push(line),
    openTelemetry: async () => plain,
    openPki: async () => plain,
    openEst: async ({ host, port }) => {
      admin.push(`open est ${host}:${port}`)
      return {
        port,
        prepare: ({ material: { clientCa } }) => {
          if (clientCa[0] === unusable) throw new CertgateError('material_unusable', 'no such authority')
          return { commit: () => admin.push('est trust'), abandon: () => admin.push('no est trust') }
        },
        close: async () => void admin.push(`close est ${host}:${port}`),
      }
    },
    openAdmin: async (path): Promise<AdminSocket> => {
      admin.push(`open ${path}`)
      return { path, close: () => admin.push(`close ${path}`) }
    },
    openAdministration: async ({ host, port }) => {
      admin.push(`open ${host}:${port}`)
      return {
        address: { host, port },
        prepare: () => ({ commit: () => admin.push('trust'), abandon: () => admin.push('no trust') }),
        close: () => admin.push(`close ${host}:${port}`),
      }
    },
  })
  t.after(() => made.stop())
  const keys = (index: number, name = 'main') => pool.served.at(index)?.snapshot.listeners.get(name)?.ticketKeys
  return { made, pool, announced, admin, keys, registry }
}

test('what is started is announced with its real port', async (t) => {
  const { made, announced, pool } = gateway(t)
  await made.start(snapshot(1, { workers: 3 }))
  assert.match(announced.join(), /^certgate: ready on http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  assert.deepEqual(pool.events, ['start 3'])
  assert.equal(made.inForce?.snapshot.number, 1)
})

test('where workers do not start, nothing is announced or left', async (t) => {
  const { made, announced, pool, admin } = gateway(t)
  pool.failure = new WorkerGoneError('worker 7 has ended')
  await assert.rejects(made.start(snapshot(1, { admin: '/a' })), {
    code: 'io_failed',
    message: 'a worker did not start: worker 7 has ended',
  })
  assert.deepEqual([announced, made.inForce, pool.events.at(-1)], [[], null, 'kill'])
  assert.deepEqual(admin, ['open /a', 'close /a'])
})

test('a socket that nobody wrote is opened for the sake of a registry alone', async (t) => {
  const { made, admin, registry } = gateway(t)
  registry.kept = false
  await made.start(snapshot(1, { admin: '/a', unwritten: true }))
  assert.deepEqual([admin, made.addresses.socket], [[], null])
  await made.change(changed(snapshot(2, { admin: '/a' })))
  assert.deepEqual([admin, made.addresses.socket], [['open /a'], '/a'])
  registry.kept = true
  await made.change(changed(snapshot(3, { admin: '/b', unwritten: true })))
  assert.deepEqual([admin, made.addresses.socket], [['open /a', 'open /b', 'close /a'], '/b'])
})

test('a listener that a worker cannot listen on is told by its address', async (t) => {
  const { made, pool } = gateway(t)
  pool.failure = new WorkerRefusedError('in use', 'main', 'EADDRINUSE')
  await assert.rejects(made.start(snapshot(1)), {
    code: 'address_unavailable',
    message: /127\.0\.0\.1:\d+: another program already listens there/,
  })
})

test('unchanged listeners keep their socket and their ticket keys; new ones are announced', async (t) => {
  const { made, pool, announced, keys } = gateway(t)
  await made.start(snapshot(1))
  const outcome = await made.change(changed(snapshot(2, { listeners: ['main', 'extra'] })))
  assert.equal(outcome.kind, 'loaded')
  assert.equal(announced.length, 2)
  assert.equal(pool.served[0]?.openings.get('main'), pool.served[1]?.openings.get('main'))
  assert.deepEqual(keys(0), keys(1))
  assert.ok(pool.events.includes('apply 2 trust false'))
})

test('a changed CA is a change of trust, with new ticket keys', async (t) => {
  const { made, pool, keys } = gateway(t)
  await made.start(snapshot(1))
  await made.change(changed(snapshot(2, { clientCa: otherCa })))
  assert.ok(pool.events.includes('apply 2 trust true'))
  assert.notDeepEqual(keys(0), keys(1))
})

test('a listener that becomes plain or TLS is opened anew on its socket', async (t) => {
  const { made, pool } = gateway(t)
  await made.start(snapshot(1))
  const next = snapshot(2)
  const tls = { clientauthMode: 'REQUIRE', names: new Map() } as never
  const settings = settingsWith({ listeners: new Map([['main', listenerSettings('main', { tls })]]) })
  await made.change(changed({ ...next, settings }))
  const [before, after] = pool.served.map(({ openings }) => openings.get('main'))
  assert.notEqual(before, after)
  assert.equal(before?.split('/')[0], after?.split('/')[0])
})

test('where a change fails, what was in force stays, its keys and sockets too', async (t) => {
  const { made, pool, announced, admin, keys } = gateway(t)
  await made.start(snapshot(1, { admin: '/a' }))
  pool.failure = new WorkerRefusedError('no memory')
  const outcome = await made.change(changed(snapshot(2, { listeners: ['main', 'extra'], clientCa: otherCa, admin: '/b' })))
  assert.equal(outcome.kind === 'failed' && outcome.error?.message, 'a worker could not take up the configuration: no memory')
  assert.equal(made.inForce?.snapshot.number, 1)
  assert.equal(announced.length, 1)
  assert.deepEqual(admin, ['open /a', 'open /b', 'close /b'])
  pool.failure = null
  await made.change(changed(snapshot(2)))
  assert.deepEqual(keys(0), keys(-1))
})

test('a configuration with problems changes nothing, an unchanged one opens logs anew', async (t) => {
  const { made, pool } = gateway(t)
  await made.start(snapshot(1))
  assert.deepEqual(await made.change({ ok: false, problems: [], watchedFiles: [] }), { kind: 'failed', problems: [], error: null })
  assert.deepEqual(pool.events, ['start 1'])
  assert.equal((await made.change({ ok: true, snapshot: snapshot(1), changed: false, warnings: [], digests: NONE })).kind, 'unchanged')
  assert.deepEqual(pool.events, ['start 1', 'reopen_logs'])
})

test('what fails for no reason of ours is not taken for a problem of the configuration', async (t) => {
  const { made, pool } = gateway(t)
  await made.start(snapshot(1))
  pool.failure = new TypeError('a bug')
  await assert.rejects(made.change(changed(snapshot(2))), TypeError)
  assert.equal(made.inForce?.snapshot.number, 1)
})

test('after 300 s every worker gets new ticket keys, and so does every one that starts later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  const { made, pool, keys } = gateway(t)
  await made.start(snapshot(1))
  t.mock.timers.tick(299_999)
  assert.equal(pool.events.includes('ticket_keys'), false)
  t.mock.timers.tick(1)
  assert.deepEqual(pool.events.slice(-2), ['renew', 'ticket_keys'])
  assert.notDeepEqual(keys(0), keys(1))
  assert.equal(made.inForce?.snapshot.number, 1)
  t.mock.timers.tick(300_000)
  assert.equal(pool.events.filter((event) => event === 'ticket_keys').length, 2)
})

test('once it stops it takes up nothing', async (t) => {
  const { made, pool } = gateway(t)
  await made.start(snapshot(1))
  await made.stop()
  const outcome = await made.change(changed(snapshot(2)))
  assert.ok(outcome.kind === 'failed' && outcome.error instanceof CertgateError)
  assert.equal(outcome.error.message, 'certgate is stopping')
  assert.equal(pool.events.at(-1), 'stop')
})

test('enrolment takes over the new trust with all else, or nothing changes', async (t) => {
  const { made, pool, admin } = gateway(t)
  const enrolling = (number: number, clientCa: string): Snapshot => {
    const tls = { clientauthMode: 'REQUIRE', names: new Map() } as never
    const settings = settingsWith({
      listeners: new Map([['main', listenerSettings('main', { tls })]]),
      pki: { http: null, est: { host: '127.0.0.1', port: 1 }, estPasswords: 'deny' },
    })
    return { ...snapshot(number, { clientCa }), settings }
  }
  await made.start(enrolling(1, ca))
  await made.change(changed(enrolling(2, otherCa)))
  pool.failure = new WorkerGoneError('it has ended')
  await made.change(changed(enrolling(3, ca)))
  pool.failure = null
  const outcome = await made.change(changed(enrolling(4, unusable)))
  assert.equal(outcome.kind, 'failed')
  assert.equal(made.inForce?.snapshot.number, 2)
  assert.ok(!pool.events.includes('apply 4 trust true'))
  assert.deepEqual(admin, ['open est 127.0.0.1:1', 'est trust', 'no est trust'])
})
