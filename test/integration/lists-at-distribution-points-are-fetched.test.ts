// With `crl.from_distribution_points` the list that a certificate names is fetched, verified by its issuer's key, and obeyed, for leaf and
// intermediates alike. A newer list counts at once; one that cannot be had again serves until its end and the grace, also after a restart.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload } from '../../src/control/administration/admin-client.ts'
import { type Authority, createAuthority, type Issued, temporaryFolder } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import {
  distributionPoints,
  OpensslResponder,
  opensslIndex,
  responders,
  type Site,
  sendOcsp,
  startSite,
} from '../support/foreign-authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { absent, run } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'

const LISTS = 'clientauth_mode: REQUIRE\n      crl: { validate: true, from_distribution_points: true'

/** What is served at each path, and how often it was asked for. */
async function listSite(t: Lifetime): Promise<Site & { readonly lists: Map<string, Buffer | string> }> {
  const lists = new Map<string, Buffer | string>()
  const site = await startSite(t, ({ url = '' }, response) => {
    const list = lists.get(url)
    if (list === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'application/pkix-crl' }).end(list)
  })
  return Object.assign(site, { lists })
}

const start = (t: Lifetime, refresh = '1h', policy = 'deny', extra = '') =>
  startGateway(t, {
    tls: `${LISTS}, on_unavailable: ${policy} }`,
    extra: `revocation: { fetch_allow: [127.0.0.1], timeout: 2s, refresh: ${refresh}${extra} }`,
  })

async function verdict(gateway: Pick<Gateway, 'ask'>, client: Issued, path = '/x'): Promise<string | number> {
  const { status, json } = await gateway.ask(get(path), client)
  return status === 200 ? status : (json().code ?? status)
}

test('leaf and intermediate are looked up on the lists that each names, fetched once for all', async (t) => {
  const [site, gateway] = await Promise.all([listSite(t), start(t)])
  const root = gateway.authority
  const below = (name: string) => root.intermediate(name, { extensions: [distributionPoints(site.url('/root.crl'))] })
  const [middle, bad] = await Promise.all([below('middle'), below('bad')])
  const leaf = (authority: Authority, path: string) =>
    authority.issue({ subject: 'CN=alice', extensions: [distributionPoints(site.url(path))] })
  const [good, other, revoked, underBad] = await Promise.all([
    leaf(middle, '/middle.crl'),
    leaf(middle, '/middle.crl'),
    leaf(middle, '/middle.crl'),
    leaf(bad, '/bad.crl'),
  ])
  site.lists.set('/root.crl', root.crlDer({ revoked: [bad] }))
  site.lists.set('/middle.crl', middle.crl({ revoked: [revoked] }))
  site.lists.set('/bad.crl', bad.crlDer())
  assert.equal(await verdict(gateway, good), 200)
  assert.equal(await verdict(gateway, other), 200)
  assert.equal(await verdict(gateway, revoked), 'certificate_revoked')
  assert.equal(await verdict(gateway, underBad), 'certificate_revoked')
  assert.deepEqual([...site.paths].sort(), ['/bad.crl', '/middle.crl', '/root.crl'])
})

test('what is no current list of the issuer says nothing, and nor does what cannot be fetched', async (t) => {
  const [site, deny, allow, stranger] = await Promise.all([listSite(t), start(t), start(t, '1h', 'allow'), createAuthority('CN=test root')])
  for (const [name, gateway] of [
    ['deny', deny],
    ['allow', allow],
  ] as const) {
    const { authority } = gateway
    const old = new Date(Date.now() - 60_000)
    const bad: Readonly<Record<string, Buffer | string | undefined>> = {
      missing: undefined,
      garbage: 'garbage',
      expired: authority.crlDer({ nextUpdate: old }),
      'wrong-signer': authority.crlDer({ signer: stranger }),
      'wrong-issuer': stranger.crlDer({ issuer: 'CN=somebody else' }),
      'without-end': authority.crlDer({ nextUpdate: null }),
    }
    for (const [path, list] of Object.entries(bad)) {
      const at = `/${name}/${path}`
      if (list !== undefined) site.lists.set(at, list)
      const client = await gateway.issue('CN=alice', { extensions: [distributionPoints(site.url(at))] })
      assert.equal(await verdict(gateway, client, at), name === 'deny' ? 'certificate_status_unknown' : 200, at)
    }
    assert.equal(await verdict(gateway, gateway.alice), name === 'deny' ? 'certificate_status_unknown' : 200)
    const named = await gateway.issue('CN=alice', { extensions: [distributionPoints(site.url(`/${name}/old-and-named`))] })
    site.lists.set(`/${name}/old-and-named`, authority.crlDer({ nextUpdate: old, revoked: [named] }))
    assert.equal(await verdict(gateway, named), 'certificate_revoked', 'whoever a list names is revoked, however old it is')
  }
  const forwarded = deny.upstream.requests.length
  assert.equal(forwarded, 0)
})

test('a newer list closes the connections of those on it; an older one is not taken', async (t) => {
  const [site, gateway] = await Promise.all([listSite(t), start(t, '1s')])
  const { authority } = gateway
  const issue = () => gateway.issue('CN=alice', { extensions: [distributionPoints(site.url('/list'))] })
  const [alice, bob] = await Promise.all([issue(), issue()])
  site.lists.set('/list', authority.crlDer())
  const [first, second] = await Promise.all([gateway.connect(alice), gateway.connect(bob)])
  assert.equal((await first.ask(get('/a'))).status, 200)
  assert.equal((await second.ask(get('/b'))).status, 200)
  site.lists.set('/list', authority.crlDer({ revoked: [bob], thisUpdate: new Date(Date.now() - 60_000) }))
  const known = gateway.program.line(new RegExp(`a certificate is revoked: serial ${bob.serial}`)).then(() => Date.now())
  const ended = await second.end().then(() => Date.now())
  assert.ok(ended - (await known) < 1000)
  assert.equal((await first.ask(get('/c'))).status, 200)
  site.lists.set('/list', authority.crlDer({ thisUpdate: new Date(Date.now() - 3_600_000) }))
  await gateway.program.line(/could not be found out.*it is older than the list that was there before/)
  assert.equal(await verdict(gateway, bob), 'certificate_revoked')
  assert.equal((await first.ask(get('/d'))).status, 200)
})

test('a list that cannot be fetched again serves past its end for the grace, with an alarm, and no longer', async (t) => {
  const [site, gateway] = await Promise.all([listSite(t), start(t, '1h', 'deny', ', stale_grace: 6s')])
  const { authority } = gateway
  const alice = await gateway.issue('CN=alice', { extensions: [distributionPoints(site.url('/list'))] })
  const end = Math.ceil(Date.now() / 1000 + 11) * 1000
  site.lists.set('/list', authority.crlDer({ nextUpdate: new Date(end) }))
  const client = await gateway.connect(alice)
  assert.equal((await client.ask(get('/before'))).status, 200)
  site.lists.delete('/list')
  await gateway.program.line(/is used past its end/, { timeout: 60_000 })
  assert.ok(Date.now() >= end)
  assert.equal((await client.ask(get('/in-grace'))).status, 200)
  const [, address] = await gateway.program.line(/(http:\/\/[\d.:]+) is open for telemetry/)
  assert.match(await (await fetch(`${address}/metrics`)).text(), /^certgate_revocation_status_stale 1$/m)
  await client.end()
  assert.ok(Date.now() >= end + 5_900, 'not before the grace is over')
  assert.equal(await verdict(gateway, alice), 'certificate_status_unknown')
})

test('a restart while the distribution point is down locks nobody out, and believes nothing that was tampered with', async (t) => {
  const [site, gateway] = await Promise.all([listSite(t), start(t)])
  const { authority, program, configFile, folder } = gateway
  const alice = await gateway.issue('CN=alice', { extensions: [distributionPoints(site.url('/list'))] })
  site.lists.set('/list', authority.crlDer({ revoked: ['0102'] }))
  assert.equal(await verdict(gateway, alice), 200)
  site.lists.clear()
  await program.stop()
  const ask = async (port: number) => {
    const client = await RawClient.connect({ port, ca: authority.certificate, client: alice }, t)
    return (await client.ask(get('/again'))).status
  }
  const second = await startProgram({ config: configFile }, t as { after(callback: () => Promise<unknown>): void })
  assert.equal(await ask(second.port), 200)
  await second.stop()
  const cache = join(folder, 'data', 'revocation')
  const [file = ''] = readdirSync(cache)
  const bytes = readFileSync(join(cache, file))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  writeFileSync(join(cache, file), bytes)
  const third = await startProgram({ config: configFile }, t as { after(callback: () => Promise<unknown>): void })
  assert.equal(await ask(third.port), 403)
})

test('one source that knows is enough, one that says revoked is too, and files go before fetching', {
  skip: absent('openssl'),
}, async (t) => {
  const site = await listSite(t)
  const gateway = await startGateway(t, {
    tls: `${LISTS} }\n      ocsp: { validate: true }`,
    extra: 'revocation: { fetch_allow: [127.0.0.1], timeout: 2s }',
  })
  const { authority } = gateway
  const responder = new OpensslResponder(t, authority)
  const ocsp = await startSite(t, async (_request, response, body) => sendOcsp(response, await responder.answer(body)))
  const both = (path: string) => gateway.issue('CN=alice', { extensions: [responders(ocsp.url('/')), distributionPoints(site.url(path))] })
  const [good, byList, byOcsp, onlyOcsp] = await Promise.all(['/list', '/list', '/list', '/none'].map(both))
  assert.ok(good && byList && byOcsp && onlyOcsp)
  site.lists.set('/list', authority.crlDer({ revoked: [byList] }))
  for (const one of [good, byList, onlyOcsp]) responder.set('V', one)
  responder.set('R', byOcsp)
  assert.equal(await verdict(gateway, good), 200)
  assert.equal(await verdict(gateway, byList), 'certificate_revoked')
  assert.equal(await verdict(gateway, byOcsp), 'certificate_revoked')
  assert.equal(await verdict(gateway, onlyOcsp), 200)
  const before = site.paths.length
  writeFileSync(join(gateway.folder, 'ca.crl'), authority.crl())
  const text = readFileSync(gateway.configFile, 'utf8')
  writeFileSync(gateway.configFile, text.replace('from_distribution_points: true', 'from_distribution_points: true, files: [ca.crl]'))
  assert.equal((await askReload(join(gateway.folder, 'admin.sock'), false)).outcome, 'loaded')
  const unnamed = await gateway.issue('CN=alice', { extensions: [distributionPoints(site.url('/never'))] })
  assert.equal(await verdict(gateway, unnamed), 200)
  assert.equal(site.paths.length, before)
})

test("a list that openssl's CA made is fetched and obeyed", { skip: absent('openssl') }, async (t) => {
  const [site, gateway] = await Promise.all([listSite(t), start(t)])
  const folder = temporaryFolder(t)
  const issue = () => gateway.issue('CN=alice', { extensions: [distributionPoints(site.url('/openssl.crl'))] })
  const [good, revoked] = await Promise.all([issue(), issue()])
  folder.write('ca.crt', gateway.authority.certificate)
  folder.write('ca.key', gateway.authority.key)
  folder.write('crlnumber', '01\n')
  folder.write(
    'index.txt',
    opensslIndex([
      ['V', good.serial],
      ['R', revoked.serial],
    ]),
  )
  folder.write(
    'ca.cnf',
    '[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 1\ncrl_extensions = ext\n[ext]\nauthorityKeyIdentifier = keyid\n',
  )
  const args = ['ca', '-config', 'ca.cnf', '-gencrl', '-cert', 'ca.crt', '-keyfile', 'ca.key', '-out', 'list.crl']
  const made = await run('openssl', args, { cwd: folder.path })
  assert.equal(made.code, 0, made.stderr)
  site.lists.set('/openssl.crl', readFileSync(join(folder.path, 'list.crl')))
  // OpenSSL dates it by its clock, in whole seconds.
  await eventually('the good one being let in', async () => (await verdict(gateway, good)) === 200, 30_000)
  assert.equal(await verdict(gateway, revoked), 'certificate_revoked')
})
