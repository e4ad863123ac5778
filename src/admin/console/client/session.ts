import { ask } from './api.ts'
import type { Clearance, Whoami } from './api-types.ts'
import { type Loaded, State } from './store.ts'

/** Who is signed in: by their certificate, so for as long as the page is open. */
export const who = new State<Loaded<Whoami>>({ kind: 'loading' })

export async function signIn(): Promise<void> {
  try {
    who.value = { kind: 'ready', value: (await ask<Whoami>('GET /api/v1/whoami')).value }
  } catch (error) {
    who.value = { kind: 'failed', error }
  }
}

/** Who did something elsewhere; of the name that is signed in here, that it was not by this page. */
export function nameElsewhere(by: string): string {
  return who.value.kind === 'ready' && who.value.value.name === by ? `${by} (another session)` : by
}

/** Each includes those of lower rank. */
const RANK: Readonly<Record<Clearance, number>> = { ValidUser: 1, Operator: 2, ClusterNode: 3, ClusterAdmin: 3 }

/** Why the signed-in person may not do what needs this clearance; null: they may. The API decides; this only says so before. */
export function whyNot(needed: 'Operator' | 'ClusterAdmin'): string | null {
  const clearance = who.value.kind === 'ready' ? who.value.value.clearance : null
  if (clearance !== null && RANK[clearance] >= RANK[needed]) return null
  return `This needs clearance ${needed}; ${clearance === null ? 'you have none' : `yours is ${clearance}`}.`
}
