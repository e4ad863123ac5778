import { setImmediate } from 'node:timers/promises'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import { YamlDocument } from '../../config/document.ts'
import { firstProblems } from '../../config/first-problems.ts'
import { mappingRemarks } from '../../config/remarks.ts'
import { mappingErrorsOnce, parseMappingOnce } from '../../config/roles-mapping.ts'
import { ConfigError, type Problem } from '../../errors.ts'
import { readAuthorities } from '../../policy/mapping-issuer.ts'
import { compilePolicy } from '../../policy/policy.ts'
import type { Policy } from '../../policy/types.ts'
import { readRegularText } from '../../regular-file.ts'
import type { InForce } from '../context.ts'
import { ownAuthorityOf } from './own-authority.ts'

export interface JudgedMapping {
  /** As `check` tells them: errors and warnings, the configuration's own first. */
  readonly problems: readonly Problem[]
  /** What it would make; null where there are errors. */
  readonly policy: Policy | null
}

/**
 * What the loader would say to a text of roles_mapping.yml, with everything else as it is in force. Nothing is taken up. With many users each
 * step takes a while: between them others get their turn. Rejects with an AbortError once `signal` says that nobody waits for it.
 */
export async function judgeMapping(
  text: string,
  file: string,
  { settings, listeners }: InForce,
  authority: OperatingAuthority,
  signal?: AbortSignal,
): Promise<JudgedMapping> {
  const others = () => turnOfOthers(signal)
  try {
    const { mapping, document, warnings } = parseMappingOnce(text, file)
    await others()
    const errors = firstProblems(mappingErrorsOnce(mapping), ({ message, line, hint }) => document.problemOnLine(line, message, { hint }))
    if (errors.length > 0) return { problems: inFileOrder([...warnings, ...errors]), policy: null }
    await others()
    const policy = compilePolicy(settings, mapping, listeners.values())
    await others()
    const authorities = readAuthorities(listeners.values())
    const config = configDocument(settings.file)
    const remarks = mappingRemarks({
      settings,
      config,
      mapping,
      mappingDocument: document,
      authorities,
      ownAuthority: ownAuthorityOf(authority),
    })
    const ofConfig = remarks.filter((problem) => problem.file !== file)
    return { problems: [...inFileOrder(ofConfig), ...inFileOrder([...warnings, ...remarks.filter((one) => one.file === file)])], policy }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { problems: error.problems, policy: null }
  }
}

/** Rejects where whoever asked has gone meanwhile. */
export async function turnOfOthers(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}

export function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === 'error')
}

function inFileOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** For the lines of routes that a remark is about; without the file it has no lines to show. */
function configDocument(file: string): YamlDocument {
  try {
    return new YamlDocument(file, readRegularText(file))
  } catch {
    return new YamlDocument(file, '')
  }
}
