import type { Path } from './document.ts'
import type { Reader } from './reader.ts'
import type { Address, Settings } from './settings.ts'

/** One address opens one thing; port 0 is a free one for each. */
export function refuseSharedAddresses(reader: Reader, { listeners, telemetry, admin, pki }: Settings): void {
  const taken = new Map<string, { readonly what: string; readonly isListener: boolean }>()
  const take = (path: Path, what: string, address: Address | null, isListener = false): void => {
    if (address === null || address.port === 0) return
    const key = `${address.host}:${address.port}`
    const other = taken.get(key)
    if (other === undefined) taken.set(key, { what, isListener })
    else if (isListener && other.isListener) reader.problem(path, `listeners \`${other.what}\` and \`${what}\` share one address`)
    else reader.problem(path, `${other.isListener ? `the listener \`${other.what}\`` : `\`${other.what}\``} has this address already`)
  }
  for (const { name, address } of listeners.values()) take(['listeners', name, 'address'], name, address, true)
  take(['telemetry', 'address'], 'telemetry.address', telemetry.address)
  take(['admin', 'address'], 'admin.address', admin?.address ?? null)
  take(['pki', 'http'], 'pki.http', pki?.http ?? null)
  take(['pki', 'est'], 'pki.est', pki?.est ?? null)
}
