import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Terminal } from './command.ts'
import { shellWord } from './program-name.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

/**
 * Two command lines to paste: one that is let through and one that is refused. Where the certificates that `init` made have expired,
 * it says so instead; where they are gone, it says nothing.
 */
export function guide(folder: string, port: string, terminal: Terminal): string {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  if (!['ca/ca.crt', 'clients/admin.crt', 'clients/admin.key'].every((file) => existsSync(join(folder, file)))) return ''
  const { bold, dim, green, red } = styles(terminal)
  const expired = ['server.crt', 'clients/admin.crt'].find((file) => isExpired(join(folder, file)))
  if (expired !== undefined) {
    return `\n${red('expired')}: ${path(expired)}; move ${path()} away and start again, or put newer certificates there\n\n`
  }
  const password = existsSync(join(folder, 'clients', 'admin.pass'))
    ? `password in ${path('clients', 'admin.pass')}`
    : 'with the password that you chose'
  const { through, refused } = curlLines(folder, port, terminal)
  return `
${green('let through')}, and the service behind shows what it sees:

  ${bold(through)}

${red('refused')}, and the answer says why:

  ${bold(refused)}

${dim(`roles and routes: ${path('certgate.yml')}; a browser takes ${path('clients', 'admin.pfx')}, ${password}; Ctrl-C stops`)}

`
}

/** For the shell, where the user stands. */
export function curlLines(folder: string, port: string, terminal: Terminal): { readonly through: string; readonly refused: string } {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  const { env } = terminal
  const proxied = [env.https_proxy, env.HTTPS_PROXY, env.all_proxy, env.ALL_PROXY].some(Boolean)
  const curl = `curl${proxied ? " --noproxy '*'" : ''} --cacert ${path('ca', 'ca.crt')}`
  const url = `https://localhost:${port}/`
  return {
    through: `${curl} --cert ${path('clients', 'admin.crt')} --key ${path('clients', 'admin.key')} ${url}`,
    refused: `${curl} ${url}`,
  }
}

function isExpired(file: string): boolean {
  return existsSync(file) && new X509Certificate(readFileSync(file)).validToDate.getTime() < Date.now()
}
