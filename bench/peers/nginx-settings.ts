/** nginx directives that the upstream and the contender share. */

/** Workers read files that only their owner may read, so a root's nginx keeps its user. */
export function mainDirectives(folder: string, cpuWorkers = 1): string {
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  return `${user}worker_processes ${cpuWorkers};
worker_rlimit_nofile 30000;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 15000; }
`
}

/** Temporary files stay in the folder, and no connection ends by itself while it is being measured. */
export function httpDirectives(folder: string): string {
  return `  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
`
}
