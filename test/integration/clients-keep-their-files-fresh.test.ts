import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { type EnrollingGateway, startEnrolment } from '../support/enrolment.ts'
import { eventually } from '../support/eventually.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { absent, freePorts, run } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'

// The promise: a client gets its certificate with one command, and another keeps it fresh for as long as it runs: what stands in the
// files works at any time, and a gateway that is away is only waited for.

describe('the commands of a client', { skip: absent('curl', 'openssl') }, () => {
  const lifetime = fileLifetime()
  let gate: EnrollingGateway
  before(async () => {
    gate = await startEnrolment(lifetime)
  })

  const certgate = (args: readonly string[], env: Record<string, string> = {}) =>
    run(new URL('../../bin/certgate', import.meta.url).pathname, args, { cwd: gate.folder, env })
  const url = () => `https://localhost:${gate.estPort}`
  const enroll = (name: string, lifetimeOf: number | null = null, ...more: string[]) =>
    certgate(['cert', 'enroll', '--est', url(), '--ca', 'ca/ca.crt', '--name', name, '--out', name, ...more], {
      CERTGATE_TOKEN: gate.token(name, { lifetime: lifetimeOf }),
    })
  const pathOf = (name: string, ending: string) => join(gate.folder, name, `${name}.${ending}`)
  const certificate = (name: string) => new X509Certificate(readFileSync(pathOf(name, 'crt')))
  const renewal = (name: string, ...more: string[]) => [
    ...['cert', 'renew', '--est', url(), '--ca', 'ca/ca.crt'],
    ...['--cert', `${name}/${name}.crt`, '--key', `${name}/${name}.key`, ...more],
  ]
  const works = async (name: string) => {
    const { status, body } = await gate.curl('--cert', pathOf(name, 'crt'), '--key', pathOf(name, 'key'), `${gate.listener}/x`)
    assert.ok([200, 403].includes(status) && !body.includes('certificate_'), `${status} ${body}`)
  }

  test('enroll makes key and certificate for nobody else to read, and overwrites nothing', async () => {
    const { code, text, stderr } = await enroll('web1')
    assert.equal(code, 0, stderr)
    assert.match(text, /^web1\/web1\.crt, web1\/web1\.key: CN=web1, until \d{4}-\d\d-\d\d\n$/)
    for (const ending of ['crt', 'key']) assert.equal(statSync(pathOf('web1', ending)).mode & 0o777, 0o600)
    const through = await gate.curl('--cert', pathOf('web1', 'crt'), '--key', pathOf('web1', 'key'), `${gate.listener}/hello`)
    assert.equal(through.status, 200, through.body)
    const token = gate.token('web1')
    const again = await certgate(['cert', 'enroll', '--est', url(), '--ca', 'ca/ca.crt', '--name', 'web1', '--out', 'web1'], {
      CERTGATE_TOKEN: token,
    })
    assert.deepEqual([again.code, gate.store.tokens.check(token).used], [1, null])
    assert.match(again.stderr, /already exists/)
  })

  test('enroll says what is wrong, keeps no key then, and asks nobody who is not trusted', async () => {
    const wrong = await certgate(['cert', 'enroll', '--est', url(), '--ca', 'ca/ca.crt', '--name', 'w', '--out', 'w'], {
      CERTGATE_TOKEN: 'cge_x',
    })
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /certgate: enrolment answered 401: this enrolment token is unknown\nhint: ask for a new one\n/)
    assert.equal(existsSync(join(gate.folder, 'w')), false)
    const other = gate.token('other')
    const named = await certgate(['cert', 'enroll', '--est', url(), '--ca', 'ca/ca.crt', '--name', 'w', '--out', 'w'], {
      CERTGATE_TOKEN: other,
    })
    assert.equal(named.code, 1)
    assert.match(named.stderr, /answered 403: the token is for the name other\nhint: ask for that name; the token was not used up\n/)
    assert.equal(gate.store.tokens.check(other).used, null)
    assert.equal(existsSync(join(gate.folder, 'w')), false)
    const wrongPort = await certgate(['cert', 'enroll', '--est', gate.listener, '--ca', 'ca/ca.crt', '--name', 'w', '--out', 'w'], {
      CERTGATE_TOKEN: other,
    })
    assert.equal(wrongPort.code, 1)
    assert.match(
      wrongPort.stderr,
      /^certgate: what answers on localhost:\d+ is no EST server: cacerts was answered with status 401\nhint: name the address of pki\.est/,
    )
    const token = gate.token('untrusting')
    const untrusting = await certgate(['cert', 'enroll', '--est', url(), '--name', 'u', '--out', 'u'], { CERTGATE_TOKEN: token })
    assert.equal(untrusting.code, 1)
    assert.match(untrusting.stderr, /hint: name the root certificate of the gateway with --ca/)
    assert.equal(gate.store.tokens.check(token).used, null)
    for (const args of [
      ['--est', 'http://x'],
      ['--name', 'x'],
      ['--est', url(), '--name', 'x', '--key-type', 'dsa'],
      ['--est', url(), '--name', 'x'],
    ])
      assert.equal((await certgate(['cert', 'enroll', ...args])).code, 2, args.join(' '))
  })

  test('a key of each kind is certified, and a token in a file counts', async () => {
    for (const kind of ['rsa', 'ed25519']) {
      gate.write('token', `${gate.token(kind)}\n`)
      const args = ['--est', url(), '--ca', 'ca/ca.crt', '--name', kind, '--out', kind, '--key-type', kind, '--token-file', 'token']
      const { code, stderr } = await certgate(['cert', 'enroll', ...args])
      assert.equal(code, 0, stderr)
      assert.equal(certificate(kind).publicKey.asymmetricKeyType, kind)
      assert.equal((await certgate(renewal(kind, '--before', '1/1', '--new-key'))).code, 0)
      assert.equal(certificate(kind).publicKey.asymmetricKeyType, kind)
    }
  })

  test('renew leaves a fresh certificate alone, and renews one that is due for the same key or a new one', async () => {
    await enroll('steady')
    const [first, key] = [certificate('steady'), readFileSync(pathOf('steady', 'key'), 'utf8')]
    const fresh = await certgate(renewal('steady'))
    assert.equal(fresh.code, 0, fresh.stderr)
    assert.match(fresh.text, /^steady\/steady\.crt is still fresh: valid until .*Z, to be renewed from .*Z\n$/)
    const same = await certgate(renewal('steady', '--before', '400d'))
    assert.equal(same.code, 0, same.stderr)
    assert.match(same.text, /^renewed steady\/steady\.crt: valid until /)
    assert.notEqual(certificate('steady').fingerprint256, first.fingerprint256)
    assert.equal(readFileSync(pathOf('steady', 'key'), 'utf8'), key)
    const told = await certgate(renewal('steady', '--before', '1/1', '--new-key', '--run', 'echo "$CERTGATE_CERT $CERTGATE_KEY" > told'))
    assert.equal(told.code, 0, told.stderr)
    assert.notEqual(readFileSync(pathOf('steady', 'key'), 'utf8'), key)
    assert.ok(certificate('steady').checkPrivateKey(createPrivateKey(readFileSync(pathOf('steady', 'key')))))
    assert.equal(readFileSync(join(gate.folder, 'told'), 'utf8'), `${pathOf('steady', 'crt')} ${pathOf('steady', 'key')}\n`)
    assert.deepEqual(readdirSync(join(gate.folder, 'steady')).sort(), ['steady.crt', 'steady.key'])
    await works('steady')
    const chain = gate.store.registry.byName('steady').map(({ predecessor }) => predecessor !== null)
    assert.deepEqual(chain, [false, true, true])
    const failing = await certgate(renewal('steady', '--before', '1/1', '--run', 'exit 3'))
    assert.equal(failing.code, 1)
    assert.match(failing.stderr, /the command failed: exit code 3/)
  })

  test('renew of one file that holds both, and through a link, keeps them what they are', async () => {
    await enroll('both')
    const both = gate.write('both.pem', readFileSync(pathOf('both', 'key'), 'utf8') + readFileSync(pathOf('both', 'crt'), 'utf8'))
    const { symlinkSync, lstatSync } = await import('node:fs')
    symlinkSync('both.pem', join(gate.folder, 'link.pem'))
    for (const more of [[], ['--new-key']]) {
      const before = readFileSync(both, 'utf8')
      const args = ['--est', url(), '--ca', 'ca/ca.crt', '--cert', 'link.pem', '--key', 'link.pem', '--before', '1/1', ...more]
      const { code, stderr } = await certgate(['cert', 'renew', ...args])
      assert.equal(code, 0, stderr)
      const after = readFileSync(both)
      assert.notEqual(after.toString(), before)
      assert.ok(new X509Certificate(after).checkPrivateKey(createPrivateKey(after)))
    }
    assert.ok(lstatSync(join(gate.folder, 'link.pem')).isSymbolicLink())
  })

  test('a refused renewal changes nothing, and says why', async () => {
    await enroll('revoked')
    const before = readFileSync(pathOf('revoked', 'crt'), 'utf8')
    const [entry] = gate.store.registry.byName('revoked')
    gate.store.registry.revoke(entry?.fingerprint ?? '', 'keyCompromise', { name: 'cli', fingerprint: null })
    const { code, stderr } = await certgate(renewal('revoked', '--before', '1/1', '--new-key'))
    assert.equal(code, 1)
    assert.match(stderr, /certgate: enrolment answered 403: your certificate /)
    assert.equal(readFileSync(pathOf('revoked', 'crt'), 'utf8'), before)
    assert.deepEqual(readdirSync(join(gate.folder, 'revoked')).sort(), ['revoked.crt', 'revoked.key'])
    assert.equal((await certgate(renewal('nothing'))).code, 1)
    assert.equal((await certgate(['cert', 'renew', '--est', url()])).code, 2)
    assert.equal((await certgate(renewal('revoked', '--before', '2/1'))).code, 2)
  })

  test('a watch renews again and again, runs the command each time, and ends on a signal', async (t) => {
    await enroll('brief', 20_000)
    const watch = await startProgram(
      {
        args: renewal('brief', '--watch', '--before', '9/10', '--new-key', '--run', 'echo run >> runs; exit 1'),
        cwd: gate.folder,
        listeners: 0,
      },
      t,
    )
    const seen = new Set<string>()
    await eventually('three renewals', () => seen.add(certificate('brief').fingerprint256).size >= 4, 40_000)
    await works('brief')
    watch.signal('SIGTERM')
    assert.deepEqual(await watch.ended, { code: 0, signal: null })
    assert.match(watch.stdout[0] ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}Z watching brief\/brief\.crt: valid until .*Z, to be renewed .*Z$/)
    assert.ok(watch.stdout.filter((line) => /Z renewed brief\/brief\.crt: valid until /.test(line)).length >= 3)
    assert.match(watch.stdout.at(-1) ?? '', /Z ended$/)
    assert.ok(
      watch.stderr.every((line) => /Z the command failed: exit code 1$/.test(line)),
      watch.stderr.join('\n'),
    )
    assert.ok(readFileSync(join(gate.folder, 'runs'), 'utf8').split('\n').length > 3)
  })

  test('a watch waits for a gateway that is away', async (t) => {
    await enroll('patient', 3_000_000)
    const [port = 0] = await freePorts(1)
    const args = renewal('patient', '--watch', '--before', '1/1').map((arg) => (arg === url() ? `https://localhost:${port}` : arg))
    const watch = await startProgram({ args, cwd: gate.folder, listeners: 0 }, t)
    await watch.line(/Z patient\/patient\.crt was not renewed: no answer from localhost:\d+: .*; again in \d+ s$/)
    const before = certificate('patient').fingerprint256
    const proxy = await forward(t, port, gate.estPort)
    await watch.line(/renewed patient/, { timeout: 40_000 })
    assert.notEqual(certificate('patient').fingerprint256, before)
    assert.ok(proxy.connections > 0)
    watch.signal('SIGINT')
    assert.equal((await watch.ended).code, 0)
    assert.ok(!existsSync(join(gate.folder, 'patient', '.patient.key.certgate-new')))
  })

  test('a watch ends with 1 where its certificate is revoked, and waits where it is disabled', async (t) => {
    const actor = { name: 'cli', fingerprint: null }
    await enroll('banned')
    const [{ fingerprint } = { fingerprint: '' }] = gate.store.registry.byName('banned')
    gate.store.registry.disable(fingerprint, actor)
    const watch = await startProgram({ args: renewal('banned', '--watch', '--before', '1/1'), cwd: gate.folder, listeners: 0 }, t)
    await watch.line(/banned\.crt was not renewed: enrolment answered 403: .*; again in \d+ s$/)
    gate.store.registry.revoke(fingerprint, 'keyCompromise', actor)
    await watch.line(/banned\.crt was not renewed: .*certificate_revoked$/)
    assert.deepEqual(await watch.ended, { code: 1, signal: null })
    assert.match(watch.stderr.at(-1) ?? '', /^hint: it never will be: enrol anew /)
  })

  test('an expired certificate is not renewed by itself', async () => {
    await enroll('over', 1_000)
    const { notAfter = 0 } = gate.store.registry.byName('over')[0] ?? {}
    await eventually('its end', () => Date.now() > notAfter + 1_000)
    const { code, stderr } = await certgate(renewal('over', '--before', '1/1'))
    assert.equal(code, 1)
    assert.match(stderr, /enrolment answered 403: your certificate is refused: certificate_expired/)
    assert.equal((await certgate(renewal('over', '--watch'))).code, 1)
    assert.equal(gate.store.registry.byName('over').length, 1)
  })
})

/** Bytes from one port to another. */
async function forward(t: { after(callback: () => void): void }, from: number, to: number) {
  const { connect, createServer } = await import('node:net')
  const counted = { connections: 0 }
  const server = createServer((socket) => {
    counted.connections++
    const onward = connect(to, '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    for (const one of [socket, onward]) one.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.1', resolve))
  t.after(() => server.close())
  return counted
}
