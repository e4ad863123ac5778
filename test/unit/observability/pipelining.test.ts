import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { limitPipelining } from '../../../src/observability/pipelining.ts'

async function serve(t: { after(callback: () => void): void }, listener: RequestListener, most: number) {
  let parsed = 0
  const server = createServer(limitPipelining(listener, most)).listen(0, '127.0.0.1')
  server.on('request', () => parsed++)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  let seen = ''
  socket.on('data', (part) => {
    seen += part
  })
  return { socket, seen: () => seen, parsed: () => parsed }
}

const get = (path: string | number) => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const many = (count: number) => Array.from({ length: count }, (_, index) => get(index)).join('')

test('as many as may wait are answered in turn, and one after another without end', async (t) => {
  const { socket, seen } = await serve(t, ({ url }, response) => void response.end(`answer ${url};`), 4)
  for (let round = 1; round <= 20; round++) {
    socket.write(many(4))
    while (seen().match(/answer/g)?.length !== round * 4) await once(socket, 'data')
  }
  assert.match(seen(), /\/0;[\s\S]*\/1;[\s\S]*\/2;[\s\S]*\/3;/)
  socket.destroy()
})

test('whoever sends more is cut off, and what else came with it is not even read', async (t) => {
  const asked: (string | undefined)[] = []
  const { socket, parsed } = await serve(t, ({ url }) => void asked.push(url), 4)
  socket.write(many(1_000))
  await once(socket, 'close')
  assert.deepEqual(asked, ['/0', '/1', '/2', '/3'])
  assert.equal(parsed(), 5)
})
