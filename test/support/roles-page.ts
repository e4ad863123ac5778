import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type AdministeredGateway, type Client, startAdministeredGateway } from './administered-gateway.ts'

export const MAPPING = `# Who may do what in the search service.
_meta:
  type: rolesmapping
  config_version: 2

# The people who run it.
admin:
  users:
    - admin
    - alice            # on call

# Everybody who only looks.
readall:
  description: Reads every index
  users:
    - bob              # until the audit is over
    - "report-*"
  backend_roles:
    - analysts

nightly:
  reserved: true
  description: Jobs of the night, from their own network
  hosts: [10.20.0.0/16]
`

const ROUTES = `routes:
  - { name: search, path: "/search/**", methods: [GET, HEAD], allow: [readall, admin], upstream: app }
  - { name: reports, path: "/reports/**", allow: [reports], upstream: app }
`

/** A gateway with roles, some of them odd, and routes that some of them reach. */
export async function startWithRoles(t: { after(callback: () => Promise<unknown> | undefined): void }, mapping = MAPPING) {
  const gateway = await startAdministeredGateway(t, [['routes:\n', ROUTES]])
  const admin = await gateway.make('alice', 'ClusterAdmin')
  await putMapping(gateway, admin, mapping)
  return { gateway, admin }
}

export async function putMapping(gateway: AdministeredGateway, client: Client, body: string): Promise<void> {
  const { status, body: told } = await gateway.ask('PUT /api/v1/mapping.yml', { client, body })
  if (status !== 200) throw new Error(`${status}: ${told}`)
}

export const mappingFile = ({ folder }: AdministeredGateway): string => join(folder, 'roles_mapping.yml')

export const mappingOf = (gateway: AdministeredGateway): string => readFileSync(mappingFile(gateway), 'utf8')

export async function openRoles(page: Page, gateway: AdministeredGateway, query = ''): Promise<void> {
  await page.goto(`https://localhost:${gateway.adminPort}/console/roles${query}`)
  await page.getByRole('heading', { name: 'Roles', level: 1 }).waitFor()
  await page.getByRole('tab', { name: 'Table' }).waitFor()
}

/** Status of a request through the gateway. */
export function askThrough({ program, ca }: AdministeredGateway, client: Client, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const sent = request({ host: '127.0.0.1', servername: 'localhost', port: program.port, path, ca, agent: false, ...client })
  sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
  sent.on('error', reject)
  sent.end()
  return promise
}
