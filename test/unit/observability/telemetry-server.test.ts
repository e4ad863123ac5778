import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { CertgateError } from '../../../src/errors.ts'
import { startTelemetryServer, type TelemetrySources } from '../../../src/observability/telemetry-server.ts'

const fine: TelemetrySources = {
  metrics: async () => 'certgate_workers 1\n',
  unhealthy: () => null,
  unready: () => null,
  onError: (error) => assert.fail(error as Error),
}

async function start(t: TestContext, sources: Partial<TelemetrySources> = {}) {
  const server = await startTelemetryServer({ host: '127.0.0.1', port: 0 }, { ...fine, ...sources })
  t.after(() => server.close())
  return server
}

interface Reply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
  readonly localPort: number | undefined
}

function ask(port: number, path: string, method = 'GET', agent?: Agent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request({ port, path, method, agent, host: '127.0.0.1' }, (response) => {
      let body = ''
      const { localPort } = response.socket
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, localPort }))
    })
      .on('error', reject)
      .end()
  })
}

test('metrics, health and readiness are answered', async (t) => {
  const { address } = await start(t)
  const metrics = await ask(address.port, '/metrics?x=1')
  assert.deepEqual([metrics.status, metrics.body], [200, 'certgate_workers 1\n'])
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(metrics.headers['cache-control'], 'no-store')
  assert.deepEqual((await ask(address.port, '/healthz')).body, 'ok\n')
  assert.deepEqual((await ask(address.port, '/readyz')).status, 200)
  const head = await ask(address.port, '/metrics', 'HEAD')
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '19', ''])
})

test('what is not well says why, with 503', async (t) => {
  const { address } = await start(t, { unhealthy: () => 'no worker is left', unready: () => 'draining' })
  const health = await ask(address.port, '/healthz')
  assert.deepEqual([health.status, health.body], [503, 'no worker is left\n'])
  const ready = await ask(address.port, '/readyz')
  assert.deepEqual([ready.status, ready.body], [503, 'draining\n'])
  assert.equal((await ask(address.port, '/metrics')).status, 200)
})

test('nothing else is served', async (t) => {
  const { address } = await start(t)
  for (const path of ['/', '/metrics/', '//metrics', '/Metrics', '/metrics/../healthz', '/%6detrics', '/debug']) {
    assert.equal((await ask(address.port, path)).status, 404, path)
  }
  const post = await ask(address.port, '/metrics', 'POST')
  assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD'])
})

test('scrapes at the same time ask the workers once, and a failure does not stick', async (t) => {
  let calls = 0
  let outcome: Promise<string> | Error = new Error('worker 1 said hunter2')
  const errors: unknown[] = []
  const { address } = await start(t, {
    metrics: async () => {
      calls++
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    onError: (error) => errors.push(error),
  })
  const failed = await ask(address.port, '/metrics')
  assert.equal(failed.status, 500)
  assert.doesNotMatch(failed.body, /hunter2/)
  assert.deepEqual([calls, errors.length], [1, 1])
  let finish = (_text: string): void => {}
  outcome = new Promise((resolve) => {
    finish = resolve
  })
  // Pipelined in one segment, so that all of them are received before the first can be answered.
  const scrape = 'GET /metrics HTTP/1.1\r\nHost: x\r\n'
  const replies = raw(address.port, `${scrape}\r\n${scrape}\r\n${scrape}Connection: close\r\n\r\n`)
  while (calls < 2) await ask(address.port, '/healthz')
  finish('x 1\n')
  assert.equal((await replies).match(/\r\n\r\nx 1\n/g)?.length, 3)
  assert.equal(calls, 2)
})

test('a request with a body is answered without it, and its connection is not kept', async (t) => {
  const { address } = await start(t)
  const text = await raw(address.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n')
  assert.match(text, /^HTTP\/1\.1 200 /)
  assert.match(text, /Connection: close/)
})

test('a head over 8 KiB and what is not HTTP are refused', async (t) => {
  const { address } = await start(t)
  assert.match(await raw(address.port, `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  assert.match(await raw(address.port, 'garbage\r\n\r\n'), /^HTTP\/1\.1 400 /)
})

test('half-sent requests keep nobody out: neither a probe that comes now nor a scraper that keeps its connection', async (t) => {
  const { address } = await start(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const scraped = await ask(address.port, '/metrics', 'GET', agent)
  const half = Array.from({ length: 100 }, () => connect(address.port, '127.0.0.1'))
  t.after(() => half.map((socket) => socket.destroy()))
  let closed = 0
  for (const socket of half) {
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.write('GET /healthz HTTP/1.1\r\nHost: ')
    await once(socket, 'connect')
  }
  // Each of these takes the place of one, long before the half-sent ones time out.
  const since = performance.now()
  for (let probe = 0; probe < 10; probe++) assert.equal((await ask(address.port, '/healthz')).status, 200)
  assert.ok(performance.now() - since < 3_000)
  assert.ok(closed >= 100 - 64 && closed < 100, `${closed} were closed`)
  const again = await ask(address.port, '/metrics', 'GET', agent)
  assert.equal(again.status, 200)
  assert.equal(again.localPort, scraped.localPort, 'on the same connection')
})

test('an address in use is one clear error', async (t) => {
  const { address } = await start(t)
  await assert.rejects(startTelemetryServer({ host: '127.0.0.1', port: address.port }, fine), (error) => {
    assert.ok(error instanceof CertgateError)
    assert.equal(error.code, 'address_unavailable')
    assert.match(error.message, /^cannot open telemetry address 127\.0\.0\.1:\d+: another program already listens there$/)
    return true
  })
})

test('closing does not wait for a scraper that keeps its connection', async () => {
  const server = await startTelemetryServer({ host: '127.0.0.1', port: 0 }, fine)
  const agent = new Agent({ keepAlive: true })
  await ask(server.address.port, '/metrics', 'GET', agent)
  await server.close()
  await assert.rejects(ask(server.address.port, '/metrics'), /ECONNREFUSED/)
  agent.destroy()
})

/** Sends bytes as they are and resolves with everything that came back until the other side closed. */
async function raw(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return received
}
