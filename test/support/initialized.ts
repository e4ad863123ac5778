import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuthorityReading, readAuthority } from '../../src/certificates/authority-folder.ts'
import type { Issuer } from '../../src/certificates/issuer.ts'
import { initialize } from '../../src/cli/initialize.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from './authority.ts'
import { HttpsClient } from './https-client.ts'
import type { Lifetime } from './lifetime.ts'
import { type Program, startProgram } from './program.ts'
import { RecordingUpstream } from './recording-upstream.ts'

/** A folder as `certgate init` makes it, with ports of its own. */
export interface Initialized {
  readonly folder: string
  read(name: string): string
  write(name: string, content: string): void
  /** The CA that signs at this moment. */
  issuer(reading?: Partial<AuthorityReading>): Issuer
  /** The store beside the running program, closed after the test. */
  store(): Store
  /** Starts the real program on it. */
  start(): Promise<Running>
}

export interface Running {
  readonly program: Program
  /** Base address of pki.http. */
  readonly pki: string
  /** `CN=admin` unless another pair is given, trusting what is given, ca/ca.crt by default. */
  client(pair?: { readonly cert: string; readonly key: string }, ca?: string): HttpsClient
}

export async function initialized(t: Lifetime, options: { readonly extra?: string; readonly pki?: string } = {}): Promise<Initialized> {
  const { path: folder } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  await initialize({
    folder,
    names: ['localhost', '127.0.0.1'],
    cwd: folder,
    listen: '127.0.0.1:0',
    telemetry: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    upstream: { name: 'app', target: upstream.url },
  })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content)
  const config = join(folder, 'certgate.yml')
  const more = `\nworkers: 1\npki: ${options.pki ?? '{ http: "127.0.0.1:0" }'}\n${options.extra ?? ''}\n`
  write('certgate.yml', read('certgate.yml').replace('access_log: on', 'access_log: off\n  log: { level: debug, format: json }') + more)
  return {
    folder,
    read,
    write,
    issuer(reading) {
      const { authority } = readAuthority({ kind: 'folder', folder: join(folder, 'ca') }, { url: null, now: Date.now(), ...reading })
      if (authority.issuing === null) throw new Error(authority.problem)
      return authority.issuing
    },
    store() {
      const store = openStore(join(folder, 'certgate.db'))
      t.after(() => store.close())
      return store
    },
    async start() {
      const program = await startProgram({ config }, t as { after(callback: () => Promise<unknown>): void })
      const [, pki = ''] = await program.line(/(http:\/\/\S+) is open for revocation lists/)
      return {
        program,
        pki,
        client(pair = { cert: read('clients/admin.crt'), key: read('clients/admin.key') }, ca = read('ca/ca.crt')) {
          const client = new HttpsClient(`https://localhost:${program.port}`, ca, pair)
          t.after(() => client.close())
          return client
        },
      }
    },
  }
}
