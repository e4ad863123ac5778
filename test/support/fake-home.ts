import { UpstreamConnection } from '../../src/upstream/connection.ts'
import { ResponseMemo } from '../../src/upstream/response-memo.ts'
import type { ConnectionHome } from '../../src/upstream/types.ts'
import { type Completion, FakeSocket } from './fake-socket.ts'

/** Every read of every plain upstream connection lands here, as in the real pool: what is kept and not copied shows. */
const SHARED = Buffer.alloc(65536)

/** An upstream connection on a fake socket, and what it told its pool. */
export interface FakeUpstream {
  readonly socket: FakeSocket
  readonly connection: UpstreamConnection
  readonly told: string[]
  /** Bytes from the upstream in memory that is overwritten afterwards; false where no more is wanted. */
  receive(text: string): boolean
}

/** `connected`: bytes can flow at once. */
export function fakeUpstream(completion: Completion = 'at once', connected = true, target = 'http://fake'): FakeUpstream {
  const socket = new FakeSocket(completion)
  const told: string[] = []
  let onBytes: (bytes: Buffer, shared: boolean) => boolean = () => false
  const home: ConnectionHome = {
    memo: new ResponseMemo(),
    readyEvent: 'connect',
    connect(listener) {
      onBytes = listener
      return socket.socket
    },
    keep: () => told.push('keep'),
    forget: () => told.push('forget'),
    connected: () => told.push('connected'),
    failed: () => told.push('failed'),
  }
  const connection = new UpstreamConnection(target, home)
  if (connected) socket.emit('connect')
  return {
    socket,
    connection,
    told,
    receive(text) {
      const length = SHARED.write(text, 'latin1')
      const more = onBytes(SHARED.subarray(0, length), true)
      SHARED.fill('!', 0, length)
      return more
    },
  }
}
