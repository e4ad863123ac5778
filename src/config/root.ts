import * as z from 'zod'
import { adminSchema } from './sections/admin.ts'
import { authSchema } from './sections/auth.ts'
import { identityHeadersSchema } from './sections/identity-headers.ts'
import { limitsSchema } from './sections/limits.ts'
import { listenersSchema } from './sections/listeners.ts'
import { pkiSchema } from './sections/pki.ts'
import { revocationSchema } from './sections/revocation.ts'
import { routesSchema } from './sections/routes.ts'
import { storeSchema } from './sections/store.ts'
import { telemetrySchema } from './sections/telemetry.ts'
import { upstreamsSchema } from './sections/upstreams.ts'
import { integer, section, text, toggle, word } from './shape.ts'
import { describeUnwired, UNWIRED, type UnwiredKey } from './unwired.ts'

/** Keys of the top level that are single values. */
export const scalarShape = {
  roles_mapping: text('a file').optional().describe("roles_mapping.yml in Open Distro's format: who has which role"),
  internal_users: text('a file').optional().describe("internal_users.yml in Open Distro's format: users with passwords"),
  workers: z
    .union([word(['auto']), integer(1, 1024, 'expected auto or a number')])
    .prefault('auto')
    .describe('worker processes; auto: one per core'),
  errors: word(['problem', 'raven', 'opensearch']).prefault('problem').describe('shape of refusals'),
  contact: text('a contact').optional().describe('whom the page of a refusal tells people to ask'),
  hide_routes: toggle().prefault(false).describe('403 instead of 404 where there is no route'),
}

/** The whole file; what the JSON Schema for editors is printed from. */
export const rootSchema = section({
  listeners: listenersSchema.describe('where certgate listens, by name'),
  auth: authSchema.optional().describe('how users are told apart; absent: by the common name of their certificate'),
  upstreams: upstreamsSchema.describe('what is protected, by name'),
  routes: routesSchema.describe('first match wins; nothing matches: refused'),
  identity_headers: identityHeadersSchema.optional().describe('what the upstream sees of the user; inbound copies are always removed'),
  admin: adminSchema.optional().describe('absent: the socket beside the store alone is opened'),
  pki: pkiSchema.optional().describe('issuing certificates; absent: off'),
  store: storeSchema.optional().describe('where certificates are registered'),
  telemetry: telemetrySchema.optional().describe('absent: nothing is opened'),
  limits: limitsSchema.optional(),
  ...scalarShape,
  revocation: revocationSchema.optional().describe('how OCSP responders are asked and revocation lists fetched'),
})

/** Judges only which keys stand at the top level: what is under each is read by itself, so that every problem is found. */
export const topSchema = section(Object.fromEntries(Object.keys(rootSchema.shape).map((key) => [key, z.unknown().optional()])))

/** JSON Schema (2020-12) of certgate.yml, with descriptions and defaults, for editors. */
export function jsonSchema(unwired: readonly UnwiredKey[] = UNWIRED): Record<string, unknown> {
  const printed = z.toJSONSchema(rootSchema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
  return {
    title: 'certgate.yml',
    description: 'Configuration of certgate, a certificate lock in front of any service.',
    ...describeUnwired(printed, unwired),
  }
}
