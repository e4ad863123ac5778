import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { CLI_CALLER } from '../../../../src/admin/offline.ts'
import type { Api } from '../../../../src/admin/router.ts'
import { carry, isPath } from '../../../../src/control/administration/http.ts'

async function serve(t: { after(callback: () => void): void }, api: Api) {
  const server = createServer((asked, response) => {
    carry(asked, response, () => CLI_CALLER, api).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('a stream goes out as it comes, and whoever makes it learns that its reader has gone', async (t) => {
  const ended = Promise.withResolvers<void>()
  async function* events() {
    try {
      yield 'one\n'
      yield 'two\n'
      // Nothing more ever comes, and only the reader ends it.
      await new Promise<void>((resolve) => setTimeout(resolve, 50))
      for (;;) {
        yield 'more\n'
        await new Promise<void>((resolve) => setTimeout(resolve, 50))
      }
    } finally {
      ended.resolve()
    }
  }
  const port = await serve(t, async () => ({ status: 200, headers: { 'Content-Type': 'text/event-stream' }, body: events() }))
  const asked = request({ port, host: '127.0.0.1', path: '/' })
  asked.on('error', () => {})
  asked.end()
  await new Promise<void>((resolve) => {
    asked.on('response', (response) => response.once('data', () => resolve()))
  })
  asked.destroy()
  await ended.promise
})

test('a request comes whole, with every header and its query', async (t) => {
  const port = await serve(t, async ({ method, path, query, headers, body }) => {
    const seen = { method, path, query: [...query], origin: headers.get('x-two'), body: body.toString() }
    return { status: 200, headers: {}, body: JSON.stringify(seen) }
  })
  const text = await new Promise<string>((resolve) => {
    const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/a%2Fb?x=1&x=2&y=%20?', headers: { 'x-two': ['a', 'b'] } })
    asked.on('response', (response) => response.on('data', (part) => resolve(String(part))))
    asked.end('body')
  })
  const query = [
    ['x', '1'],
    ['x', '2'],
    ['y', ' ?'],
  ]
  assert.deepEqual(JSON.parse(text), { method: 'POST', path: '/a%2Fb', query, origin: 'a, b', body: 'body' })
})

test('a whole answer arrives whole, and whoever never reads it is cut off', async (t) => {
  const whole = Buffer.alloc(64 * 1024 * 1024, 'x')
  const port = await serve(t, async () => ({ status: 200, headers: {}, body: whole }))
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  assert.ok(whole.equals(Buffer.from(await answer.arrayBuffer())))

  let isCut = false
  const stuck = createServer((asked, response) => {
    response.once('close', () => {
      isCut = true
    })
    carry(
      asked,
      response,
      () => CLI_CALLER,
      async () => ({ status: 200, headers: {}, body: whole }),
    ).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => stuck.listen(0, '127.0.0.1', resolve))
  t.after(() => stuck.close())
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deaf = connect((stuck.address() as AddressInfo).port, '127.0.0.1').pause()
  t.after(() => deaf.destroy())
  deaf.on('error', () => {})
  deaf.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  for (let turn = 0; turn < 20_000 && !isCut; turn++) {
    await setImmediate()
    t.mock.timers.tick(60_000)
  }
  assert.ok(isCut)
})

test('only a path is a target', () => {
  for (const target of ['/', '/a?b', '/a//b', '/%zz']) assert.equal(isPath(target), true, target)
  for (const target of ['', '*', 'a', '//a', 'http://a/b', 'a:443']) assert.equal(isPath(target), false, target)
})
