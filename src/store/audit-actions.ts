/** Every action that is ever written. */
export const AUDIT_ACTIONS: readonly string[] = [
  'access',
  'authority.rotate',
  'certificate.add',
  'certificate.disable',
  'certificate.edit',
  'certificate.enable',
  'certificate.enrol',
  'certificate.purge',
  'certificate.remove',
  'certificate.renew',
  'certificate.revoke',
  'configuration.loaded',
  'configuration.rejected',
  'configuration.reload',
  'issuance.record',
  'issuance.revoke',
  'mapping.edit',
  'mapping.undo',
  'server.renew',
  'store.backup',
  'store.restore',
  'token.create',
  'token.purge',
  'token.remove',
  'token.use',
]

/** What a filter by action stands for: itself, or all that begins with what is before a last `*`. Empty: it is a slip, nothing is ever like that. */
export function actionsLike(filter: string): readonly string[] {
  const beginning = filter.endsWith('*') ? filter.slice(0, -1) : null
  return AUDIT_ACTIONS.filter((action) => (beginning === null ? action === filter : action.startsWith(beginning)))
}
