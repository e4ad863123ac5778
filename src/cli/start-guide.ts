import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Terminal } from './command.ts'
import { shellWord } from './program-name.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

/** Two command lines to paste: one that is let through and one that is refused. Empty where `init`'s certificates are gone. */
export function guide(folder: string, port: string, terminal: Terminal): string {
  const path = (...parts: string[]) => shellWord(shortPath(join(folder, ...parts), terminal.cwd))
  if (!['ca/ca.crt', 'clients/admin.crt', 'clients/admin.key'].every((file) => existsSync(join(folder, file)))) return ''
  const { bold, dim, green, red } = styles(terminal)
  const { env } = terminal
  const proxied = [env.https_proxy, env.HTTPS_PROXY, env.all_proxy, env.ALL_PROXY].some(Boolean)
  const curl = `curl${proxied ? " --noproxy '*'" : ''} --cacert ${path('ca', 'ca.crt')}`
  const url = `https://localhost:${port}/`
  return `
${green('let through')}, and the service behind shows what it sees:

  ${bold(`${curl} --cert ${path('clients', 'admin.crt')} --key ${path('clients', 'admin.key')} ${url}`)}

${red('refused')}, and the answer says why:

  ${bold(`${curl} ${url}`)}

${dim(`roles and routes: ${path('certgate.yml')}; a browser takes ${path('clients', 'admin.pfx')}, password in ${path('clients', 'admin.pass')}; Ctrl-C stops`)}

`
}
