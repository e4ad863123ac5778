// With revocation lists on, a certificate passes only if a current, well-signed list of every issuer above it says so. Anything else
// is refused with the reason; `on_unavailable: allow` forgives the missing answer and nothing else.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type CrlOptions, createAuthority, type Issued } from '../support/authority.ts'
import * as der from '../support/der.ts'
import { generalName } from '../support/extensions.ts'
import { as, dial, listen, prepare } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server()
const root = await createAuthority('root')
const middle = await root.intermediate('middle')
const other = await createAuthority('other')
const alice = await root.issue({ subject: 'CN=alice' })
const bob = await middle.issue({ subject: 'CN=bob' })
const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000)
const critical = (oid: string, value: Uint8Array) => ({ oid, critical: true, value })
/** An issuing distribution point made of these parts. */
const partial = (...parts: readonly Uint8Array[]) => ({ extensions: [critical('2.5.29.28', der.sequence(...parts))] })
const yes = Buffer.from([0xff])

async function verdict(
  t: { after(callback: () => void): void },
  client: Issued,
  lists: readonly string[],
  onUnavailable: 'deny' | 'allow' = 'deny',
) {
  const gateway = await listen(t, prepare(t, { server, clientCa: [root, other], lists, onUnavailable, validate: true }))
  const { seen } = await dial(gateway, servers, as(client))
  assert.ok(seen, 'the client is answered')
  return seen
}

test('a list of the issuer that does not name the leaf lets it pass', async (t) => {
  assert.equal((await verdict(t, alice, [root.crl({ revoked: ['0102'] })])).refusal, null)
})

test('a revoked leaf is refused, whatever on_unavailable says', async (t) => {
  for (const mode of ['deny', 'allow'] as const) {
    const seen = await verdict(t, alice, [root.crl({ revoked: [alice] })], mode)
    assert.equal(seen.refusal, 'certificate_revoked')
    assert.match(seen.detail, new RegExp(`^serial ${alice.serial} of CN=root is revoked by `))
  }
})

test('a leaf under an intermediate needs a list of both, and the list of an intermediate that only clients send is verified with it', async (t) => {
  assert.equal((await verdict(t, bob, [root.crl(), middle.crl()])).refusal, null)
  const missing = await verdict(t, bob, [middle.crl()])
  assert.deepEqual([missing.refusal, missing.detail], ['certificate_status_unknown', 'there is no revocation list of CN=root'])
  const lower = await verdict(t, bob, [root.crl()])
  assert.deepEqual([lower.refusal, lower.detail], ['certificate_status_unknown', 'there is no revocation list of CN=middle'])
})

test('a revoked intermediate takes everybody below it along', async (t) => {
  for (const mode of ['deny', 'allow'] as const) {
    const seen = await verdict(t, bob, [root.crl({ revoked: [middle] }), middle.crl()], mode)
    assert.equal(seen.refusal, 'certificate_revoked')
    assert.match(seen.detail, new RegExp(`serial ${middle.serial} of CN=root`))
  }
})

test('a serial on the list of another issuer revokes nobody', async (t) => {
  assert.equal((await verdict(t, alice, [root.crl(), other.crl({ revoked: [alice] })])).refusal, null)
})

const broken: readonly (readonly [string, CrlOptions, RegExp])[] = [
  ['expired', { nextUpdate: soon(-1) }, /expired 20/],
  [
    'not valid yet',
    {
      /** Of when the list is made: a minute may be over before its turn comes. */
      get thisUpdate() {
        return soon(1)
      },
    },
    /is not valid before 20/,
  ],
  ['without an end', { nextUpdate: null }, /does not say when the next list is due/],
  ['signed by another key', { signer: other }, /is not signed by CN=root/],
  ['of another issuer with the right key', { issuer: 'CN=other' }, /is not signed by|there is no revocation list of CN=root/],
  ['a delta', { extensions: [critical('2.5.29.27', der.integer(1))] }, /is a delta list/],
  ['with an unknown critical extension', { extensions: [critical('1.2.3.4', der.nothing)] }, /unknown critical extension 1\.2\.3\.4/],
  [
    'with an unknown critical extension on an entry',
    { revoked: ['0102'], entryExtensions: [critical('1.2.3.4', der.nothing)] },
    /an entry has the unknown critical extension/,
  ],
  ['indirect', partial(der.contextPrimitive(4, yes)), /indirect/],
  [
    'indirect by an entry',
    { revoked: ['0102'], entryExtensions: [critical('2.5.29.29', der.sequence(generalName('dirName:CN=x')))] },
    /indirect/,
  ],
  ['of some reasons only', partial(der.contextPrimitive(3, Buffer.from([4, 0x10]))), /only some reasons/],
  ['of CA certificates only', partial(der.contextPrimitive(2, yes)), /does not cover this kind/],
  ['of attribute certificates only', partial(der.contextPrimitive(5, yes)), /does not cover this kind/],
  [
    'of a distribution point that the certificate does not name',
    partial(der.context(0, der.context(0, generalName('URI:http://crl.test/1')))),
    /of another distribution point/,
  ],
]

for (const [what, options, detail] of broken) {
  test(`a list that is ${what} proves nothing: refused, or allowed where that is configured`, async (t) => {
    const denied = await verdict(t, alice, [root.crl(options)])
    assert.equal(denied.refusal, 'certificate_status_unknown')
    assert.match(denied.detail, detail)
    assert.equal((await verdict(t, alice, [root.crl(options)], 'allow')).refusal, null)
  })
}

test('a list that proves nothing still revokes whom it names, if it is well signed', async (t) => {
  const named = { revoked: [alice] }
  for (const options of [{ nextUpdate: soon(-1) }, { extensions: [critical('1.2.3.4', der.nothing)] }]) {
    assert.equal((await verdict(t, alice, [root.crl({ ...named, ...options })], 'allow')).refusal, 'certificate_revoked')
  }
  assert.equal((await verdict(t, alice, [root.crl({ ...named, signer: other })], 'allow')).refusal, null)
})

test('a good list beside a broken one is enough', async (t) => {
  assert.equal((await verdict(t, alice, [root.crl({ nextUpdate: soon(-1) }), root.crl()])).refusal, null)
})

test('a list of the distribution point that the certificate names covers it', async (t) => {
  const point = generalName('URI:http://crl.test/1')
  const extension = { oid: '2.5.29.31', value: der.sequence(der.sequence(der.context(0, der.context(0, point)))) }
  const carol = await root.issue({ subject: 'CN=carol', extensions: [extension] })
  const list = root.crl(partial(der.context(0, der.context(0, point))))
  assert.equal((await verdict(t, carol, [list])).refusal, null)
})

test('a list signed by a CA that may not sign lists proves nothing', async (t) => {
  const mute = await root.intermediate('mute', { keyUsage: ['keyCertSign'] })
  const seen = await verdict(t, await mute.issue(), [root.crl(), mute.crl()])
  assert.equal(seen.refusal, 'certificate_status_unknown')
})

test('a certificate of its own may sign the lists, if the same CA stands above it and it is not revoked', async (t) => {
  const lister = await root.intermediate('middle', { ca: false, keyUsage: ['cRLSign'] })
  const client = { ...bob, chain: bob.chain + lister.certificate }
  const lists = (revoked: Issued[]) => [root.crl({ revoked }), middle.crl({ signer: lister, authorityKeyId: lister.keyId })]
  assert.equal((await verdict(t, client, lists([]))).refusal, null)
  assert.equal((await verdict(t, client, lists([lister]))).refusal, 'certificate_status_unknown')
  const stranger = await other.intermediate('middle', { ca: false, keyUsage: ['cRLSign'] })
  const posing = { ...bob, chain: bob.chain + stranger.certificate }
  const forged = [root.crl(), other.crl(), middle.crl({ signer: stranger, authorityKeyId: stranger.keyId })]
  assert.equal((await verdict(t, posing, forged)).refusal, 'certificate_status_unknown')
})

test('on_unavailable: allow forgives no other fault', async (t) => {
  const posing = await createAuthority('CN=alice', { key: alice.key })
  const forged = await posing.issue({ subject: 'CN=admin' })
  for (const [client, refusal] of [
    [{ ...forged, chain: forged.certificate + alice.certificate }, 'certificate_invalid'],
    [await root.issue({ eku: ['serverAuth'] }), 'certificate_wrong_purpose'],
    [await root.issue({ notAfter: soon(-1) }), 'certificate_expired'],
    [await (await createAuthority('strangers')).issue(), 'certificate_unknown_issuer'],
  ] as const) {
    assert.equal((await verdict(t, client, [], 'allow')).refusal, refusal)
  }
})

test('no list at all refuses everybody', async (t) => {
  const seen = await verdict(t, alice, [])
  assert.deepEqual([seen.refusal, seen.detail], ['certificate_status_unknown', 'there is no revocation list of CN=root'])
})

test('a list that runs out refuses from that moment on', async (t) => {
  let now = Date.now()
  const prepared = prepare(t, { server, clientCa: [root], lists: [root.crl({ nextUpdate: soon(10) })] })
  const gateway = await listen(t, prepared, { now: () => now })
  assert.equal((await dial(gateway, servers, as(alice))).seen?.refusal, null)
  now += 11 * 60_000
  assert.equal((await dial(gateway, servers, as(alice))).seen?.refusal, 'certificate_status_unknown')
})
