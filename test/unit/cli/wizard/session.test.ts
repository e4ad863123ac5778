import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Session } from '../../../../src/cli/wizard/session.ts'

test('the token opens once, and the cookie is the only way in from then on', () => {
  const session = new Session()
  assert.ok(Buffer.from(session.token, 'base64url').length >= 16)
  assert.equal(session.exchange('/'), null)
  assert.equal(session.exchange(`/${session.token}x`), null)
  assert.equal(session.owns('certgate_setup='), false)
  const line = session.exchange(`/${session.token}`) ?? ''
  assert.match(line, /^certgate_setup=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/[\w-]{43}$/)
  assert.ok(line.endsWith(`; Path=/${session.token}`), 'no other port of this machine is brought it')
  assert.equal(session.exchange(`/${session.token}`), null)
  const [pair = ''] = line.split(';')
  assert.equal(session.owns(pair), true)
  assert.equal(session.owns(`other=1; ${pair}`), true)
  for (const wrong of [undefined, '', 'certgate_setup=', `${pair}x`, pair.slice(0, -1), `certgate_setup=${session.token}`])
    assert.equal(session.owns(wrong), false, String(wrong))
})

test('nobody is in before the token was brought', () => {
  const session = new Session()
  const stolen = new Session()
  const [pair = ''] = (stolen.exchange(`/${stolen.token}`) ?? '').split(';')
  assert.equal(session.owns(pair), false)
})

test('pages lie below the token, and nowhere else', () => {
  const session = new Session()
  const { token } = session
  assert.deepEqual(
    ['', '/', '/name', '/a/b'].map((place) => session.placeOf(`/${token}${place}`)),
    ['', '/', '/name', '/a/b'],
  )
  for (const path of ['', '/', '/name', token, `/${token}x/name`, `/x${token}`, `//${token}/name`, `/${token.slice(1)}/name`, '*'])
    assert.equal(session.placeOf(path), null, path)
})
