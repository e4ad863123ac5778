import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { InForce, Outcome } from '../../../../src/control/gateway.ts'
import { type LoadResult, loadConfiguration } from '../../../../src/control/loading/load.ts'
import { Reloading } from '../../../../src/control/loading/reloading.ts'
import { CertgateError } from '../../../../src/errors.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import { createLogger } from '../../../../src/observability/logger.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const CONFIG = `listeners: { main: { address: "127.0.0.1:0", tls: off } }
auth: { anonymous: true }
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes: [{ name: all, path: /**, allow: [anonymous], upstream: app }]
`

/** A gateway that takes up whatever was loaded, unless told otherwise. */
async function gateway(t: TestContext) {
  const { write } = temporaryFolder(t)
  const source = { kind: 'file', file: write('certgate.yml', CONFIG) } as const
  const first = await loadConfiguration(source, null)
  assert.ok(first.ok, JSON.stringify(first))
  const told: string[] = []
  const configured: number[] = []
  const state: { ending: boolean; inForce: InForce; change(result: LoadResult): Promise<Outcome>; replaceAll(): Promise<void> } = {
    replaceAll: async () => void told.push('replaced'),
    ending: false,
    inForce: { snapshot: first.snapshot, loadedAt: Date.now(), sockets: new Map() },
    change: async (result) => {
      if (!result.ok) return { kind: 'failed', problems: result.problems, error: null }
      state.inForce = { ...state.inForce, snapshot: result.snapshot }
      return { kind: 'loaded', snapshot: result.snapshot, warnings: [], digests: result.digests }
    },
  }
  const reloading = new Reloading({
    source,
    log: createLogger({ level: 'error', format: 'json', worker: null }),
    loads: { tell: (outcome) => void told.push(outcome.kind) },
    gateway: {
      get inForce() {
        return state.inForce
      },
      change: (result) => state.change(result),
    },
    pool: { replaceAll: () => state.replaceAll() },
    revocation: { configure: ({ number }: Snapshot) => void configured.push(number) },
    authorityFiles: () => [],
    done: ({ outcome }, { number }) => void told.push(`${outcome} ${number}`),
    ending: () => state.ending,
  })
  t.after(() => reloading.close())
  return {
    write,
    source,
    state,
    told,
    configured,
    reloading /** As if nothing had been written for a while: no file is read again only to be sure. */,
    begin: (readSince = Date.now() + 60_000) => reloading.begin(first.snapshot, readSince),
  }
}

test('a reload that was asked for before the gateway serves waits for it, and those that wait are one', async (t) => {
  const { reloading, told, begin, write } = await gateway(t)
  const [first, second, third] = [reloading.request('signal'), reloading.request('command', null, true), reloading.request('file')]
  assert.equal(second, third)
  write('certgate.yml', CONFIG.replace('all,', 'everything,'))
  await begin()
  assert.equal((await first).snapshot, 2)
  assert.equal((await third).cause, 'file')
  assert.deepEqual(told, ['loaded', 'loaded 2', 'loaded', 'loaded 2', 'replaced'])
  assert.equal(reloading.last, await third)
})

test('what cannot be taken up leaves what was in force, and statuses are asked for by that again', async (t) => {
  const { reloading, told, configured, begin, state, write } = await gateway(t)
  await begin()
  write('certgate.yml', CONFIG.replace('all,', 'everything,'))
  state.change = async () => {
    throw new CertgateError('address_unavailable', 'the port is in use')
  }
  const report = await reloading.request('command', null, true)
  assert.deepEqual([report.outcome, report.snapshot, report.message], ['failed', 1, 'the port is in use; snapshot 1 stays in force'])
  assert.deepEqual(configured.slice(0, 2), [2, 1])
  assert.deepEqual(told.slice(0, 2), ['failed', 'failed 1'])
  assert.ok(!told.includes('replaced'), 'no worker is replaced')
})

test('a file that is broken or gone is a report, not a rejection', async (t) => {
  const { reloading, begin, write, source } = await gateway(t)
  await begin()
  write('certgate.yml', 'listeners: {}\nnonsense: 1\n')
  const broken = await reloading.request('command')
  assert.equal(broken.outcome, 'failed')
  assert.ok(broken.problems.length > 0)
  rmSync(source.file)
  assert.equal((await reloading.request('command')).outcome, 'failed')
})

test('a process that ends replaces no worker', async (t) => {
  const { reloading, told, begin, state } = await gateway(t)
  await begin()
  state.ending = true
  await reloading.request('command', null, true)
  assert.deepEqual(told, ['loaded', 'loaded 1'])
})

test('workers that could not be replaced are a failure, whatever came of the configuration', async (t) => {
  const { reloading, begin, state } = await gateway(t)
  await begin()
  state.replaceAll = async () => {
    throw new Error('worker 7 has ended')
  }
  const { outcome, message } = await reloading.request('command', null, true)
  assert.equal(outcome, 'failed')
  assert.match(message, /in force.*; not every worker was replaced: worker 7 has ended/)
  assert.equal(reloading.last?.outcome, 'failed')
})

test('files that are read again only to be sure, and had not changed, are no reload', async (t) => {
  const { reloading, told, begin, state } = await gateway(t)
  const asked = Promise.withResolvers<void>()
  state.change = async () => {
    asked.resolve()
    return { kind: 'unchanged', warnings: [] }
  }
  await begin(0)
  await asked.promise
  const report = await reloading.request('command')
  assert.deepEqual(told, ['unchanged', 'unchanged 1'], 'the one that was asked for')
  assert.equal(reloading.last, report)
})
