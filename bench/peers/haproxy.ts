import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOutput } from '../lab/tools.ts'
import { isPlainSetup } from './setups.ts'
import type { Peer, Site } from './types.ts'

export const haproxy: Peer = {
  name: 'haproxy',
  title: 'HAProxy',
  needs: ['haproxy'],
  supports: isPlainSetup,
  version: () => /version (\d[\d.]*)/.exec(versionOutput('haproxy', ['-v']))?.[1] ?? 'unknown',
  prepare(site) {
    writeFileSync(join(site.folder, 'roles.map'), 'client1 admin,reader\n')
    const file = join(site.folder, 'haproxy.cfg')
    writeFileSync(file, configuration(site))
    return { command: 'haproxy', args: ['-db', '-f', file] }
  },
}

function configuration({ folder, port, upstreamPort, pki }: Site): string {
  return `global
  nbthread 1
  maxconn 12000
  no strict-limits
  tune.ssl.default-dh-param 2048
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  timeout http-keep-alive 3600s
  http-reuse always
frontend main
  bind 127.0.0.1:${port} ssl crt ${pki.serverBoth} ca-file ${pki.ca} verify required backlog 4096
  http-request set-var(txn.roles) ssl_c_s_dn(cn),map(${folder}/roles.map,none)
  http-request deny if { var(txn.roles) -m str none }
  http-request set-header X-Client-CN %[ssl_c_s_dn(cn)]
  http-request set-header X-Roles %[var(txn.roles)]
  default_backend app
backend app
  server app 127.0.0.1:${upstreamPort} pool-max-conn 512
`
}
