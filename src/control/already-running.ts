import type { Settings } from '../config/settings.ts'
import { CertgateError } from '../errors.ts'
import { askStatus } from './administration/admin-client.ts'
import type { Status } from './status.ts'

/** Milliseconds: one that hangs is found by what it holds. */
const PATIENCE = { before: 2_000, within: 3_000 }

/**
 * Before anything is bound: where certgate answers on the admin socket of this configuration, its ports are taken by itself and by no other
 * program. Throws CertgateError `address_unavailable` then.
 */
export async function refuseIfRunning({ admin }: Pick<Settings, 'admin'>): Promise<void> {
  if (admin === null) return
  const status = await statusOn(admin.socket)
  if (status === null) return
  const what = status.state === 'draining' ? 'is still ending' : 'already runs'
  throw new CertgateError('address_unavailable', `this gateway ${what}, pid ${status.pid}: it answers on ${admin.socket}`, {
    hint: `'certgate status' tells how it is; another gateway needs a store and an admin.socket of its own`,
  })
}

/** null: nobody answers, or no certgate does; whoever takes the socket finds out which. */
async function statusOn(socket: string): Promise<Status | null> {
  try {
    const status = await askStatus(socket, PATIENCE)
    return typeof status.pid === 'number' ? status : null
  } catch (error) {
    if (error instanceof CertgateError) return null
    throw error
  }
}
