import { ANONYMOUS_NAME, type Identity } from './types.ts'

/** Who a request without any credentials is under `auth.anonymous: true`. No backend roles: a role comes by the literal name only. */
export const ANONYMOUS_IDENTITY: Identity = Object.freeze({
  name: ANONYMOUS_NAME,
  dn: null,
  source: 'anonymous',
  domain: 'anonymous',
  backendRoles: Object.freeze([]),
  certificate: null,
})
