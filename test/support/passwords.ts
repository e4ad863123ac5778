import { hashArgon2id } from '../../src/cli/users-hash.ts'
import { temporaryFolder } from './authority.ts'
import type { GatewayOptions } from './gateway.ts'
import type { Lifetime } from './lifetime.ts'

/** Internal users of these names with the password `right`, and Basic beside certificates: what `startGateway` needs for them. */
export async function passwordAuth(
  t: Lifetime,
  names: readonly string[],
): Promise<Pick<GatewayOptions, 'auth' | 'extra' | 'rolesMapping'>> {
  const hash = await hashArgon2id('right')
  const users = names.map((name) => `${name}: { hash: "${hash}" }\n`).join('')
  const file = temporaryFolder(t).write('internal_users.yml', `_meta: { type: internalusers, config_version: 2 }\n${users}`)
  return {
    auth: `
  domains:
    basic: { order: 0, http_authenticator: { type: basic, challenge: false }, authentication_backend: { type: internal } }`,
    extra: `internal_users: ${file}\n`,
    rolesMapping: `reader:\n  users: [${['alice', ...names].join(', ')}]\n`,
  }
}

/** An `Authorization` line. */
export function basic(name: string, password = 'right'): string {
  return `Authorization: Basic ${Buffer.from(`${name}:${password}`).toString('base64')}\r\n`
}
