import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What a connection is at, in the order in which they give way: a request not yet whole, nothing, an answer. */
const USES = ['asking', 'idle', 'answering'] as const
type Use = (typeof USES)[number]

/**
 * Holds a server to so many connections without ever turning a new one away: the oldest that is least in use is closed for it.
 * Whoever sends half a request and waits takes nobody's place for long.
 */
export function limitConnections(server: Server, most: number): void {
  /** Oldest first. */
  const open = new Map<Socket, Use>()
  server.on('connection', (socket) => {
    if (open.size >= most) giveWay(open)
    open.set(socket, 'asking')
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (open.has(socket)) open.set(socket, 'answering')
    response.once('close', () => {
      if (open.has(socket)) open.set(socket, 'idle')
    })
  })
}

function giveWay(open: Map<Socket, Use>): void {
  for (const dispensable of USES) {
    for (const [socket, use] of open) {
      if (use !== dispensable) continue
      open.delete(socket)
      socket.destroy()
      return
    }
  }
}
