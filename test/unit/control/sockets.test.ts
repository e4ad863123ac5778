import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { test } from 'node:test'
import type { ListenerSettings } from '../../../src/config/settings.ts'
import { bind, formatAddress, ListeningSockets } from '../../../src/control/sockets.ts'

const at = (name: string, port: number, host = '127.0.0.1'): ListenerSettings => ({
  name,
  address: { host, port },
  protocol: 'http',
  tls: null,
})

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

test('unchanged addresses are carried over, also under another listener name', async () => {
  const sockets = new ListeningSockets()
  const first = await sockets.prepare([at('a', 0)])
  first.commit()
  const port = first.byListener.get('a')?.port ?? 0
  const again = await sockets.prepare([at('a', 0), at('b', 0)])
  again.commit()
  assert.equal(again.byListener.get('a'), first.byListener.get('a'))
  assert.notEqual(again.byListener.get('b')?.port, port)
  sockets.close()
})

test('when one address cannot be had, none is taken and the old ones stay', async (t) => {
  const port = await occupied(t)
  const sockets = new ListeningSockets()
  const first = await sockets.prepare([at('a', 0)])
  first.commit()
  const free = await bind('127.0.0.1', 0)
  free.close()
  await assert.rejects(sockets.prepare([at('a', 0), at('b', free.port), at('c', port)]), { code: 'address_unavailable' })
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(free.port, '127.0.0.1', resolve)
  })
  server.close()
  const later = await sockets.prepare([at('a', 0)])
  assert.equal(later.byListener.get('a'), first.byListener.get('a'))
  sockets.close()
})

test('two listeners cannot have one address', async () => {
  const free = await bind('127.0.0.1', 0)
  free.close()
  await assert.rejects(new ListeningSockets().prepare([at('a', free.port), at('b', free.port)]), {
    code: 'address_unavailable',
    hint: 'two listeners of this configuration have the same address',
  })
})

test('IPv6 addresses are printed in brackets', () => {
  assert.equal(formatAddress('::1', 8443), '[::1]:8443')
  assert.equal(formatAddress('0.0.0.0', 8443), '0.0.0.0:8443')
})
