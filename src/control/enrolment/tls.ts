import { randomBytes } from 'node:crypto'
import type { Snapshot } from '../../ipc/messages.ts'
import type { EstTls } from './server.ts'

/** Whose TLS enrolment takes over: the listener of `admin.tls`, else the first that has any. null: enrolment is not asked for. */
export function estTls({ settings, listeners }: Snapshot): EstTls | null {
  if (settings.pki?.est === undefined || settings.pki.est === null) return null
  const first = [...settings.listeners.values()].find(({ tls }) => tls !== null)?.name
  const name = settings.admin?.tls ?? first ?? ''
  const tls = settings.listeners.get(name)?.tls ?? null
  const material = listeners.get(name)
  if (tls === null || material === undefined) throw new Error(`the listener '${name}' has no TLS for enrolment`)
  // Sessions of the listener are none of enrolment's.
  return { settings: tls, material: { ...material, ticketKeys: new Uint8Array(randomBytes(48)) } }
}
