import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { httpDirectives, mainDirectives } from './nginx-settings.ts'
import type { Command } from './types.ts'

/** What the upstream answers with, by path. */
export interface UpstreamContent {
  readonly bodies: ReadonlyMap<string, Buffer>
}

export interface PreparedUpstream extends Command, UpstreamContent {}

const SIZES = new Map([
  ['/10k', 10 * 1024],
  ['/300k', 300 * 1024],
  ['/1m', 1024 * 1024],
])

/** Request headers the upstream tells about under /echo, one `name=value` per line. */
export const ECHOED = [
  'x-client-cn',
  'x-roles',
  'x-forwarded-user',
  'x-forwarded-roles',
  'x-client-cert-dn',
  'x-client-cert-fingerprint',
  'x-forwarded-proto',
  'x-forwarded-host',
  'host',
]

/**
 * The server behind every contender: nginx, because anything slower would be what is measured. It answers /100 and
 * /route/N/100 with 100 bytes, /sink too, but only once it has read the request's body, /echo with the headers it received,
 * and keeps what is PUT under /upload/.
 */
export function prepareUpstream(folder: string, port: number): PreparedUpstream {
  const files = join(folder, 'files')
  mkdirSync(join(files, 'upload'), { recursive: true })
  const small = randomBytes(75).toString('base64')
  const bodies = new Map([['/100', Buffer.from(small)]])
  for (const [path, size] of SIZES) {
    const body = randomBytes(size)
    bodies.set(path, body)
    writeFileSync(join(files, path), body)
  }
  const file = join(folder, 'upstream.conf')
  writeFileSync(file, configuration(folder, files, port, small))
  return { command: 'nginx', args: ['-p', folder, '-e', 'stderr', '-c', file], bodies }
}

function configuration(folder: string, files: string, port: number, small: string): string {
  const echo = ECHOED.map((name) => `${name}=$http_${name.replaceAll('-', '_')}\\n`).join('')
  return `${mainDirectives(folder)}http {
${httpDirectives(folder)}  access_log off;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100 inactive=1h;
  open_file_cache_valid 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${files};
    location = /100 { return 200 "${small}"; }
    location /route/ { return 200 "${small}"; }
    location = /echo { return 200 "${echo}"; }
    location = /sink { proxy_pass http://127.0.0.1:${port}/100; }
    location /upload/ { dav_methods PUT; open_file_cache off; }
    location / { }
  }
}
`
}
