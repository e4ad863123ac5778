import assert from 'node:assert/strict'
import test from 'node:test'
import { expiries } from '../../../src/tls/expiries.ts'
import { createAuthority } from '../../support/authority.ts'
import { prepare } from '../../support/tls-listener.ts'

test('server certificates, CAs and lists are told with the name they serve', async (t) => {
  const at = (text: string) => new Date(text)
  const servers = await createAuthority('servers')
  const server = await servers.server(['a.test'], { subject: 'CN=main,O=Acme', notAfter: at('2051-03-01T00:00:00Z') })
  const root = await createAuthority('root', { notAfter: at('2052-03-01T00:00:00Z') })
  const names = { 'a.test': { lists: [root.crl({ nextUpdate: at('2050-03-01T00:00:00Z') })] } }
  const { material } = prepare(t, { server, clientCa: [root], names })
  const found = expiries(material).map(({ kind, serverName, subject, notAfter }) => [
    kind,
    serverName,
    subject,
    new Date(notAfter).getUTCFullYear(),
  ])
  assert.deepEqual(found, [
    ['server', null, 'CN=main,O=Acme', 2051],
    ['ca', null, 'CN=root', 2052],
    ['server', 'a.test', 'CN=main,O=Acme', 2051],
    ['ca', 'a.test', 'CN=root', 2052],
    ['crl', 'a.test', 'CN=root', 2050],
  ])
})
