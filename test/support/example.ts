import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './authority.ts'
import type { AccessLine } from './gateway.ts'
import { type Credentials, HttpsClient } from './https-client.ts'
import type { Lifetime } from './lifetime.ts'
import { run } from './outside-program.ts'
import { type Program, startProgram } from './program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')

/** Every folder under examples/ with a configuration that is to run. */
export function exampleNames(): string[] {
  return readdirSync(examples).filter(
    (name) => statSync(join(examples, name, 'certgate.yml'), { throwIfNoEntry: false })?.isFile() === true,
  )
}

/** A copy of one example with certificates in data/, made as its README says. */
export interface Example {
  readonly folder: string
  path(name: string): string
  read(name: string): string
  /** Replaces text in a file of the copy; throws where it is not there. */
  replace(name: string, from: string, to: string): void
  /** A client certificate for this common name from the example's authority. */
  issue(commonName: string): Promise<Credentials>
  /** Starts the real program with the copy's certgate.yml, on free ports. */
  serve(): Promise<ServedExample>
}

export interface ServedExample {
  readonly program: Program
  readonly port: number
  readonly configFile: string
  /** A client of its own connection; without credentials: one that has no certificate. */
  client(credentials?: Credentials): HttpsClient
  /** The access-log record of this path and status, once it is there. */
  record(path: string, status: number): Promise<AccessLine>
}

export async function copyExample(t: Lifetime, name: string): Promise<Example> {
  // As deep as in a checkout, so that ../../bin/certgate is where the READMEs say.
  const { path: above } = temporaryFolder(t)
  const folder = join(above, 'examples', name)
  cpSync(join(examples, name), folder, { recursive: true, filter: (source) => source !== join(examples, name, 'data') })
  mkdirSync(join(above, 'bin'))
  writeFileSync(join(above, 'bin', 'certgate'), `#!/bin/sh\nexec '${join(root, 'bin', 'certgate')}' "$@"\n`, { mode: 0o755 })
  const made = await run('../../bin/certgate', ['init', '--dir', 'data'], { cwd: folder })
  if (made.code !== 0) throw new Error(`certgate init failed: ${made.stderr}`)
  const path = (file: string) => join(folder, file)
  const read = (file: string) => readFileSync(path(file), 'utf8')
  const replace = (file: string, from: string, to: string) => {
    const text = read(file)
    if (!text.includes(from)) throw new Error(`examples/${name}/${file} has no ${JSON.stringify(from)}`)
    writeFileSync(path(file), text.replaceAll(from, to))
  }
  return {
    folder,
    path,
    read,
    replace,
    issue: async (commonName) => {
      const words = ['cert', 'generate', commonName, '--no-password', '--out', 'data/clients']
      const issued = await run('../../bin/certgate', words, { cwd: folder })
      if (issued.code !== 0) throw new Error(`certgate cert generate failed: ${issued.stderr}`)
      return { cert: read(`data/clients/${commonName}.crt`), key: read(`data/clients/${commonName}.key`) }
    },
    serve: async () => {
      replace('certgate.yml', '127.0.0.1:8443', '127.0.0.1:0')
      replace('certgate.yml', '127.0.0.1:9464', '127.0.0.1:0')
      return serve(t, path('certgate.yml'), read('data/ca/ca.crt'))
    },
  }
}

async function serve(t: Lifetime, configFile: string, ca: string): Promise<ServedExample> {
  const program = await startProgram({ config: configFile }, t as { after(callback: () => Promise<unknown>): void })
  return {
    program,
    port: program.port,
    configFile,
    client: (credentials) => {
      const client = new HttpsClient(`https://localhost:${program.port}`, ca, credentials)
      t.after(() => client.close())
      return client
    },
    record: async (path, status) => {
      const quoted = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      const [line] = await program.line(new RegExp(`^\\{"time".*"path":"${quoted}".*"status":${status}\\b.*`))
      return JSON.parse(line) as AccessLine
    },
  }
}
