import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { type Chain, commonAuthorityKeys, findChain, MAX_SENT, survivingPaths } from '../../../src/tls/chain.ts'
import { type Authority, createAuthority, type Issued } from '../../support/authority.ts'

const now = Date.now()
const node = ({ certificate }: Issued) => authorityNode(new X509Certificate(certificate))
const root = await createAuthority('root')
const upper = await root.intermediate('upper')
const lower = await upper.intermediate('lower')
const leaf = await lower.issue()

function find(client: Issued, sent: readonly Issued[], configured: readonly Issued[]) {
  return findChain(new X509Certificate(client.certificate), sent.map(node), configured.map(node), now)
}

function found(...parameters: Parameters<typeof find>): Chain {
  const chain = find(...parameters)
  assert.ok(chain !== null && chain !== 'too complex')
  return chain
}

const names = (chain: Chain) => chain.paths.map((path) => path.map(({ facts }) => facts.dn).join(' '))

test('a path is found in whatever order certificates are sent, and however many others', async () => {
  const noise = await createAuthority('noise')
  const chain = found(leaf, [noise, root, upper, lower, leaf], [root])
  assert.deepEqual(names(chain), ['CN=lower CN=upper CN=root'])
})

test('intermediates may be configured instead of sent', () => {
  assert.deepEqual(names(found(leaf, [lower], [root, upper])), ['CN=lower CN=upper CN=root'])
})

test('there is no path without a configured self-signed end, nor over what signs no certificates', async () => {
  assert.equal(find(leaf, [lower, upper, root], [await createAuthority('root')]), null)
  assert.equal(find(leaf, [lower], [upper]), null)
  assert.equal(find(leaf, [upper], [root]), null)
  const mute = await root.intermediate('mute', { keyUsage: ['cRLSign'] })
  assert.equal(find(await mute.issue(), [mute], [root]), null)
  const old = await root.intermediate('old', { notAfter: new Date(now - 1_000) })
  assert.equal(find(await old.issue(), [old], [root]), null)
  const weak = await root.intermediate('weak', { hash: 'sha1' })
  assert.equal(find(await weak.issue(), [weak], [root]), null)
})

test('a CA without a name signs nothing (RFC 5280 section 4.1.2.6)', async () => {
  const nameless = await root.intermediate([])
  assert.equal(find(await nameless.issue(), [nameless], [root]), null)
})

test('all ways are found, and only what stands on all of them is certain', async () => {
  const second = await createAuthority('second')
  const cross = await second.intermediate('upper', { key: upper.key })
  const chain = found(leaf, [lower, upper, cross], [root, second])
  assert.deepEqual(names(chain).sort(), ['CN=lower CN=upper CN=root', 'CN=lower CN=upper CN=second'])
  const configured = (...authorities: Authority[]) => new Set(authorities.map((one) => node(one).fingerprint))
  assert.deepEqual(commonAuthorityKeys(chain, configured(root, second)), [])
  assert.deepEqual(commonAuthorityKeys(chain, configured(root, second, lower)), [node(lower).key])
  assert.deepEqual(commonAuthorityKeys(found(leaf, [lower, upper], [root]), configured(root)), [node(root).key])
})

test('a path survives as long as its end is configured and the rest sent or configured, and in force', async () => {
  const chain = found(leaf, [lower], [root, upper])
  const fingerprints = (...authorities: Authority[]) => new Set(authorities.map((one) => node(one).fingerprint))
  assert.equal(survivingPaths(chain, fingerprints(root, upper), now).length, 1)
  assert.equal(survivingPaths(chain, fingerprints(root), now).length, 0)
  assert.equal(survivingPaths(chain, fingerprints(upper), now).length, 0)
  assert.equal(survivingPaths(chain, fingerprints(root, upper), now + 2 * 3_600_000).length, 0)
})

test('cross-signed certificates that form rings end the search, within bounds', async () => {
  const ring = await Promise.all(Array.from({ length: 7 }, (_, index) => root.intermediate(`ring ${index}`)))
  const crossed: Issued[] = []
  for (const issuer of ring)
    for (const subject of ring) if (issuer !== subject) crossed.push(await issuer.intermediate(subject.subject, { key: subject.key }))
  const [first] = ring
  assert.ok(first)
  const client = await first.issue()
  const began = performance.now()
  assert.equal(find(client, [...crossed, ...ring], [root]), 'too complex')
  assert.ok(performance.now() - began < 1_000)
  assert.equal(find(client, new Array(MAX_SENT + 1).fill(first), [root]), 'too complex')
})

test('lists may be signed by the issuer, or by a certificate of its name below the same CA that says so', async () => {
  const lister = await upper.intermediate('lower', { ca: false, keyUsage: ['cRLSign'] })
  const silent = await upper.intermediate('lower', { keyUsage: null })
  const stranger = await (await createAuthority('second')).intermediate('lower', { keyUsage: ['cRLSign'] })
  const chain = found(leaf, [lower, upper, lister, silent, stranger], [root])
  const signers = chain.listSigners.get(node(lower).fingerprint) ?? []
  assert.deepEqual(new Set(signers.map(({ fingerprint }) => fingerprint)), new Set([node(lower).fingerprint, node(lister).fingerprint]))
})
