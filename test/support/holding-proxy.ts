import { connect, createServer, type Socket } from 'node:net'
import type { Lifetime } from './lifetime.ts'

/** A TCP proxy for one client that can keep what the client sends and deliver it in one piece. */
export interface HoldingProxy {
  readonly port: number
  /** Keeps what the client sends from here on. */
  hold(): void
  /** Resolves when the client has closed its direction: all it sent is here. */
  readonly clientEnded: Promise<void>
  /** Delivers what was kept in one write, the end included, and keeps nothing any more. */
  release(): void
}

export async function holdingProxy(t: Lifetime, target: number): Promise<HoldingProxy> {
  let held: Buffer[] | null = null
  let ended = false
  let out: Socket | null = null
  const { promise: clientEnded, resolve } = Promise.withResolvers<void>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const gateway = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    out = gateway
    for (const socket of [client, gateway]) socket.on('error', () => {})
    client.on('data', (bytes: Buffer) => (held === null ? gateway.write(bytes) : held.push(bytes)))
    client.on('end', () => {
      ended = true
      if (held === null) gateway.end()
      resolve()
    })
    gateway.on('data', (bytes: Buffer) => client.write(bytes))
    gateway.on('end', () => client.end())
    gateway.on('close', () => client.destroy())
    client.on('close', () => gateway.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    out?.destroy()
    server.close()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    clientEnded,
    hold: () => {
      held = []
    },
    release: () => {
      const bytes = Buffer.concat(held ?? [])
      held = null
      out?.write(bytes)
      if (ended) out?.end()
    },
  }
}
