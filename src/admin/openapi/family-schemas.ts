import type { Answer, Schema } from './types.ts'
import { flag, hex64, list, object, orNull, ref, text, time, whole, words } from './words.ts'

const texts = list(text)

/** What RavenDB and OpenSearch call things. */
export const FAMILY_SCHEMAS: Readonly<Record<string, Schema>> = {
  RavenCertificate: object(
    {
      Name: text,
      Thumbprint: { type: 'string', pattern: '^[0-9A-F]{40}$' },
      SecurityClearance: words('ClusterAdmin', 'ClusterNode', 'Operator', 'ValidUser', 'UnauthenticatedClients'),
      Permissions: ref('Permissions'),
      NotBefore: time,
      NotAfter: time,
      PublicKeyPinningHash: { ...text, contentEncoding: 'base64' },
      Certificate: { ...text, contentEncoding: 'base64' },
      CollectionPrimaryKey: text,
      CollectionSecondaryKeys: texts,
      Disabled: flag,
      LastUsedDate: orNull(time),
      HasTwoFactor: flag,
      Fingerprint: hex64,
    },
    [
      ...['PublicKeyPinningHash', 'Certificate', 'CollectionPrimaryKey', 'CollectionSecondaryKeys', 'Disabled', 'LastUsedDate'],
      ...['HasTwoFactor', 'Fingerprint'],
    ],
  ),
  RavenProblem: object({ Url: text, Type: text, Message: text, Error: text }, ['Url', 'Error']),
  OpenSearchRole: object(
    {
      ...{ hosts: texts, users: texts, reserved: flag, hidden: flag, backend_roles: texts, and_backend_roles: texts },
      ...{ issuers: texts, description: text },
    },
    ['issuers', 'description'],
  ),
  OpenSearchMessage: object({ status: text, message: text }),
  OpenSearchProblem: {
    anyOf: [
      ref('OpenSearchMessage'),
      {
        type: 'object',
        properties: { status: words('error'), reason: text },
        required: ['status', 'reason'],
        description: 'What its validator refuses, with the keys that are wrong',
      },
      object({ status: whole, error: { type: 'object' } }),
    ],
  },
  OpenSearchAuthinfo: object({
    user: orNull(text),
    user_name: orNull(text),
    remote_address: orNull(text),
    backend_roles: texts,
    custom_attribute_names: texts,
    roles: texts,
    principal: orNull(text),
    peer_certificates: text,
  }),
  OpenSearchWhoami: object({ dn: orNull(text), is_admin: flag, is_node_certificate_request: flag }),
  OpenSearchHealth: object({ message: orNull(text), mode: text, status: words('UP', 'DOWN') }),
}

export const FAMILY_RESPONSES: Readonly<Record<string, Answer>> = {
  RavenProblem: {
    description: 'Nothing was changed, and why. To a browser whose certificate is refused, a page',
    content: { 'application/json': { schema: ref('RavenProblem') }, 'text/html': { schema: text } },
  },
  OpenSearchProblem: { description: 'Nothing was changed, and why', content: { 'application/json': { schema: ref('OpenSearchProblem') } } },
}
