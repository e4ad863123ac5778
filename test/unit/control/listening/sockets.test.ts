import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { test } from 'node:test'
import { bind, formatAddress } from '../../../../src/control/listening/sockets.ts'

async function occupied(t: { after(callback: () => void): void }): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('port 0 becomes a real port', async () => {
  const socket = await bind('localhost', 0)
  assert.ok(socket.port > 0)
  socket.close()
})

test('a port in use, a foreign address and an unknown name are told apart', async (t) => {
  const port = await occupied(t)
  const unavailable = (message: RegExp) => ({ code: 'address_unavailable', message })
  await assert.rejects(bind('127.0.0.1', port), unavailable(/^cannot listen on 127\.0\.0\.1:\d+: another program already listens there$/))
  await assert.rejects(bind('192.0.2.1', 0), unavailable(/this machine has no such address/))
  await assert.rejects(bind('no-such-host.invalid', 1), unavailable(/the name no-such-host\.invalid does not resolve/))
})

test('IPv6 addresses are printed in brackets', () => {
  assert.equal(formatAddress('::1', 8443), '[::1]:8443')
  assert.equal(formatAddress('0.0.0.0', 8443), '0.0.0.0:8443')
})
