import { json } from '../answers.ts'
import { type RoutedHandler, routeTable } from '../route-table.ts'
import type { Caller } from '../types.ts'
import { objectOf } from './shapes.ts'

/** Who the asker is, for anybody whose certificate is trusted. */
export function whoamiV1(): RoutedHandler {
  return routeTable([{ method: 'GET', path: '/api/v1/whoami', answer: ({ caller }) => json(200, whoami(caller)) }], { strict: true })
}

function whoami({ identity, peer, rights, actor, via }: Caller) {
  return {
    name: identity?.name ?? actor.name,
    dn: peer?.certificate?.dn ?? null,
    fingerprint: peer?.certificate?.fingerprint ?? null,
    clearance: rights.clearance ?? null,
    permissions: objectOf(rights.permissions ?? new Map()),
    roles: [...rights.roles].sort(),
    via,
  }
}
