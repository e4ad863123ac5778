import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostOf, hostProblem, ownHosts } from '../../../../src/control/administration/own-hosts.ts'
import { createAuthority } from '../../../support/authority.ts'

const root = await createAuthority('CN=root')

async function materialOf(...names: string[]) {
  const { chain, key } = await root.server(names)
  return { keyPair: { certificate: chain, key } }
}

test('a host is a name or an address, and nothing beside it', () => {
  for (const [header, host] of [
    ['gate.example', 'gate.example'],
    ['Gate.Example.:9443', 'gate.example'],
    ['10.0.0.7:9443', '10.0.0.7'],
    ['[::1]:9443', '::1'],
    ['under_score', 'under_score'],
  ] as const)
    assert.equal(hostOf(header), host, header)
  for (const header of ['@evil', 'a@b', 'a,b', 'x y', '[::1', '[1.2.3.4]', 'a:b', 'a:', 'a/b', 'a?b', 'a#b', 'ä', '[::g]', 'a\\b', ''])
    assert.equal(hostOf(header), null, header)
})

test('the names of the certificates and of admin.hosts are ours, and what a wildcard covers is not', async () => {
  const [main, named] = [await materialOf('gate.example', '*.gate.example'), await materialOf('named.example')]
  const given = { ...main, names: new Map([['named.example', named]]) } as unknown as Parameters<typeof ownHosts>[0]
  const own = ownHosts(given, ['admin.gate.example'])
  assert.deepEqual([...own].sort(), ['admin.gate.example', 'gate.example', 'named.example'])
  const browser = new Set(['sec-fetch-site'])
  for (const host of [...own, 'localhost', 'x.localhost', '127.0.0.1', '::1']) assert.equal(hostProblem(host, browser, own), null, host)
  for (const host of ['evil.gate.example', '*.gate.example', 'localhost.evil.example', 'xlocalhost', ''])
    assert.equal(hostProblem(host, browser, own)?.status, 421, host)
  assert.equal(hostProblem('evil.gate.example', new Set(['user-agent']), own), null)
})
