import { peerNamed } from '../peers/index.ts'
import { CONTENDERS, type ContenderName, PLAIN_SETUP, type Setup } from '../peers/types.ts'
import type { Entrant, LineUp } from './types.ts'

export const MANY_USERS = 100_000
export const MANY_ROUTES = 1_000

/** Every contender in the same plain setup. */
export const ALL = lineUp('all', CONTENDERS, PLAIN_SETUP)

export const WITH_LOG = lineUp('access log', CONTENDERS, { ...PLAIN_SETUP, accessLog: true })

export const WITH_PLAIN_HEADERS = lineUp('style plain', CONTENDERS, { ...PLAIN_SETUP, headers: 'plain' })

/** certgate against itself. */
export const FEW_AND_MANY: LineUp = {
  name: 'users and routes',
  entrants: [
    own('1 user, 1 route', PLAIN_SETUP),
    own('100,000 users, 1,000 routes', { ...PLAIN_SETUP, users: MANY_USERS, routes: MANY_ROUTES }),
  ],
}

/** certgate against itself. */
export const ONE_AND_TWO_WORKERS: LineUp = {
  name: 'workers',
  entrants: [own('1 worker', PLAIN_SETUP), own('2 workers', { ...PLAIN_SETUP, workers: 2 })],
}

function lineUp(name: string, peers: readonly ContenderName[], setup: Setup): LineUp {
  const able = peers.filter((peer) => peerNamed(peer).supports(setup))
  return { name, entrants: able.map((peer) => ({ label: peerNamed(peer).title, peer, setup })) }
}

function own(label: string, setup: Setup): Entrant {
  return { label, peer: 'certgate', setup }
}
