import type { ClientRefusal, RefusalBody } from './refusal.ts'

/** OpenSearch's names for exceptions of these statuses, as its REST layer prints them. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'illegal_argument_exception'],
  [403, 'security_exception'],
  [404, 'resource_not_found_exception'],
])

function reasonText({ code, detail, method, path, user }: ClientRefusal): string {
  if (code !== 'role_missing' && code !== 'method_not_allowed') return `${detail} (${code})`
  return `no permissions for [${method} ${path}]${user === null ? '' : ` and User [name=${user}]`} (${code})`
}

/**
 * OpenSearch security's shapes: a challenge is 401 with the text `Unauthorized` (its HTTPBasicAuthenticator), no challenge 401 with
 * `Authentication finally failed` (its BackendRegistry), everything else OpenSearch's error object.
 */
export function opensearchBody(refusal: ClientRefusal): RefusalBody {
  const { status, challenge } = refusal
  if (status === 401) {
    return { contentType: 'text/plain; charset=UTF-8', text: challenge === null ? 'Authentication finally failed' : 'Unauthorized' }
  }
  const cause = { type: TYPES.get(status) ?? 'status_exception', reason: reasonText(refusal) }
  return { contentType: 'application/json; charset=UTF-8', text: JSON.stringify({ error: { root_cause: [cause], ...cause }, status }) }
}
