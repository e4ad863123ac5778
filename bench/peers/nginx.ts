import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOutput } from '../lab/tools.ts'
import { httpDirectives, mainDirectives } from './nginx-settings.ts'
import { LOG_FIELDS, type Peer, type Setup, type Site } from './types.ts'

/** The baseline: every ratio is against it. */
export const nginx: Peer = {
  name: 'nginx',
  title: 'nginx',
  needs: ['nginx'],
  supports: ({ users, routes, workers }) => users === 1 && routes === 1 && workers === 1,
  version: () => /nginx\/(\S+)/.exec(versionOutput('nginx', ['-v']))?.[1] ?? 'unknown',
  prepare(site, setup) {
    const file = join(site.folder, 'nginx.conf')
    writeFileSync(file, configuration(site, setup))
    return { command: 'nginx', args: ['-p', site.folder, '-e', 'stderr', '-c', file] }
  },
}

const TWO_HEADERS = new Map([
  ['X-Client-CN', '$client_cn'],
  ['X-Roles', '$roles'],
])

/** What certgate's style `plain` sends. nginx knows no SHA-256 fingerprint, so this one is shorter and cheaper. */
const PLAIN_HEADERS = new Map([
  ['X-Forwarded-User', '$client_cn'],
  ['X-Forwarded-Roles', '$roles'],
  ['X-Client-Cert-DN', '$ssl_client_s_dn'],
  ['X-Client-Cert-Fingerprint', '$ssl_client_fingerprint'],
  ['X-Forwarded-For', '$remote_addr'],
  ['X-Forwarded-Proto', '$scheme'],
  ['X-Forwarded-Host', '$http_host'],
])

/** Sources of the log's fields; what a proxy without policies does not know is a constant. */
const LOG_VALUES: Readonly<Record<(typeof LOG_FIELDS)[number], string>> = {
  time: '"$time_iso8601"',
  request_id: '"$http_x_request_id"',
  listener: '"main"',
  remote: '"$remote_addr"',
  sni: '"$ssl_server_name"',
  method: '"$request_method"',
  host: '"$http_host"',
  path: '"$uri"',
  user: '"$client_cn"',
  dn: '"$ssl_client_s_dn"',
  fingerprint: '"$ssl_client_fingerprint"',
  roles: '"$roles"',
  route: '"all"',
  decision: '"allow"',
  reason: 'null',
  status: '$status',
  upstream: '"$proxy_host"',
  bytes_in: '"$content_length"',
  bytes_out: '$body_bytes_sent',
  duration_ms: '$request_time',
}

function configuration(site: Site, setup: Setup): string {
  const { port, upstreamPort, folder, pki } = site
  return `${mainDirectives(folder)}http {
${httpDirectives(folder)}  ${accessLog(site, setup)}
  map $ssl_client_s_dn $client_cn { default ""; "~CN=(?<cn>[^,]+)" $cn; }
  map $client_cn $roles { default ""; client1 "admin,reader"; }
  upstream app {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_protocols TLSv1.3;
    ssl_certificate ${pki.serverCertificate};
    ssl_certificate_key ${pki.serverKey};
    ssl_client_certificate ${pki.ca};
    ssl_verify_client on;
    ssl_session_cache shared:sessions:20m;
    ssl_session_tickets on;
    location / {
      if ($roles = "") { return 403; }
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
${identityHeaders(setup)}
      proxy_request_buffering on;
      proxy_max_temp_file_size 0;
      proxy_buffer_size 16k;
      proxy_buffers 16 16k;
    }
  }
}
`
}

function identityHeaders({ headers }: Setup): string {
  const names = headers === 'plain' ? PLAIN_HEADERS : TWO_HEADERS
  return [...names].map(([name, value]) => `      proxy_set_header ${name} ${value};`).join('\n')
}

function accessLog(site: Site, setup: Setup): string {
  if (!setup.accessLog) return 'access_log off;'
  const fields = LOG_FIELDS.map((field) => `"${field}":${LOG_VALUES[field]}`)
  return `log_format fields escape=json '{${fields.join(',')}}';
  access_log ${site.accessLog} fields buffer=64k flush=1s;`
}
