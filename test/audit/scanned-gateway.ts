import { issueServer } from '../../src/certificates/issue.ts'
import { initialized } from '../support/initialized.ts'
import type { Lifetime } from '../support/lifetime.ts'

/** What `init` makes, with the listener and the admin address open, for a scanner that knows its authority. */
export interface ScannedGateway {
  readonly folder: string
  readonly caFile: string
  readonly ports: { readonly listener: number; readonly admin: number }
}

/**
 * The certificate is one as the authority issues it where `pki.url` is set, so that it says where its revocation can be looked up; a
 * scanner does not go there.
 */
export async function startScannedGateway(t: Lifetime): Promise<ScannedGateway> {
  const made = await initialized(t)
  const issuer = made.issuer({ url: 'http://pki.test' })
  const server = await issueServer(issuer, { commonName: 'localhost', names: ['localhost', '127.0.0.1'], days: 90 })
  made.write('server.crt', server.certificate)
  made.write('server.key', server.key)
  const { program } = await made.start()
  const [, admin] = await program.line(/https:\/\/127\.0\.0\.1:(\d+) is open for administration/)
  return { folder: made.folder, caFile: `${made.folder}/ca/ca.crt`, ports: { listener: program.port, admin: Number(admin) } }
}
