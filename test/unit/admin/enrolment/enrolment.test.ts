import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InternalUser } from '../../../../src/config/settings.ts'
import type { Actor, Clearance } from '../../../../src/store/types.ts'
import { CLI, DAY } from '../../../support/registry-store.ts'
import { enrolling, newKey, registered, requestOf } from './fixture.ts'

type Fixture = ReturnType<typeof enrolling>

function tokenOf({ store }: Fixture, name: string, actor: Actor = CLI, clearance: Clearance = 'ValidUser'): string {
  return store.tokens.create({ name, clearance, permissions: new Map(), lifetime: null }, DAY, actor).secret
}

const byToken = (secret: string) => ({ kind: 'token', secret }) as const
const REMOTE = '192.0.2.1'

describe('a token', () => {
  test('is released only after it is recorded and published, and two who race get one certificate', async (t) => {
    const fixture = enrolling(t)
    const secret = tokenOf(fixture, 'web')
    const both = await Promise.allSettled([1, 2].map(() => fixture.enrolment.enrol(requestOf('web'), byToken(secret), REMOTE)))
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual(fixture.told, ['published', 'certificate'])
    assert.equal(fixture.store.registry.byName('web').length, 1)
    const issued = both.find((one) => one.status === 'fulfilled')?.value
    assert.deepEqual([issued?.subjectDn, issued?.createdAt], ['CN=web', fixture.clock.now])
    assert.notEqual(fixture.store.issuance.byFingerprint(issued?.fingerprint ?? ''), null)
    assert.deepEqual(
      fixture.store.audit.read({ filter: { action: 'certificate.enrol' } }).map(({ outcome, details }) => [outcome, details.reason]),
      [['refused', 'credentials_wrong']],
    )
  })

  test('is not used up where whoever has it expects another name', async (t) => {
    const fixture = enrolling(t)
    const secret = tokenOf(fixture, 'web')
    await assert.rejects(fixture.enrolment.enrol(requestOf('db'), { ...byToken(secret), expected: 'db' }, REMOTE), {
      reason: 'not_granted',
      message: 'the token is for the name web',
    })
    assert.deepEqual([fixture.store.registry.byName('web').length, fixture.store.tokens.check(secret).used], [0, null])
    // Any client of RFC 7030 says by its request what it expects.
    await assert.rejects(fixture.enrolment.enrol(requestOf('db'), byToken(secret), REMOTE), {
      reason: 'not_granted',
      message: 'the token is for the name web, and the request is for another common name',
    })
    assert.equal(fixture.store.tokens.check(secret).used, null)
    const entry = await fixture.enrolment.enrol(requestOf('web'), { ...byToken(secret), expected: 'web' }, REMOTE)
    assert.equal(entry.name, 'web')
  })

  test('is not used up where nothing can be issued, and no detail of why is told', async (t) => {
    const fixture = enrolling(t)
    const secret = tokenOf(fixture, 'web')
    const { operating } = fixture
    const good = operating.now
    operating.now = { ...good, issuing: null, problem: 'cannot read /etc/secret/issuing.key' }
    await assert.rejects(fixture.enrolment.enrol(requestOf('web'), byToken(secret), REMOTE), {
      reason: 'unavailable',
      status: 503,
      message: 'nothing can be issued here',
      retryAfter: 300,
    })
    operating.now = good
    fixture.clock.now += 3_660 * DAY
    const late = tokenOf(fixture, 'late')
    await assert.rejects(fixture.enrolment.enrol(requestOf('late'), byToken(late), REMOTE), { reason: 'unavailable' })
    assert.equal(fixture.store.tokens.check(late).used, null)
  })

  test('certifies no key that was revoked or disabled, and names nobody else then', async (t) => {
    const fixture = enrolling(t)
    const { entry, key } = registered(fixture, 'old')
    fixture.store.registry.revoke(entry.fingerprint, 'keyCompromise', CLI)
    const secret = tokenOf(fixture, 'web')
    await assert.rejects(fixture.enrolment.enrol(requestOf('web', key), byToken(secret), REMOTE), (error: Error & { status: number }) => {
      assert.ok(!error.message.includes('old'))
      return error.status === 403
    })
    assert.equal(fixture.store.tokens.check(secret).used, null)
  })
})

describe('a token gives what its maker could give now', () => {
  const MAPPING = 'admin:\n  users: [boss]\nwriter:\n  users: [oscar, pen]\n'
  const enrol = (fixture: Fixture, secret: string, name: string) => fixture.enrolment.enrol(requestOf(name), byToken(secret), REMOTE)

  test('an Operator gives names with roles that they have, and no others', async (t) => {
    const fixture = enrolling(t, { mapping: MAPPING })
    const { actor } = registered(fixture, 'oscar', 'Operator')
    await enrol(fixture, tokenOf(fixture, 'pen', actor), 'pen')
    await enrol(fixture, tokenOf(fixture, 'plain', actor), 'plain')
    await assert.rejects(enrol(fixture, tokenOf(fixture, 'boss', actor), 'boss'), { reason: 'not_granted', status: 403 })
    await assert.rejects(enrol(fixture, tokenOf(fixture, 'higher', actor, 'ClusterAdmin'), 'higher'), { reason: 'not_granted' })
    assert.deepEqual([fixture.store.registry.byName('boss').length, fixture.store.registry.byName('higher').length], [0, 0])
  })

  test('a name that came into use meanwhile is a ClusterAdmin to share', async (t) => {
    const fixture = enrolling(t)
    const { actor } = registered(fixture, 'oscar', 'Operator')
    const { actor: chief } = registered(fixture, 'chief', 'ClusterAdmin')
    const tokens = [tokenOf(fixture, 'twin', actor), tokenOf(fixture, 'twin', actor), tokenOf(fixture, 'TWIN', actor)]
    await enrol(fixture, tokens[0] ?? '', 'twin')
    for (const [index, name] of ['twin', 'TWIN'].entries())
      await assert.rejects(enrol(fixture, tokens[index + 1] ?? '', name), { reason: 'not_granted', message: /in force with this name/ })
    await enrol(fixture, tokenOf(fixture, 'twin', chief), 'twin')
    await enrol(fixture, tokenOf(fixture, 'twin', CLI), 'twin')
    assert.equal(fixture.store.registry.byName('twin').length, 3)
  })

  test('a name is found in use among a thousand that are like it', async (t) => {
    const fixture = enrolling(t)
    const { actor } = registered(fixture, 'oscar', 'Operator')
    const secrets = [tokenOf(fixture, 'web', actor), tokenOf(fixture, 'web-free', actor)]
    fixture.store.write(() => {
      for (let number = 0; number < 1_020; number++) registered(fixture, `web-${number}`)
      registered(fixture, 'Web')
      for (let number = 0; number < 20; number++) registered(fixture, `zweb-${number}`)
    })
    await assert.rejects(enrol(fixture, secrets[0] ?? '', 'web'), { message: /in force with this name/ })
    await enrol(fixture, secrets[1] ?? '', 'web-free')
  })

  for (const [what, change] of [
    ['disabled', ({ store }, fingerprint) => store.registry.disable(fingerprint, CLI)],
    ['revoked', ({ store }, fingerprint) => store.registry.revoke(fingerprint, 'affiliationChanged', CLI)],
    ['removed', ({ store }, fingerprint) => store.registry.remove(fingerprint, CLI)],
    ['expired', ({ clock }) => (clock.now += 366 * DAY)],
  ] as readonly (readonly [string, (fixture: Fixture, fingerprint: string) => unknown])[]) {
    test(`one who is ${what} gives nothing`, async (t) => {
      const fixture = enrolling(t, { adminDn: ['CN=root'] })
      const { actor, entry } = registered(fixture, 'chief', 'ClusterAdmin')
      const { secret } = fixture.store.tokens.create(
        { name: 'web', clearance: 'ValidUser', permissions: new Map(), lifetime: null },
        500 * DAY,
        actor,
      )
      change(fixture, entry.fingerprint)
      await assert.rejects(enrol(fixture, secret, 'web'), { reason: 'not_granted', message: /made this token/ })
      assert.equal(fixture.store.tokens.check(secret).used, null)
    })
  }

  test('one who was lowered gives less', async (t) => {
    const fixture = enrolling(t)
    const { actor, entry } = registered(fixture, 'chief', 'ClusterAdmin')
    const secret = tokenOf(fixture, 'web', actor, 'ClusterAdmin')
    fixture.store.registry.edit(entry.fingerprint, { clearance: 'Operator' }, CLI)
    await assert.rejects(enrol(fixture, secret, 'web'), { reason: 'not_granted' })
  })

  test('one whom the registry never knew gives as an Operator without roles, where admin_dn names anybody', async (t) => {
    const stranger = { name: 'CN=root', fingerprint: 'a'.repeat(64) }
    const without = enrolling(t)
    await assert.rejects(enrol(without, tokenOf(without, 'web', stranger), 'web'), { reason: 'not_granted' })
    const fixture = enrolling(t, { mapping: MAPPING, adminDn: ['CN=root'] })
    await enrol(fixture, tokenOf(fixture, 'web', stranger), 'web')
    await assert.rejects(enrol(fixture, tokenOf(fixture, 'boss', stranger), 'boss'), { reason: 'not_granted' })
  })
})

describe('a password', () => {
  const user = (name: string, backendRoles: readonly string[] = []): InternalUser => ({ name, hash: 'x', backendRoles, line: 1 })
  const give = ({ enrolment }: Fixture, name: string, password: string, asked = name, remote = REMOTE) =>
    enrolment.enrol(requestOf(asked), { kind: 'password', name, password }, remote)

  test('counts only where the configuration says so', async (t) => {
    const fixture = enrolling(t, { users: [user('alice')] })
    await assert.rejects(give(fixture, 'alice', 'right'), { reason: 'credentials_wrong', message: 'passwords are not accepted here' })
  })

  test('gives its user a certificate of exactly their name, as ValidUser without permissions', async (t) => {
    const fixture = enrolling(t, { users: [user('alice')], passwords: 'allow' })
    const { name, subjectDn, clearance, permissions, createdBy } = await give(fixture, 'alice', 'right')
    assert.deepEqual([name, subjectDn, clearance, permissions.size, createdBy], ['alice', 'CN=alice', 'ValidUser', 0, 'user alice'])
    await assert.rejects(give(fixture, 'alice', 'right', 'admin'), { reason: 'not_granted', status: 403 })
    await assert.rejects(give(fixture, 'alice', 'right'), { message: /in force with this name and another key/ })
  })

  test('of the name that stands for nobody makes nobody, right or not', async (t) => {
    const anonymous = 'opendistro_security_anonymous'
    const fixture = enrolling(t, { users: [user(anonymous)], passwords: 'allow' })
    await assert.rejects(give(fixture, anonymous, 'right'), { reason: 'credentials_wrong' })
    assert.equal(fixture.store.registry.list().total, 0)
  })

  test('gives no role that the user has not by their password', async (t) => {
    const mapping = 'root:\n  users: ["CN=alice"]\nreader:\n  users: [alice, bob]\n'
    const fixture = enrolling(t, { users: [user('alice'), user('bob')], passwords: 'allow', mapping })
    await give(fixture, 'bob', 'right')
    await assert.rejects(give(fixture, 'alice', 'right'), { reason: 'not_granted' })
  })

  test('makes nobody an administrator whom admin_dn names', async (t) => {
    const fixture = enrolling(t, { users: [user('boss')], passwords: 'allow', adminDn: ['CN=boss'] })
    await assert.rejects(give(fixture, 'boss', 'right'), { reason: 'not_granted' })
  })

  test('gives twenty certificates that are in force at once, and then one a day, though all are of one key', async (t) => {
    const fixture = enrolling(t, { users: [user('alice')], passwords: 'allow' })
    const key = newKey()
    const again = () => fixture.enrolment.enrol(requestOf('alice', key), { kind: 'password', name: 'alice', password: 'right' }, REMOTE)
    for (let count = 0; count < 20; count++) await again()
    const refused = { reason: 'too_many_renewals', status: 429, retryAfter: 24 * 60 * 60 }
    await assert.rejects(again(), refused)
    assert.equal(fixture.store.registry.list().total, 20)
    fixture.clock.now += DAY
    await again()
    await assert.rejects(again(), refused)
  })

  test('that is wrong, or of nobody, is told alike, and few are tried', async (t) => {
    const fixture = enrolling(t, { users: [user('alice')], passwords: 'allow' })
    const wrong = { reason: 'credentials_wrong', status: 401, message: 'wrong user name or password' }
    for (let count = 0; count < 5; count++) {
      await assert.rejects(give(fixture, 'alice', 'wrong'), wrong)
      await assert.rejects(give(fixture, 'nobody', 'right'), wrong)
    }
    await assert.rejects(give(fixture, 'alice', 'right'), { reason: 'too_many_failures', status: 429, retryAfter: 600 })
    await give(fixture, 'alice', 'right', 'alice', '198.51.100.1')
    fixture.monotonic.now += 600_000
    await assert.rejects(give(fixture, 'alice', 'right'), { message: /in force with this name/ })
  })
})

test('authorities are both roots while they overlap, and each issuing certificate once', async (t) => {
  const fixture = enrolling(t)
  assert.equal(fixture.enrolment.authorities().length, 2)
  const { operating } = fixture
  operating.now = { ...operating.now, issuing: null, issuers: [...operating.now.issuers, ...operating.now.issuers] }
  assert.equal(fixture.enrolment.authorities().length, 2)
})
