import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority, type Issued } from '../../test/support/authority.ts'

/** PEM texts. */
export interface Credentials {
  readonly cert: string
  readonly key: string
}

/** Certificates that live as long as the run may take, as texts and as files. */
export interface Pki {
  readonly ca: string
  /** The leaf and its issuer, and the leaf's key. */
  readonly server: Credentials
  /** `CN=client1`: mapped to the roles `admin` and `reader`. */
  readonly client: Credentials
  /** `CN=stranger`: under the same CA, without a role. */
  readonly stranger: Credentials
  /** `CN=client1`, but under a CA nobody trusts. */
  readonly impostor: Credentials
  readonly files: PkiFiles
}

export interface PkiFiles {
  readonly ca: string
  /** The leaf and its issuer: every contender sends the same bytes. */
  readonly serverCertificate: string
  readonly serverKey: string
  /** Both in one file, as HAProxy wants it. */
  readonly serverBoth: string
  readonly clientCertificate: string
  readonly clientKey: string
}

/** Makes a P-256 authority and its leaves, and writes into the folder what programs read as files. */
export async function createPki(folder: string): Promise<Pki> {
  const notAfter = new Date(Date.now() + 24 * 3_600_000)
  const authority = await createAuthority('CN=bench ca', { notAfter })
  const server = await authority.server(['localhost', '127.0.0.1'], { notAfter })
  const client = await authority.issue({ subject: 'CN=client1', notAfter })
  const stranger = await authority.issue({ subject: 'CN=stranger', notAfter })
  const impostor = await (await createAuthority('CN=other ca')).issue({ subject: 'CN=client1', notAfter })
  const write = (name: string, text: string): string => {
    const file = join(folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const serverChain = server.certificate + authority.certificate
  return {
    ca: authority.certificate,
    server: { cert: serverChain, key: server.key },
    client: credentials(client),
    stranger: credentials(stranger),
    impostor: credentials(impostor),
    files: {
      ca: write('ca.pem', authority.certificate),
      serverCertificate: write('server.pem', serverChain),
      serverKey: write('server.key', server.key),
      serverBoth: write('server-both.pem', serverChain + server.key),
      clientCertificate: write('client.pem', client.certificate),
      clientKey: write('client.key', client.key),
    },
  }
}

const credentials = ({ certificate, key }: Issued): Credentials => ({ cert: certificate, key })
