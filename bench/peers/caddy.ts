import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOutput } from '../lab/tools.ts'
import { isPlainSetup } from './setups.ts'
import type { Peer, Site } from './types.ts'

export const caddy: Peer = {
  name: 'caddy',
  title: 'Caddy',
  needs: ['caddy'],
  supports: isPlainSetup,
  version: () => /v?(\d+\.\d[\w.]*)/.exec(versionOutput('caddy', ['version']))?.[1] ?? 'unknown',
  prepare(site) {
    const file = join(site.folder, 'Caddyfile')
    writeFileSync(file, configuration(site))
    const env = { HOME: site.folder, XDG_DATA_HOME: site.folder, XDG_CONFIG_HOME: site.folder }
    return { command: 'caddy', args: ['run', '--adapter', 'caddyfile', '--config', file], env }
  },
}

function configuration({ port, upstreamPort, pki }: Site): string {
  return `{
  admin off
  auto_https off
  default_sni localhost
  log {
    level ERROR
  }
  servers {
    protocols h1
    timeouts {
      idle 3600s
    }
  }
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${pki.serverCertificate} ${pki.serverKey} {
    protocols tls1.3
    client_auth {
      mode require_and_verify
      trusted_ca_cert_file ${pki.ca}
    }
  }
  map {http.request.tls.client.subject} {cn} {roles} {
    CN=client1 client1 admin,reader
    default "" ""
  }
  @stranger vars {roles} ""
  respond @stranger 403
  reverse_proxy 127.0.0.1:${upstreamPort} {
    header_up X-Client-CN {cn}
    header_up X-Roles {roles}
    transport http {
      keepalive 3600s
      keepalive_idle_conns 512
      keepalive_idle_conns_per_host 512
      compression off
    }
  }
}
`
}
