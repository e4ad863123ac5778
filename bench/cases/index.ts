import type { Workload } from '../load/generator.ts'
import { ALL, FEW_AND_MANY, ONE_AND_TWO_WORKERS, WITH_LOG, WITH_PLAIN_HEADERS } from './line-ups.ts'
import type { Case, DuelCase, LineUp, MemoryCase } from './types.ts'

const KILOBYTE = 1024
/** The limit, in KB of 1,024 bytes. */
const IDLE_LIMIT = { label: 'certgate', atMost: 75 * KILOBYTE }

const UP_TO_10000 = [1_000, 2_500, 5_000, 7_500, 10_000]
/** After traffic a connection may hold much more, and the machine is to have room for it. */
const UP_TO_2000 = [500, 1_000, 1_500, 2_000]

/** In the order they are run and reported. */
export const CASES: readonly Case[] = [
  duel('100', 'keep-alive, 100 B', ALL, keepAlive('/100'), 1.05),
  duel('varied', 'keep-alive, 100 B, no request like the last', ALL, { ...keepAlive('/100?n={n}'), paths: 1_000 }, null),
  duel('10k', 'keep-alive, 10 KB', ALL, keepAlive('/10k'), 1.05),
  duel('1m', 'keep-alive, 1 MB', ALL, keepAlive('/1m'), 0.9),
  duel('post1k', 'POST of 1 KB', ALL, keepAlive('/100', 1 * KILOBYTE), null),
  duel('post10k', 'POST of 10 KB', ALL, keepAlive('/100', 10 * KILOBYTE), null),
  duel('handshake', 'full handshake and one request', ALL, { mode: 'full', path: '/100' }, 0.8),
  duel('resumed', 'resumed handshake and one request', ALL, { mode: 'resumed', path: '/100' }, null),
  duel('log', 'keep-alive, 100 B, JSON access log', WITH_LOG, keepAlive('/100'), 1.05),
  duel('log10k', 'keep-alive, 10 KB, JSON access log', WITH_LOG, keepAlive('/10k'), 1.05),
  duel('plain', 'keep-alive, 100 B, headers of style plain', WITH_PLAIN_HEADERS, keepAlive('/100'), null),
  duel('users', 'many users and routes, keep-alive, 100 B', FEW_AND_MANY, everyRoute(), 1.05),
  duel('users-handshake', 'many users and routes, full handshake and one request', FEW_AND_MANY, { ...everyRoute(), mode: 'full' }, 1.05),
  duel('workers', 'workers, keep-alive, 100 B', ONE_AND_TWO_WORKERS, keepAlive('/100'), null),
  duel('workers-handshake', 'workers, full handshake and one request', ONE_AND_TWO_WORKERS, { mode: 'full', path: '/100' }, null),
  memory('idle', 'idle connection after one small request', UP_TO_10000, keepAlive('/100'), true),
  memory('idle-download', 'idle connection after a response of 300 KB', UP_TO_2000, keepAlive('/300k'), false),
  memory('idle-upload', 'idle connection after a request of 300 KB', UP_TO_2000, keepAlive('/sink', 300 * KILOBYTE), false),
]

function duel(name: string, title: string, lineUp: LineUp, workload: Workload, atMost: number | null): DuelCase {
  const subject = lineUp.entrants.find(({ peer }, index) => index > 0 && peer === 'certgate')
  const limit = atMost === null || subject === undefined ? null : { label: subject.label, atMost }
  return { kind: 'duel', name, title, lineUp, workload, limit }
}

function memory(name: string, title: string, steps: readonly number[], workload: Workload, limited: boolean): MemoryCase {
  return { kind: 'memory', name, title, lineUp: ALL, workload, steps, limit: limited ? IDLE_LIMIT : null }
}

function keepAlive(path: string, body?: number): Workload {
  return { mode: 'keep-alive', path, ...(body !== undefined && { body }) }
}

/** Each request goes to the next of the many routes, so that no memory of the last decision helps. */
function everyRoute(): Workload {
  return { mode: 'keep-alive', path: '/route/{n}/100', paths: 1_000 }
}
