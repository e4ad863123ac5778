import { resolve } from 'node:path'
import { describe } from '../admin/explain/explanation.ts'
import { present } from '../admin/explain/presentation.ts'
import { readQuestion } from '../admin/explain/question.ts'
import { judge } from '../admin/explain/verdict.ts'
import { UsageError } from '../errors.ts'
import { compilePolicy } from '../policy/policy.ts'
import { readCertificateFile } from './certificate-file.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { explanationText } from './explain-text.ts'
import { loadSnapshot } from './load-snapshot.ts'
import { registeredNotes } from './registered-notes.ts'
import { registryOfKey } from './registry-of-key.ts'
import { styles } from './style.ts'

const FLAGS = {
  config: { type: 'string', short: 'c' },
  cert: { type: 'string' },
  cn: { type: 'string' },
  dn: { type: 'string' },
  user: { type: 'string' },
  anonymous: { type: 'boolean' },
  address: { type: 'string' },
  listener: { type: 'string' },
  host: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Who is said to ask. */
interface Claim {
  readonly cert: string | undefined
  readonly cn: string | undefined
  readonly dn: string | undefined
  readonly user: string | undefined
}

export const explainCommand: Command = {
  name: 'explain',
  summary: 'tell who someone is, which roles they have, and whether they may',
  usage: `usage: certgate explain [--config FILE] (--cert FILE | --cn NAME | --dn DN) METHOD URL
       certgate explain [--config FILE] (--user NAME | --anonymous) METHOD URL

Answers who that is, which roles and by which line of the mapping, which route, allowed
or not and why, and what the upstream would be told; by the gateway's own code, without
a gateway running. Exit code 0: allowed, 1: denied. Safe to paste: no query, no secret.

  -c, --config FILE    default: certgate.yml
      --cert FILE      a client certificate, with its intermediates if it has any (PEM or DER)
      --cn NAME        as if a trusted certificate had only this common name
      --dn DN          as if a trusted certificate had this subject
      --user NAME      as if this internal user had given the right password; also with a certificate
      --anonymous      without any credentials
      --address IP     where the request comes from; default: 127.0.0.1
      --listener NAME  default: the first one
      --host HOST      the Host header; default: that of URL, else localhost
      --json           the same as JSON

examples:
  certgate explain --cert clients/alice.crt GET https://gate.example:8443/movies/_doc/3
  certgate explain --cn CLIENT1 DELETE /movies/_doc/3
`,
  async run(args, terminal) {
    const { flags, positionals } = parseArguments('explain', args, FLAGS, { min: 2, max: 2, names: 'METHOD URL' })
    const [method = '', url = ''] = positionals
    checkClaim(flags, flags.anonymous)
    const snapshot = await loadSnapshot(flags.config, terminal)
    const question = readQuestion(method, url, flags, snapshot.settings)
    const claim = { shown: shownFile(flags.cert, terminal), cn: flags.cn, dn: flags.dn }
    const registry = await registryOfKey(snapshot.settings.store?.file ?? null, claim.shown?.ders[0] ?? Buffer.of())
    // What responders and fetched lists say is known to the gateway that runs, and asked of it over the API.
    const knowledge = { registry, knownStatus: null }
    const { peer, unreached, notes: supposed, ...presented } = present(snapshot, question, claim, Date.now(), knowledge)
    const policy = compilePolicy(snapshot.settings, snapshot.mapping, snapshot.listeners.values())
    const verdict = await judge(snapshot, policy, question, { peer, user: flags.user ?? null, unreached })
    const imagined = flags.cert === undefined
    const named = imagined && verdict.identity?.source === 'clientcert' ? verdict.identity.name : null
    const notes = [...supposed, ...(named === null ? [] : registeredNotes(snapshot.settings.store?.file ?? null, named))]
    const explanation = describe(snapshot, policy, question, verdict, { peer, imagined, ...presented, notes, cwd: terminal.cwd })
    terminal.out(flags.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation, styles(terminal)))
    return explanation.allowed ? 0 : 1
  },
}

function checkClaim({ cert, cn, dn, user }: Claim, anonymous: boolean): void {
  const certificates = [cert, cn, dn].filter((given) => given !== undefined).length
  const hint = 'one of --cert, --cn, --dn, --user and --anonymous says who asks'
  if (certificates > 1) throw new UsageError('only one of --cert, --cn and --dn can be given', hint)
  const somebody = certificates + (user === undefined ? 0 : 1)
  if (anonymous && somebody > 0) throw new UsageError('--anonymous is for a request without any credentials', hint)
  if (!anonymous && somebody === 0) throw new UsageError('nobody is named', hint)
  if (user?.includes(':')) throw new UsageError(`'${user}' cannot be sent: a user name has no colon (RFC 7617)`)
}

function shownFile(file: string | undefined, { cwd }: Terminal) {
  return file === undefined ? undefined : { file, ders: readCertificateFile(resolve(cwd, file), file) }
}
