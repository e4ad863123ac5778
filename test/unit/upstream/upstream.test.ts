import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clock } from '../../../src/http1/clock.ts'
import type { UpstreamConnection } from '../../../src/upstream/connection.ts'
import type { ResponseHandler } from '../../../src/upstream/types.ts'
import { type Target, Upstream } from '../../../src/upstream/upstream.ts'
import type { Lifetime } from '../../support/lifetime.ts'
import { RecordingUpstream } from '../../support/recording-upstream.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

const nothing: ResponseHandler = {
  onInformational: () => {},
  onSwitched: () => {},
  onResponse: () => {},
  onResponseBody: () => {},
  onTunnelBytes: () => {},
  onTunnelEnd: () => {},
  onWritable: () => {},
  onFailed: () => {},
}

/** Sends a request and gives the connection back after its response. */
function exchange(connection: UpstreamConnection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.begin(
    {
      ...nothing,
      onResponse() {
        connection.release(true)
        resolve()
      },
      onFailed: (failure, detail) => reject(new Error(`${failure}: ${detail}`)),
    },
    false,
    false,
  )
  connection.sendText('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  return promise
}

/** Resolves with how it failed. */
function failing(connection: UpstreamConnection): Promise<string> {
  return new Promise((resolve) => connection.begin({ ...nothing, onFailed: resolve }, false, false))
}

const targetOf = ({ port, url }: RecordingUpstream): Target => ({ kind: 'tcp', url, host: '127.0.0.1', port, tls: false })

async function started(t: Lifetime, servers: number, keepAlive = '') {
  const recorders: RecordingUpstream[] = []
  for (let i = 0; i < servers; i++) recorders.push(await RecordingUpstream.start(t))
  for (const recorder of recorders) {
    recorder.answer = (_request, socket) => socket.write(`HTTP/1.1 200 OK\r\n${keepAlive}Content-Length: 0\r\n\r\n`)
  }
  const health: string[] = []
  const upstream = new Upstream('u', recorders.map(targetOf), null, { healthy: (target, value) => health.push(`${target} ${value}`) })
  t.after(() => upstream.retire())
  return { recorders, upstream, health }
}

describe('connections', () => {
  test('the one used last is taken first', async (t) => {
    const { upstream } = await started(t, 1)
    const [one, two] = [upstream.acquire(), upstream.acquire()]
    assert.notEqual(one, two)
    await exchange(one)
    await exchange(two)
    assert.deepEqual([upstream.acquire(), upstream.acquire()], [two, one])
  })

  test('a fresh one is made where that is asked for', async (t) => {
    const { upstream } = await started(t, 1)
    const kept = upstream.acquire()
    await exchange(kept)
    const fresh = upstream.acquire(true)
    assert.notEqual(fresh, kept)
    fresh.destroy()
    assert.equal(upstream.acquire(), kept)
  })

  test('one that died while unused is not given out', async (t) => {
    const { upstream, recorders } = await started(t, 1)
    const kept = upstream.acquire()
    await exchange(kept)
    const closed = new Promise((resolve) => kept.socket.once('close', resolve))
    for (const socket of recorders[0].sockets) socket.destroy()
    await closed
    assert.notEqual(upstream.acquire(), kept)
  })

  test('an unused one goes after four seconds, swept or asked for', async (t) => {
    const { upstream } = await started(t, 1)
    const [swept, asked] = [upstream.acquire(), upstream.acquire()]
    await exchange(swept)
    clock.now += 1000
    await exchange(asked)
    clock.now += 3000
    upstream.sweep(clock.now)
    assert.equal(swept.dead, false)
    upstream.sweep(clock.now + 1)
    assert.deepEqual([swept.dead, asked.dead], [true, false])
    // The sweep is late.
    clock.now += 1001
    assert.notEqual(upstream.acquire(), asked)
    assert.equal(asked.dead, true)
  })

  test('the timeout that the upstream announces is kept with a second to spare', async (t) => {
    for (const [seconds, limit] of [
      [3, 2000],
      [60, 4000],
    ]) {
      const { upstream } = await started(t, 1, `Keep-Alive: timeout=${seconds}\r\n`)
      const kept = upstream.acquire()
      await exchange(kept)
      assert.equal(kept.idleLimit, limit)
      clock.now += limit
      assert.equal(upstream.acquire(), kept)
    }
    for (const seconds of [0, 1]) {
      const { upstream } = await started(t, 1, `Keep-Alive: timeout=${seconds}\r\n`)
      const connection = upstream.acquire()
      await exchange(connection)
      assert.equal(connection.dead, true)
    }
  })
})

describe('targets', () => {
  test('take turns', async (t) => {
    const { upstream, recorders } = await started(t, 3)
    const used: string[] = []
    for (let i = 0; i < 6; i++) {
      const connection = upstream.acquire()
      used.push(connection.target)
      await exchange(connection)
    }
    const urls = recorders.map(({ url }) => url)
    assert.deepEqual(used, [...urls, ...urls])
    assert.equal(upstream.targetCount, 3)
  })

  test('one that refuses rests, twice as long each time, and is well again once it answers', async (t) => {
    const { upstream, recorders, health } = await started(t, 2)
    const [down, up] = recorders
    const { port, url } = down
    await down.stop()
    const fail = async (): Promise<void> => {
      let connection = upstream.acquire()
      while (connection.target !== url) {
        connection.destroy()
        connection = upstream.acquire()
      }
      assert.equal(await failing(connection), 'connect')
    }
    const resting = (): boolean => {
      const chosen = [upstream.acquire(), upstream.acquire()]
      for (const connection of chosen) connection.destroy()
      return chosen.every(({ target }) => target === up.url)
    }
    for (const rest of [1000, 2000, 4000]) {
      await fail()
      clock.now += rest - 1
      assert.equal(resting(), true, `${rest} ms`)
      clock.now += 1
      assert.equal(resting(), false, `${rest} ms`)
    }
    const again = await RecordingUpstream.start(t, { port })
    again.answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    let connection = upstream.acquire()
    while (connection.target !== url) {
      connection.destroy()
      connection = upstream.acquire()
    }
    await exchange(connection)
    assert.deepEqual(
      health.filter((line) => line.startsWith(`${url} `)),
      [`${url} false`, `${url} false`, `${url} false`, `${url} true`],
    )
    assert.equal(resting(), false)
  })

  test('where all rest, the one that rests least is asked', async (t) => {
    const { upstream, recorders } = await started(t, 2)
    for (const recorder of recorders) await recorder.stop()
    const first = upstream.acquire()
    await failing(first)
    clock.now += 10
    await failing(upstream.acquire())
    for (let i = 0; i < 3; i++) {
      const connection = upstream.acquire()
      assert.equal(connection.target, first.target)
      connection.destroy()
    }
  })

  test('one that is well is told of with its first connection, then once a second at most, and only by new ones', async (t) => {
    const { upstream, recorders, health } = await started(t, 1)
    const connect = (): Promise<void> => exchange(upstream.acquire(true))
    const well = `${recorders[0].url} true`
    await connect()
    await connect()
    assert.deepEqual(health, [well])
    clock.now += 999
    await connect()
    assert.deepEqual(health, [well])
    clock.now += 1
    await exchange(upstream.acquire())
    assert.deepEqual(health, [well])
    await connect()
    assert.deepEqual(health, [well, well])
  })

  test('one that never connects in time rests too', async (t) => {
    const { upstream, health, recorders } = await started(t, 2)
    upstream.acquire().expire()
    assert.deepEqual(health, [`${recorders[0].url} false`])
    for (let i = 0; i < 2; i++) {
      const connection = upstream.acquire()
      assert.equal(connection.target, recorders[1].url)
      connection.destroy()
    }
  })
})

test('retired, it closes what is unused, and what is in use after its exchange', async (t) => {
  const { upstream } = await started(t, 1)
  const [unused, used] = [upstream.acquire(), upstream.acquire()]
  await exchange(unused)
  upstream.retire()
  assert.deepEqual([unused.dead, used.dead], [true, false])
  await exchange(used)
  assert.equal(used.dead, true)
})
