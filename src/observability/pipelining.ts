import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that may wait for their answers. Hardly anybody sends a second before the first was answered. */
const MOST_WAITING = 16

/**
 * Cuts off whoever sends more requests than may wait. Of 32 bytes each they come by the thousand in one read, and every one of them would cost
 * memory and be answered, also when its sender has long gone.
 */
export function limitPipelining(listener: RequestListener, most = MOST_WAITING): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (request, response) => {
    const { socket } = request
    const count = waiting.get(socket) ?? 0
    if (count >= most) {
      cutOff(socket)
      return
    }
    waiting.set(socket, count + 1)
    response.once('finish', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
    listener(request, response)
  }
}

/** What Node hangs on a socket: asked for each head, it says with 2 that what follows is not HTTP. */
interface ParsedSocket extends Socket {
  readonly parser?: { onIncoming: () => number } | null
}

/** A destroyed socket alone is not enough: what was read from it is parsed to its end. Where the parser is out of reach, that is what it costs. */
function cutOff(socket: ParsedSocket): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
  socket.destroy()
}
