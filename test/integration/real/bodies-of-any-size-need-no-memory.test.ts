import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type BulkClient, connectBulk } from '../../support/bulk-client.ts'
import { type BulkUpstream, startBulkUpstream } from '../../support/bulk-upstream.ts'
import { eventually } from '../../support/eventually.ts'
import { startGateway } from '../../support/gateway.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { type MemoryWatch, memoryUnmeasurable, watchMemory } from '../../support/memory.ts'

// A body of 5 GB in either direction arrives whole and byte for byte, and the worker does not grow by more than 60 MB over it;
// a side that stops reading holds the other back.

const GB = 1e9
const MB = 1e6
const skip = memoryUnmeasurable
const options = { skip, timeout: 600_000 }
const lifetime = fileLifetime()
let upstream: BulkUpstream
let client: BulkClient
let memory: MemoryWatch

before(async () => {
  if (skip !== false) return
  upstream = await startBulkUpstream(lifetime)
  const gateway = await startGateway(lifetime, { upstreams: `\n  recorder: { targets: ["${upstream.url}"] }`, accessLog: 'off' })
  client = await connectBulk(lifetime, gateway)
  // What is measured is growth with the size of a body, so the heap first takes the size that traffic as such gives it.
  await client.upload(400 * MB)
  await client.download(400 * MB)
  memory = await watchMemory(gateway.configFile)
})

function assertWhole({ bytes, wrongAt }: { bytes: number; wrongAt: number | null }, expected: number): void {
  assert.deepEqual({ bytes, wrongAt }, { bytes: expected, wrongAt: null })
}

function assertFlat(t: { diagnostic(message: string): void }): void {
  const growth = memory.growth()
  t.diagnostic(`the worker grew by ${(growth / MB).toFixed(1)} MB`)
  assert.ok(growth < 60 * MB, `the worker grew by ${growth} bytes`)
}

test('5 GB up', options, async (t) => {
  const received = await client.upload(5 * GB)
  assertWhole(received, 5 * GB)
  assert.deepEqual([received.user, received.chunked], ['alice', false])
  assertFlat(t)
})

test('5 GB down', options, async (t) => {
  assertWhole(await client.download(5 * GB), 5 * GB)
  assertFlat(t)
})

test('in chunks, of which nobody knows the sum, up and down', options, async (t) => {
  const received = await client.upload(500 * MB, { chunked: true })
  assertWhole(received, 500 * MB)
  assert.equal(received.chunked, true)
  assertWhole(await client.download(500 * MB, { chunked: true }), 500 * MB)
  assertFlat(t)
})

/** The system's own buffers hold up to tens of megabytes on each of the two hops; the gateway's show in its memory. */
const UNDER_WAY = 120 * MB

/** Resolves with a count that has stopped growing. */
function standstill(what: string, count: () => Promise<number> | number): Promise<number> {
  let last = -1
  let same = 0
  return eventually(what, async () => {
    const now = await count()
    same = now === last ? same + 1 : 0
    last = now
    return same >= 10 ? now : null
  })
}

test('a client that stops reading holds the upstream back', options, async (t) => {
  const { socket } = client
  const [sentBefore, readBefore] = [await upstream.sent(), socket.bytesRead]
  const download = client.download(500 * MB)
  await eventually('the first of it', () => socket.bytesRead > readBefore + MB)
  socket.pause()
  const sent = (await standstill('the upstream to be held back', upstream.sent)) - sentBefore
  const read = socket.bytesRead - readBefore
  assert.ok(sent - read < UNDER_WAY, `${sent - read} bytes are under way`)
  socket.resume()
  assertWhole(await download, 500 * MB)
  assertFlat(t)
})

test('an upstream that stops reading holds the client back', options, async (t) => {
  const { socket } = client
  const written = () => socket.bytesWritten - socket.writableLength
  const before = written()
  upstream.reading(false)
  const upload = client.upload(500 * MB)
  const sent = (await standstill('the client to be held back', written)) - before
  assert.ok(sent < UNDER_WAY, `${sent} bytes are under way`)
  upstream.reading(true)
  assertWhole(await upload, 500 * MB)
  assertFlat(t)
})
