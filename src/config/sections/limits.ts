import type * as z from 'zod'
import type { Reader } from '../reader.ts'
import type { Limits } from '../settings.ts'
import { integer, section } from '../shape.ts'
import { duration, size } from '../units.ts'

// No limit at all on what is held in memory per connection would let one client fill it.
const MIB = 1024 ** 2

export const limitsSchema = section({
  handshake: duration().prefault('10s').describe('whole TLS handshake; 0: none'),
  head: duration().prefault('10s').describe('whole request head; 0: none'),
  head_bytes: size({ min: 1024, max: MIB }).prefault('32KiB').describe('request line and headers'),
  headers: integer(1, 10_000).prefault(100).describe('number of headers'),
  target_bytes: size({ min: 128, max: MIB }).prefault('8KiB').describe('request target'),
  body_bytes: size().prefault(0).describe('request body; 0: none'),
  body_idle: duration().prefault('60s').describe('without a byte of the body; 0: none'),
  keepalive: duration().prefault('75s').describe('between requests; 0: none'),
  upstream_connect: duration().prefault('5s').describe('0: none'),
  upstream_first_byte: duration().prefault('60s').describe('from the request to the first byte of the response; 0: none'),
  upstream_idle: duration().prefault('60s').describe('without a byte of the response; 0: none'),
  drain: duration().prefault('30s').describe('for requests in flight when stopping; 0: none'),
  event_loop_delay: duration().prefault('250ms').describe('beyond it a worker sheds load; 0: never'),
  handshakes: integer(0, 10_000_000).prefault(10_000).describe('under way per listener and worker; 0: none'),
  connections: integer(0, 10_000_000).prefault(20_000).describe('per listener; 0: none'),
  connections_per_address: integer(0, 10_000_000).prefault(1000).describe('per client address; 0: none'),
})

/** The limits without a `limits` block. */
export const DEFAULT_LIMITS: Limits = toLimits(limitsSchema.parse({}))

export function readLimits(reader: Reader): Limits {
  const input = reader.parse(limitsSchema, ['limits'])
  return input === undefined ? DEFAULT_LIMITS : toLimits(input)
}

function toLimits(input: z.output<typeof limitsSchema>): Limits {
  return {
    handshake: input.handshake,
    head: input.head,
    headBytes: input.head_bytes,
    headers: input.headers,
    targetBytes: input.target_bytes,
    bodyBytes: input.body_bytes,
    bodyIdle: input.body_idle,
    keepalive: input.keepalive,
    upstreamConnect: input.upstream_connect,
    upstreamFirstByte: input.upstream_first_byte,
    upstreamIdle: input.upstream_idle,
    drain: input.drain,
    eventLoopDelay: input.event_loop_delay,
    handshakes: input.handshakes,
    connections: input.connections,
    connectionsPerAddress: input.connections_per_address,
  }
}
