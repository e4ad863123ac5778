import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialConfig, initialInternalUsers, initialRolesMapping } from '../../../src/cli/initial-config.ts'
import { parseInternalUsers } from '../../../src/config/internal-users.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'

const config = (target: string) =>
  parseConfig(
    initialConfig({ listen: '0.0.0.0:8443', telemetry: '127.0.0.1:9464', admin: '127.0.0.1:9443', upstream: { name: 'app', target } }),
    '/data/certgate.yml',
    { env: {} },
  )

test('what init writes is accepted without a warning', () => {
  const { settings, warnings } = config('http://127.0.0.1:8080')
  assert.deepEqual(warnings, [])
  assert.equal(settings.listeners.get('main')?.tls?.clientauthMode, 'REQUIRE')
  assert.deepEqual(settings.listeners.get('main')?.address, { host: '0.0.0.0', port: 8443 })
  assert.equal(settings.admin?.socket, '/data/admin.sock')
  assert.deepEqual(parseRoleMapping(initialRolesMapping('admin'), 'roles_mapping.yml').warnings, [])
  const { users, warnings: userWarnings } = parseInternalUsers(initialInternalUsers, 'internal_users.yml')
  assert.deepEqual([users, userWarnings], [[], []])
})

test('a socket path reaches the settings as it is, whatever is in it', () => {
  const path = `/run/a "b" $\{env:HOME} \\ # c.sock`
  const [target] = config(`unix:${path}`).settings.upstreams.get('app')?.targets ?? []
  assert.equal(target?.url, `unix:${path}`)
})

test('each address stands alone on an unquoted line, for tools that only know text', () => {
  const text = initialConfig({
    listen: '0.0.0.0:8443',
    telemetry: '127.0.0.1:9464',
    admin: '127.0.0.1:9443',
    upstream: { name: 'app', target: 'http://a:1' },
  })
  assert.deepEqual(text.match(/^ +address: \S+$/gm), [
    '    address: 0.0.0.0:8443',
    '  address: 127.0.0.1:9443',
    '  address: 127.0.0.1:9464',
  ])
})

test('with a wildcard it says where names for browsers go, and without one it does not', () => {
  const made = (names: string[]) =>
    initialConfig({
      listen: '0.0.0.0:8443',
      telemetry: '127.0.0.1:9464',
      admin: '127.0.0.1:9443',
      names,
      upstream: { name: 'app', target: 'http://a:1' },
    })
  assert.match(
    made(['*.gate.example', 'localhost']),
    /server_certificate: allow\n {2}# Names .*\n {2}# hosts:\n {2}# {3}- admin\.gate\.example\n\n/,
  )
  assert.doesNotMatch(made(['gate.example', 'localhost']), /hosts:/)
  const uncommented = made(['*.gate.example']).replace('# hosts:', 'hosts:').replace('#   -', '  -')
  assert.deepEqual(parseConfig(uncommented, '/conf/certgate.yml').settings.admin?.hosts, ['admin.gate.example'])
})
