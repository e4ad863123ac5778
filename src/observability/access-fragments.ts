import { flat, jsonString, jsonStringOrNull } from './json-text.ts'
import type { ConnectionFragment, SubjectFragment } from './types.ts'

/** The part of an access-log line that stays the same for a whole connection: build it once and keep it there. */
export function connectionFragment(listener: string, remote: string, sni: string | null): ConnectionFragment {
  return flat(`"listener":${jsonString(listener)},"remote":${jsonString(remote)},"sni":${jsonStringOrNull(sni)}`) as ConnectionFragment
}

/** The part of an access-log line that says who asked: build it once per identity and snapshot. */
export function subjectFragment(
  user: string | null,
  dn: string | null,
  fingerprint: string | null,
  roles: Iterable<string>,
): SubjectFragment {
  const list = Array.from(roles, jsonString).join(',')
  const who = `"user":${jsonStringOrNull(user)},"dn":${jsonStringOrNull(dn)},"fingerprint":${jsonStringOrNull(fingerprint)}`
  return flat(`${who},"roles":[${list}]`) as SubjectFragment
}

/** Nobody was identified and no certificate was seen. */
export const NO_SUBJECT = subjectFragment(null, null, null, [])
