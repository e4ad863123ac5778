import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import type { ListenerSettings } from '../../../../src/config/settings.ts'
import { InheritedSockets } from '../../../../src/control/listening/inherited-sockets.ts'
import { ListeningSockets } from '../../../../src/control/listening/listening-sockets.ts'
import { bind } from '../../../../src/control/listening/sockets.ts'

const at = (name: string, port: number, host = '127.0.0.1'): ListenerSettings => ({
  name,
  address: { host, port },
  protocol: 'http',
  tls: null,
})

test('unchanged addresses are carried over, also under another listener name', async () => {
  const sockets = new ListeningSockets(new InheritedSockets())
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
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const taken = other.address() as AddressInfo
  const sockets = new ListeningSockets(new InheritedSockets())
  const first = await sockets.prepare([at('a', 0)])
  first.commit()
  const free = await bind('127.0.0.1', 0)
  free.close()
  await assert.rejects(sockets.prepare([at('a', 0), at('b', free.port), at('c', taken.port)]), { code: 'address_unavailable' })
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
  await assert.rejects(new ListeningSockets(new InheritedSockets()).prepare([at('a', free.port), at('b', free.port)]), {
    code: 'address_unavailable',
    hint: 'two listeners of this configuration have the same address',
  })
})

test('an inherited socket is taken up instead of being bound, and can be returned to', async () => {
  const passed = await bind('127.0.0.1', 0)
  const { port } = passed
  const sockets = new ListeningSockets(new InheritedSockets([passed]))
  const first = await sockets.prepare([at('a', port)])
  first.commit()
  assert.equal(first.byListener.get('a')?.handle, passed.handle)
  const moved = await sockets.prepare([at('a', 0)])
  moved.commit()
  const back = await sockets.prepare([at('a', port)])
  back.commit()
  assert.equal(back.byListener.get('a')?.handle, passed.handle)
  assert.notEqual(back.byListener.get('a')?.opening, first.byListener.get('a')?.opening, 'workers have closed theirs')
  sockets.close()
})
