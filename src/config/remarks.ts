/** policy finds what is odd about a mapping; here it gets its place in a file (see expressions.ts on why config asks policy's code). */
import type { Problem } from '../errors.ts'
import {
  anonymousWarnings,
  issuerWarnings,
  mappingWarnings,
  type Remark,
  rotationWarnings,
  sharedMappingWarnings,
  unmappedRoleWarnings,
} from '../policy/mapping-checks.ts'
import { type Authority, anchorKeys, type OwnAuthority } from '../policy/mapping-issuer.ts'
import type { RoleMapping } from '../policy/types.ts'
import type { Located } from './document.ts'
import type { Settings } from './settings.ts'

export interface MappingInForce {
  readonly settings: Settings
  /** The document of certgate.yml. */
  readonly config: Located
  readonly mapping: RoleMapping
  /** The document of roles_mapping.yml; null where there is no such file. */
  readonly mappingDocument: Located | null
  /** Every trusted client CA. */
  readonly authorities: readonly Authority[]
  /** null: there is none. */
  readonly ownAuthority: OwnAuthority | null
}

/** What is probably not meant about routes and mapping together, each at its line in the file it is about. */
export function mappingRemarks({ settings, config, mapping, mappingDocument, authorities, ownAuthority }: MappingInForce): Problem[] {
  const routes = unmappedRoleWarnings(settings.routes, mapping)
  const entries = [
    ...mappingWarnings(mapping),
    ...anonymousWarnings(mapping, settings.auth.anonymous),
    ...sharedMappingWarnings(mapping, anchorKeys(authorities), ownAuthority),
    ...rotationWarnings(mapping, ownAuthority),
    ...issuerWarnings(mapping, authorities),
  ]
  return [...at(config, routes), ...(mappingDocument === null ? [] : at(mappingDocument, entries))]
}

function at(document: Located, remarks: readonly Remark[]): Problem[] {
  return remarks.map(({ message, line, hint }) => document.problemOnLine(line, message, { severity: 'warning', hint }))
}
