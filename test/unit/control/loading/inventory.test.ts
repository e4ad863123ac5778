import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificatesOf } from '../../../../src/control/loading/inventory.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import { createAuthority } from '../../../support/authority.ts'

/** As far as the inventory looks at it. */
function snapshot(certificate: string, clientCa: readonly string[]): Snapshot {
  const trust = { keyPair: { certificate }, clientCa, names: new Map() }
  return { listeners: new Map([['main', trust]]) } as unknown as Snapshot
}

test('names are printed as everywhere else, and a CA without one has an empty name', async () => {
  const named = await createAuthority('CN=a\\,b+OU=x,O=T')
  const nameless = await createAuthority([])
  const server = await named.server()
  const found = certificatesOf(snapshot(server.certificate, [named.certificate, nameless.certificate]))
  assert.deepEqual(
    found.map(({ kind, subject }) => [kind, subject]),
    [
      ['server', 'CN=server'],
      ['ca', 'CN=a\\,b+OU=x,O=T'],
      ['ca', ''],
    ],
  )
})
