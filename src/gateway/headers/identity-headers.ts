import type { IdentityHeaderSettings } from '../../config/settings.ts'
import { CertgateError } from '../../errors.ts'
import { Block } from './block-writer.ts'
import { identityHeaderProblems } from './conflicts.ts'
import { fold } from './fold.ts'
import { connectionLines, continuedLines, forwardedLine, hostLine } from './forwarded.ts'
import { compileStripNames } from './strip-names.ts'
import { dialectsOf, type NamedDialect } from './styles.ts'
import { compileTrustedHops } from './trusted-hops.ts'
import type { HeaderBlock, HeaderSubject, HeaderUnusable, IdentityHeaders, InboundHeaders } from './types.ts'

const NOTHING_INBOUND: InboundHeaders = { forwardedFor: null, forwardedProto: null, clientCert: null }

/** For each dialect the folded names that an earlier one writes with the same value: sent once. */
function takenBefore(dialects: readonly NamedDialect[]): readonly ReadonlySet<string>[] {
  const seen = new Set<string>()
  return dialects.map(({ dialect }) => {
    const taken = new Set(seen)
    for (const header of dialect.headers) seen.add(fold(header.name))
    return taken
  })
}

/** A name that cannot be told from another once encoded is no name: fails closed. */
function nameProblem(subject: HeaderSubject): string | null {
  if (subject.identity === null) return null
  if (subject.identity.name === '') return 'the user name is empty'
  return subject.identity.name.isWellFormed() ? null : 'the user name is not valid Unicode'
}

/**
 * Compiles `identity_headers` once per snapshot.
 * Throws CertgateError `config_invalid` where a style, option, template or hop cannot be used, or two styles disagree on a name.
 */
export function compileIdentityHeaders(settings: IdentityHeaderSettings): IdentityHeaders {
  const problems = identityHeaderProblems(settings)
  if (problems.length > 0) throw new CertgateError('config_invalid', `identity_headers.${problems.join('; identity_headers.')}`)
  const dialects = dialectsOf(settings)
  const taken = takenBefore(dialects)
  const continues = dialects.some(({ dialect }) => dialect.writeRequest !== undefined)
  const trustsHop = compileTrustedHops(settings.trustedHops)

  const write = (action: (named: NamedDialect, block: Block) => void): Block => {
    const block = new Block()
    for (const [index, named] of dialects.entries()) {
      block.leaveOut(taken[index] as ReadonlySet<string>)
      action(named, block)
    }
    return block
  }

  const writeRequest = (subject: HeaderSubject, inbound: InboundHeaders): Block =>
    write(({ dialect }, out) => dialect.writeRequest?.(subject, inbound, out))

  return {
    block(subject: HeaderSubject): HeaderBlock | HeaderUnusable {
      const problem = nameProblem(subject)
      if (problem !== null) return { unusable: problem }
      const block = write(({ dialect }, out) => dialect.write(subject, out))
      // What depends on the request must be expressible too, before anything is forwarded.
      const reason = block.reason ?? (continues ? writeRequest(subject, NOTHING_INBOUND).reason : null)
      if (reason !== null) return { unusable: reason }
      const connection = trustsHop(subject.remoteAddress) ? '' : connectionLines(subject)
      return { lines: block.lines + connection, dropped: block.dropped }
    },
    hostLines(subject: HeaderSubject, host: string, inbound?: InboundHeaders): string {
      const continued = trustsHop(subject.remoteAddress) ? continuedLines(subject, inbound) : ''
      const own = continues ? writeRequest(subject, inbound ?? NOTHING_INBOUND).lines : ''
      return hostLine(host) + (settings.forwarded ? forwardedLine(subject, host) : '') + continued + own
    },
    readsInbound(subject: HeaderSubject): boolean {
      return trustsHop(subject.remoteAddress) || (continues && subject.certificate !== null)
    },
    strip: compileStripNames(settings),
    rewritesVary: settings.styles.some(({ style }) => style === 'rfc9440'),
    trustsHop,
  }
}
