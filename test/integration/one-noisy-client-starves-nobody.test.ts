/** The promise: under more load than a worker can carry, who asks for most is refused with 503, and who asks for little notices nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { makeNoise } from '../support/noise.ts'
import type { RawClient } from '../support/raw-client.ts'

const lifetime = fileLifetime()
/** Milliseconds between two requests of the quiet client. */
const PACE = 40

/** Asks now and then until told to stop; every status it was given. */
function askQuietly(client: RawClient): { readonly statuses: number[]; stop(): Promise<void> } {
  const statuses: number[] = []
  let stopped = false
  const run = async () => {
    while (!stopped) {
      statuses.push((await client.ask(get('/quiet'))).status)
      await new Promise((resolve) => setTimeout(resolve, PACE))
    }
  }
  const running = run()
  return {
    statuses,
    async stop() {
      stopped = true
      await running
    },
  }
}

test('a noisy client is answered 503 and another is served', async () => {
  const gateway = await startGateway(lifetime, { workers: 1, limits: '{ event_loop_delay: 5ms }' })
  const { port, authority, mallory, program } = gateway
  const quiet = askQuietly(await gateway.connect())
  const noise = makeNoise(lifetime, {
    ...{ port, ca: authority.certificate, cert: mallory.certificate, key: mallory.key },
    ...{ request: get('/noise'), connections: 100, pipelined: 100 },
  })
  await eventually('the noisy client is refused', () => noise.answers().has('503'), 30_000)
  const before = quiet.statuses.length
  await eventually('the quiet client goes on', () => quiet.statuses.length >= before + 20, 30_000)
  await noise.stop()
  await quiet.stop()
  assert.deepEqual([...new Set(quiet.statuses)], [200])
  assert.deepEqual([...noise.answers().keys()].toSorted(), ['403', '503'])
  assert.equal(gateway.upstream.requests.length, quiet.statuses.length)
  const shed = await eventually('it is in the access log', () => gateway.records().find((record) => record.status === 503) ?? null)
  assert.equal(shed.reason, 'overloaded')
  assert.equal(shed.path, '/noise')
  await eventually('everything is let in again', () => program.lines.some((line) => line.includes('no longer overloaded')))
})
