import { CERTIFICATE_PATHS } from './certificate-paths.ts'
import { FAMILY_RESPONSES, FAMILY_SCHEMAS } from './family-schemas.ts'
import { GATEWAY_PATHS } from './gateway-paths.ts'
import { OPENSEARCH_PATHS } from './opensearch-paths.ts'
import { RAVEN_PATHS } from './raven-paths.ts'
import { RESPONSES, SCHEMAS } from './schemas.ts'
import type { OpenApiDocument } from './types.ts'

/** The administration as it is; tests hold the handlers to it, and it to the handlers. */
export const OPENAPI: OpenApiDocument = {
  openapi: '3.1.1',
  info: {
    title: 'certgate administration',
    version: '1',
    description:
      'Served on the admin address to client certificates, and on the local socket. Errors are RFC 9457 problem JSON, or in the words of the family that was asked. `x-clearance` says who may; nobody grants more than they hold.',
  },
  tags: [
    { name: 'certificates', description: 'Issue, trust, change, revoke and renew client certificates' },
    { name: 'mapping', description: 'Who has which role' },
    { name: 'gateway', description: 'What is in force, and why' },
    { name: 'audit', description: 'Who did what' },
    { name: 'authority', description: 'The certificate authority, and backups' },
    { name: 'ravendb', description: 'As RavenDB has it' },
    { name: 'opensearch', description: 'As OpenSearch security, and Open Distro before it, has it' },
  ],
  security: [{ clientCertificate: [] }],
  paths: { ...CERTIFICATE_PATHS, ...GATEWAY_PATHS, ...RAVEN_PATHS, ...OPENSEARCH_PATHS },
  components: {
    schemas: { ...SCHEMAS, ...FAMILY_SCHEMAS },
    responses: { ...RESPONSES, ...FAMILY_RESPONSES },
    securitySchemes: { clientCertificate: { type: 'mutualTLS', description: 'A client certificate that the gateway trusts' } },
  },
}
